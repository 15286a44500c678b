"""`ostler diagnose`: what is broken, where, and the evidence."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from ostler.cli.log_times import Since
from ostler.cli.logs import COLLECT_AFTER, demand_whole_id
from ostler.errors import InputError

FINDINGS = 1
"""Exit code when something failed, or nobody can tell."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("diagnose")(diagnose)


def diagnose(
    logs: Annotated[
        Path | None, typer.Option("--logs", metavar="DIR", help="The folder of logs to judge, or one log.")
    ] = None,
    symptom: Annotated[
        str, typer.Option("--symptom", metavar="TEXT", help='What is wrong, in your words: "cannot attach a volume".')
    ] = "",
    server: Annotated[
        str | None, typer.Option("--server", metavar="UUID", help="Only the requests in which this server is named.")
    ] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="ID", help="Only this request, through all services.")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", metavar="HOST", help="Only what this host logged; repeatable.")
    ] = None,
    since: Since = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with the order of events.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False,
) -> None:
    """Say what is broken, where and why, with evidence and how sure it is; or that nobody can tell. Changes nothing.

    The exit code is 0 for a healthy cloud, and 1 for a failure or when the logs do not tell. Secrets are masked.

    Example:  ostler diagnose --logs ./sosreports --since 2h
    """
    if logs is None:
        raise InputError(
            "diagnosis.no-logs", "no logs were named", expected="a folder of logs, or one log",
            do_next="name it: ostler diagnose --logs DIR",
        )  # fmt: skip
    if server and request:
        raise InputError(
            "diagnosis.one-subject",
            "--server and --request are questions of their own",
            do_next="ask one after the other",
        )
    demand_whole_id("--request", "req-", request)
    demand_whole_id("--server", "", server)
    from ostler.cli.diagnose_logs import diagnose_folder, write_page
    from ostler.reporting.diagnosis_document import diagnosis_to_json
    from ostler.reporting.diagnosis_text import diagnosis_text

    gc.set_threshold(COLLECT_AFTER, 20, 50)
    document = diagnose_folder(
        logs, symptom=symptom, server=server, request=request, hosts=frozenset(host or ()), since=since
    )
    if html is not None:
        write_page(html, document, logs.name)
    if as_json:
        typer.echo(diagnosis_to_json(document))
    else:
        for line in diagnosis_text(document):
            typer.echo(line)
    if document.verdict != "healthy":
        raise typer.Exit(FINDINGS)
