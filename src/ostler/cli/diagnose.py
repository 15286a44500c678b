"""`ostler diagnose`: what is broken in a cloud, or was by its logs, where, and the evidence."""

from __future__ import annotations

import gc
import shlex
from pathlib import Path
from typing import Annotated

import typer

from ostler.cli.log_times import Since
from ostler.cli.logs import COLLECT_AFTER, demand_whole_id
from ostler.cli.where import CloudFile, demand_one_source, load_cloud_aloud
from ostler.errors import InputError

FINDINGS = 1
"""Exit code when something failed, or nobody can tell."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("diagnose", context_settings={"allow_extra_args": True})(diagnose)


def diagnose(
    context: typer.Context,
    logs: Annotated[
        Path | None,
        typer.Option(
            "--logs", metavar="DIR", help="A folder of logs to judge, or one log; without it, the cloud as it is."
        ),
    ] = None,
    symptom: Annotated[
        str, typer.Option("--symptom", metavar="TEXT", help='What is wrong, in your words: "cannot attach a volume".')
    ] = "",
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="UUID", help="What has to do with this server or its requests first."),
    ] = None,
    request: Annotated[
        str | None,
        typer.Option("--request", metavar="ID", help="What this request met on its way first."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option("--host", metavar="HOST", help="What has to do with this host first; repeatable."),
    ] = None,
    since: Since = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Also write a page with the tree and the order of events."),
    ] = None,
    cloud: CloudFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document.")] = False,
) -> None:
    """Say what is broken, where and why, with evidence and how sure it is; or that nobody can tell. Changes nothing.

    Without --logs the living cloud is looked into: its hosts, its APIs, and the last 15 minutes of its logs unless
    --since says otherwise. It takes half a minute at most, whatever hangs.

    The exit code is 0 for a healthy cloud, and 1 for a failure or when nobody can tell. Secrets are masked.

    Example:  ostler diagnose --cloud cloud.yaml --symptom "cannot attach a volume"
    """
    if context.args:
        raise InputError(
            "diagnosis.folder-alone", "a folder of logs is named with --logs", found=" ".join(context.args),
            do_next=f"ostler diagnose --logs {shlex.quote(context.args[0])}",
        )  # fmt: skip
    demand_one_source(logs, cloud)
    if server and request:
        raise InputError(
            "diagnosis.one-subject",
            "--server and --request are questions of their own",
            do_next="ask one after the other",
        )
    demand_whole_id("--request", "req-", request)
    demand_whole_id("--server", "", server)
    from ostler.cli.diagnose_logs import Asked, diagnose_folder, write_page
    from ostler.reporting.diagnosis_document import diagnosis_to_json
    from ostler.reporting.diagnosis_text import diagnosis_text

    gc.set_threshold(COLLECT_AFTER, 20, 50)
    asked = Asked(symptom, server, request, frozenset(host or ()), since)
    if logs is not None:
        document = diagnose_folder(logs, asked)
    else:
        from ostler.cli.diagnose_cloud import diagnose_living

        document = diagnose_living(load_cloud_aloud(cloud), asked, as_json=as_json)
    if html is not None:
        write_page(html, document, logs.name if logs else document.cloud or "")
    if as_json:
        typer.echo(diagnosis_to_json(document))
    else:
        for line in diagnosis_text(document):
            typer.echo(line)
    if document.verdict != "healthy":
        raise typer.Exit(FINDINGS)
