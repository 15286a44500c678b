"""`ostler logs`: what the logs say, in one order of time."""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.log_times import Since
from ostler.cli.where import CloudFile, demand_one_source, load_cloud_aloud
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.logs.event import Level

LEVELS = ("debug", "info", "warning", "error", "critical")
COLLECT_AFTER = 200_000
"""Events make no cycles: looking for some all the time takes a fifth of the time of reading."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("logs")(logs)


def logs(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder of logs, or one log; without it, the hosts of the cloud."),
    ] = None,
    logs_of: Annotated[
        Path | None, typer.Option("--logs", metavar="DIR", help="The same, for those who prefer an option.")
    ] = None,
    since: Since = None,
    level: Annotated[
        str | None, typer.Option("--level", metavar="LEVEL", help="Only this level and above: " + ", ".join(LEVELS))
    ] = None,
    request: Annotated[
        str | None,
        typer.Option("--request", metavar="ID", help="One request through all services, and who called whom."),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="UUID", help="What names a server, and what went wrong in its requests."),
    ] = None,
    new: Annotated[
        bool,
        typer.Option(
            "--new",
            help="Only kinds of events that were not there before: before --since, else before the last tenth of the "
            "time; of hosts, in nine times that time before it; or not in --baseline.",
        ),
    ] = False,
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
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on showing what the hosts log, until Ctrl-C. Only without a folder.")
    ] = False,
    cloud: CloudFile = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Write JSON: one object a line, the last a summary; one document with --new and --rate."
        ),
    ] = False,
) -> None:
    """Read logs: plain or packed, rotated, of sosreports, of Kolla, exports of the journal. Changes nothing.

    Times are UTC, corrected where requests show a host's clock to be wrong. Secrets are masked; † marks personal data.

    Without a folder, the logs of the cloud's hosts are read where they lie, of the last 15 minutes unless --since says
    otherwise; --since counts back from now there, and from the last event in a folder.

    Example:  ostler logs ./sosreports --since 1h --level warning
    """
    where = folder or logs_of
    if folder and logs_of:
        raise InputError(
            "logs.two-folders", "a folder was given twice, as it is and with --logs", do_next="leave one of them out"
        )
    demand_one_source(where, cloud)
    _demand_sense(new, rate, request, server, baseline, html, follow, where)
    least = _level(level or ("error" if rate else "debug"))
    from ostler.cli import log_answers, log_names, log_sources
    from ostler.logs.folder import corrected
    from ostler.logs.wanted import Wanted

    gc.set_threshold(COLLECT_AFTER, 20, 50)
    wanted = Wanted(least, None, None, frozenset(host or ()), frozenset(service or ()))
    if follow:
        log_sources.follow(load_cloud_aloud(cloud), wanted, since, is_full=full, as_json=as_json)
        return
    if where is not None:
        source = log_sources.of_folder(where, since)
    else:
        with_before = new and baseline is None
        source = log_sources.of_hosts(
            load_cloud_aloud(cloud), wanted, since, request, server, with_before=with_before, as_json=as_json
        )
    with source as (read, tally, begins):
        opened, clocks = corrected(read)
        if where is not None:
            log_names.demand_names(opened, wanted)
        wanted = replace(wanted, since=begins)
        if rate:
            about = where.name if where else "the cloud"
            log_answers.tell_rates(opened, wanted, tally, clocks, about, html=html, as_json=as_json)
        elif new:
            log_answers.tell_new(opened, wanted, tally, clocks, baseline, as_json=as_json)
        else:
            log_answers.tell_events(
                opened, wanted, tally, clocks, request=request, server=server, is_full=full, as_json=as_json
            )


def _level(word: str) -> Level:
    from ostler.logs.event import Level

    if word.lower() not in LEVELS:
        raise InputError(
            "logs.no-such-level", f"there is no level {word!r}", found=word, expected=", ".join(LEVELS),
            do_next="name one of these",
        )  # fmt: skip
    return Level[word.upper()]


def _demand_sense(
    new: bool,
    rate: bool,
    request: str | None,
    server: str | None,
    baseline: Path | None,
    html: Path | None,
    follow: bool,
    where: Path | None,
) -> None:
    """Raises InputError for options that do not go together, and for ids that are none."""
    asked = {"--new": new, "--rate": rate, "--request": request, "--server": server, "--follow": follow}
    chosen = [name for name, is_set in asked.items() if is_set]
    if follow and where is not None:
        raise InputError(
            "logs.nothing-to-follow", "a folder is read once; --follow is for the hosts of a cloud",
            do_next="leave the folder out, and name the cloud file with --cloud",
        )  # fmt: skip
    if len(chosen) > 1:
        raise InputError(
            "logs.one-question", f"{' and '.join(chosen)} are questions of their own", do_next="ask one after the other"
        )
    for option, is_set, needs, is_there in (("--baseline", baseline, "--new", new), ("--html", html, "--rate", rate)):
        if is_set and not is_there:
            raise InputError("logs.option-alone", f"{option} is for {needs}", do_next=f"give {needs} as well")
    for option, prefix, said in (("--request", "req-", request), ("--server", "", server)):
        demand_whole_id(option, prefix, said)


def demand_whole_id(option: str, prefix: str, said: str | None) -> None:
    """Raise InputError for the value of an option that is no id of its kind."""
    if said is not None and not (said.startswith(prefix) and _UUID.fullmatch(said.removeprefix(prefix))):
        raise InputError(
            "logs.no-such-id", f"{option} wants a whole id", found=said,
            expected=f"{prefix}xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            do_next="copy it from a log or from the answer of the API",
        )  # fmt: skip
