"""`ostler logs`: what the logs say, in one order of time."""

from __future__ import annotations

import gc
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.log_times import since_of
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.logs.event import Event, Level
    from ostler.logs.reading import Opened, Tally
    from ostler.logs.wanted import Wanted

LEVELS = ("debug", "info", "warning", "error", "critical")
COLOURS = {30: typer.colors.YELLOW, 40: typer.colors.RED, 50: typer.colors.MAGENTA}
COLLECT_AFTER = 200_000
"""Events make no cycles: looking for some all the time takes a fifth of the time of reading."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("logs")(logs)


def logs(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A folder of logs, or one log.")] = None,
    logs_of: Annotated[
        Path | None, typer.Option("--logs", metavar="DIR", help="The same, for those who prefer an option.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="SPAN", help="Only from then on: 90s, 30m, 1h, 2d before the last event, or a "
                     "time such as 2026-01-15T10:05."),
    ] = None,  # fmt: skip
    level: Annotated[
        str | None, typer.Option("--level", metavar="LEVEL", help="Only this level and above: " + ", ".join(LEVELS))
    ] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="ID", help="One request through all services, and who called whom.")
    ] = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="UUID", help="What names a server, and what went wrong in its requests.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Only kinds of events that were not there before: before --since, else before "
                           "the last tenth of the time; or not in --baseline.")
    ] = False,  # fmt: skip
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="DIR", help="With --new: logs of the time when all was well.")
    ] = None,
    rate: Annotated[
        bool, typer.Option("--rate", help="How many events each service had over time; errors, without --level.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="With --rate: also write the picture as a page.")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="HOST", help="Only of this host; repeatable.")
    ] = None,
    service: Annotated[
        list[str] | None,
        typer.Option("--service", metavar="NAME", help="Only of this service or project; repeatable."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Whole texts and tracebacks, nothing folded or cut.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON: one object a line, the last a summary; one document with --new "
                           "and --rate.")
    ] = False,  # fmt: skip
) -> None:
    """Read logs: plain or packed, rotated, of sosreports, of Kolla, exports of the journal. Changes nothing.

    Times are UTC, corrected where requests show that a host's clock is wrong. Secrets are masked; † marks personal data.

    Example:  ostler logs ./sosreports --since 1h --level warning
    """
    from ostler.logs.folder import ends_of, open_folder
    from ostler.logs.reading import Tally
    from ostler.logs.wanted import Wanted

    least = _level(level)
    where = _where(folder, logs_of)
    _demand_sense(new, rate, request, server, baseline, html)
    _collect_less()
    tally = Tally()
    opened = open_folder(where, tally)
    begins = since_of(since, ends_of(opened)) if since else None
    wanted = Wanted(least, begins, None, frozenset(host or ()), frozenset(service or ()))
    if rate:
        _tell_rates(opened, replace(wanted, level=least if level else _level("error")), tally, where, html, as_json)
    elif new:
        _tell_new(opened, wanted, tally, baseline, as_json)
    else:
        _tell_events(opened, wanted, tally, request, server, is_full=full, as_json=as_json)


def _collect_less() -> None:
    gc.set_threshold(COLLECT_AFTER, 20, 50)


def _level(word: str | None) -> Level:
    from ostler.logs.event import Level

    if word is None:
        return Level.DEBUG
    if word.lower() not in LEVELS:
        raise InputError(
            "logs.no-such-level", f"there is no level {word!r}", found=word, expected=", ".join(LEVELS),
            do_next="name one of these",
        )  # fmt: skip
    return Level[word.upper()]


def _where(folder: Path | None, option: Path | None) -> Path:
    where = folder or option
    if where is None:
        raise InputError(
            "logs.no-folder",
            "no logs were named",
            expected="a folder of logs, or one log",
            do_next="name it: ostler logs DIR",
        )
    return where


def _demand_sense(
    new: bool, rate: bool, request: str | None, server: str | None, baseline: Path | None, html: Path | None
) -> None:
    """Raises InputError for options that do not go together, and for ids that are none."""
    chosen = [
        name
        for name, is_set in (("--new", new), ("--rate", rate), ("--request", request), ("--server", server))
        if is_set
    ]
    if len(chosen) > 1:
        raise InputError(
            "logs.one-question", f"{' and '.join(chosen)} are questions of their own", do_next="ask one after the other"
        )
    for option, is_set, needs, is_there in (("--baseline", baseline, "--new", new), ("--html", html, "--rate", rate)):
        if is_set and not is_there:
            raise InputError("logs.option-alone", f"{option} is for {needs}", do_next=f"give {needs} as well")
    for option, prefix, said in (("--request", "req-", request), ("--server", "", server)):
        if said is not None and not (said.startswith(prefix) and _UUID.fullmatch(said.removeprefix(prefix))):
            raise InputError(
                "logs.no-such-id", f"{option} wants a whole id", found=said,
                expected=f"{prefix}xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
                do_next="copy it from a log or from the answer of the API",
            )  # fmt: skip


def _tell_events(
    opened: list[Opened],
    wanted: Wanted,
    tally: Tally,
    request: str | None,
    server: str | None,
    *,
    is_full: bool,
    as_json: bool,
) -> None:
    from ostler.logs.folder import compare_clocks, with_clocks
    from ostler.logs.joining import family_of
    from ostler.logs.reading import Tally
    from ostler.logs.timeline import in_order
    from ostler.reporting.log_document import event_line, summary_document
    from ostler.reporting.log_text import Lines, calls_text, summary_text

    clocks = compare_clocks(opened, Tally())
    opened = with_clocks(opened, clocks)
    family = family_of([request], opened, Tally()) if request else None
    events = _of_server(server, opened, wanted, tally) if server else in_order(
        opened, family.wanted(wanted) if family else wanted, tally
    )  # fmt: skip
    if as_json:
        count = 0
        for event in events:
            count += 1
            sys.stdout.write(event_line(event) + "\n")
        typer.echo(json.dumps(summary_document(count, tally, clocks, family), ensure_ascii=False))
        return
    kept = list(events) if family else None
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    has_hosts = len({each.log.host for each in opened}) > 1 or any(each.has_hosts for each in opened)
    paint = _paint if sys.stdout.isatty() else None
    lines = Lines(width=width, is_full=is_full, has_hosts=has_hosts, paint=paint)
    for line in lines.of(kept if kept is not None else events):
        sys.stdout.write(line + "\n")
    for line in calls_text(family, kept) if family and kept else ():
        typer.echo(line)
    for line in summary_text(lines, tally, clocks):
        typer.echo(line)


def _of_server(server: str, opened: list[Opened], wanted: Wanted, tally: Tally) -> Iterator[Event]:
    """What names a server, and warnings and worse of the requests that do."""
    from ostler.logs.event import Level
    from ostler.logs.joining import requests_about
    from ostler.logs.reading import Tally
    from ostler.logs.timeline import in_order
    from ostler.logs.wanted import any_of

    requests = requests_about(server, opened, Tally())
    name = server.encode()
    for event in in_order(opened, replace(wanted, words=any_of([server, *requests])), tally):
        if name in event.raw or event.level >= Level.WARNING:
            yield event


def _tell_rates(
    opened: list[Opened], wanted: Wanted, tally: Tally, where: Path, html: Path | None, as_json: bool
) -> None:
    from ostler.logs.folder import ends_of
    from ostler.logs.rates import Counter
    from ostler.logs.reading import read_events
    from ostler.reporting.log_rates import rates_text, rates_to_html, steps_for
    from ostler.reporting.log_text import problems_text

    counter = Counter()
    begins = [wanted.since] if wanted.since else [each.begins for each in opened if each.begins is not None]
    if begins and (ends := ends_of(opened)) is not None:
        counter.cover(min(begins), max(ends, min(begins)))
    for log in opened:
        if wanted.may_be_in(log.log):
            for batch in read_events(log, wanted, tally):
                counter.add(batch)
    rates = counter.rates(steps_for(shutil.get_terminal_size().columns))
    if html is not None:
        _write(html, rates_to_html(rates, wanted.level, where.name))
    if as_json:
        from ostler.reporting.log_document import rates_document

        typer.echo(json.dumps(rates_document(rates, wanted.level.name.lower()), indent=1, ensure_ascii=False))
        return
    for line in (*rates_text(rates, wanted.level), *problems_text(tally)):
        typer.echo(line)


def _tell_new(opened: list[Opened], wanted: Wanted, tally: Tally, baseline: Path | None, as_json: bool) -> None:
    from ostler.logs.folder import ends_of, open_folder
    from ostler.logs.novelty import new_since, new_to
    from ostler.reporting.log_text import problems_text, templates_text

    if baseline is not None:
        since, of = wanted.since, f"are not in {baseline.name}"
        found = new_to(open_folder(baseline, tally), opened, wanted, tally)
    else:
        since, of = wanted.since, "were not there"
        if since is None:
            since = _last_tenth(opened, ends_of(opened))
        found = new_since(since, opened, wanted, tally)
    if as_json:
        from ostler.reporting.log_document import templates_document

        typer.echo(json.dumps(templates_document(found, since), indent=1, ensure_ascii=False))
        return
    for line in (*templates_text(found, since if baseline is None else None, of), *problems_text(tally)):
        typer.echo(line)


def _last_tenth(opened: list[Opened], ends: float | None) -> float:
    begins = min((each.begins for each in opened if each.begins is not None), default=None)
    if ends is None or begins is None:
        raise InputError(
            "logs.no-times", "these logs have no times to tell old from new by", do_next="name --since or --baseline"
        )
    return ends - (ends - begins) / 10


def _write(path: Path, text: str) -> None:
    from ostler.cli.writing import write_whole

    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            "logs.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="choose another --html"
        ) from None


def _paint(line: str, level: Level) -> str:
    colour = COLOURS.get(int(level))
    return typer.style(line, fg=colour) if colour else line
