"""What `ostler logs` answers: events in their order, what is new, what comes how often."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from ostler.cli.writing import write_whole
from ostler.errors import InputError
from ostler.logs.clocks import Clock
from ostler.logs.event import Event, Level
from ostler.logs.folder import ends_of, open_folder
from ostler.logs.joining import Family, family_of, requests_about
from ostler.logs.novelty import new_since, new_to
from ostler.logs.rates import Counter
from ostler.logs.reading import Opened, Tally, read_events
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted, any_of
from ostler.reporting.log_document import event_line, rates_document, summary_line, templates_document
from ostler.reporting.log_rates import rates_text, rates_to_html, steps_for
from ostler.reporting.log_text import Lines, calls_text, clocks_text, problems_text, summary_text, templates_text

COLOURS = {Level.WARNING: typer.colors.YELLOW, Level.ERROR: typer.colors.RED, Level.CRITICAL: typer.colors.MAGENTA}


def tell_events(
    opened: Sequence[Opened],
    wanted: Wanted,
    tally: Tally,
    clocks: Sequence[Clock],
    *,
    request: str | None = None,
    server: str | None = None,
    is_full: bool = False,
    as_json: bool = False,
) -> None:
    """Print events in the order of time, and what was read."""
    family = family_of([request], opened, Tally()) if request else None
    if server:
        events = _of_server(server, opened, wanted, tally)
    else:
        events = in_order(opened, family.wanted(wanted) if family else wanted, tally)
    if as_json:
        _as_json(events, tally, clocks, family)
    else:
        _as_text(events, tally, clocks, family, lines_for(opened, is_full=is_full))


def lines_for(opened: Sequence[Opened], *, is_full: bool, has_hosts: bool = False) -> Lines:
    """What turns events into lines for where they are printed to."""
    is_watched = sys.stdout.isatty()
    has_hosts = has_hosts or len({each.log.host for each in opened}) > 1 or any(each.has_hosts for each in opened)
    return Lines(
        width=shutil.get_terminal_size().columns if is_watched else None,
        is_full=is_full,
        has_hosts=has_hosts,
        paint=_paint if is_watched else None,
    )


def _as_json(events: Iterator[Event], tally: Tally, clocks: Sequence[Clock], family: Family | None) -> None:
    count = 0
    for event in events:
        count += 1
        sys.stdout.write(event_line(event) + "\n")
    typer.echo(summary_line(count, tally, clocks, family))


def _as_text(
    events: Iterator[Event], tally: Tally, clocks: Sequence[Clock], family: Family | None, lines: Lines
) -> None:
    kept = list(events) if family else []
    for line in lines.of(kept if family else events):
        sys.stdout.write(line + "\n")
    for line in (*(calls_text(family, kept) if family else ()), *summary_text(lines, tally, clocks)):
        typer.echo(line)


def _of_server(server: str, opened: Sequence[Opened], wanted: Wanted, tally: Tally) -> Iterator[Event]:
    """What names a server, and warnings and worse of the requests that do."""
    requests = requests_about(server, opened, Tally())
    name = server.encode()
    for event in in_order(opened, replace(wanted, words=any_of([server, *requests])), tally):
        if name in event.raw or event.level >= Level.WARNING:
            yield event


def tell_rates(
    opened: Sequence[Opened],
    wanted: Wanted,
    tally: Tally,
    clocks: Sequence[Clock],
    about: str,
    *,
    html: Path | None,
    as_json: bool,
) -> None:
    """Print how many events each service had over time; write it as a page too when a file is named."""
    counter = Counter()
    begins = [wanted.since] if wanted.since else [each.begins for each in opened if each.begins is not None]
    if begins and (ends := ends_of(opened)) is not None:
        counter.cover(min(begins), max(ends, min(begins)))
    for log in opened:
        if wanted.may_be_in(log.log):
            for batch in read_events(log, wanted, tally):
                counter.add(batch)
    rates = counter.rates(steps_for(shutil.get_terminal_size().columns, counter.services))
    if html is not None:
        _write(html, rates_to_html(rates, wanted.level, about))
    if as_json:
        typer.echo(json.dumps(rates_document(rates, wanted.level.name.lower()), indent=1, ensure_ascii=False))
        return
    for line in (*rates_text(rates, wanted.level), *clocks_text(clocks), *problems_text(tally)):
        typer.echo(line)


def tell_new(
    opened: Sequence[Opened],
    wanted: Wanted,
    tally: Tally,
    clocks: Sequence[Clock],
    baseline: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print the kinds of events that were not there before."""
    since = wanted.since
    if baseline is not None:
        of = f"are not in {baseline.name}"
        found = new_to(open_folder(baseline, tally), opened, wanted, tally)
    else:
        of = "were not there"
        since = _last_tenth(opened, ends_of(opened)) if since is None else since
        found = new_since(since, opened, wanted, tally)
    if as_json:
        typer.echo(json.dumps(templates_document(found, since), indent=1, ensure_ascii=False))
        return
    told = templates_text(found, since if baseline is None else None, of)
    for line in (*told, *clocks_text(clocks), *problems_text(tally)):
        typer.echo(line)


def _last_tenth(opened: Sequence[Opened], ends: float | None) -> float:
    begins = min((each.begins for each in opened if each.begins is not None), default=None)
    if ends is None or begins is None:
        raise InputError(
            "logs.no-times", "these logs have no times to tell old from new by", do_next="name --since or --baseline"
        )
    return ends - (ends - begins) / 10


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            "logs.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="choose another --html"
        ) from None


def _paint(line: str, level: Level) -> str:
    colour = COLOURS.get(level)
    return typer.style(line, fg=colour) if colour else line
