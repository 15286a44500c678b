"""`ostler status`: what runs where, which version, and whether it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud
    from ostler.facts.model import FactRequest, Snapshot

FINDINGS = 1


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("status")(status)


def status(
    cloud: CloudFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="Only the services of one host.")] = None,
) -> None:
    """Show every service on every host: running or not, which version, answering or not.

    Ends with 0 when there is nothing to look at, with 1 otherwise.

    Example:  ostler status --host ctl2
    """
    from ostler.reporting.status import status_of
    from ostler.reporting.status_text import status_text

    known = load_cloud(cloud)
    if host is not None:
        known.host(host)
    with reading(known, as_json=as_json):
        snapshot = _read(known, host)
    document = status_of(snapshot, only=host)
    if as_json:
        typer.echo(json.dumps(document.to_json(), indent=1, ensure_ascii=False))
    else:
        typer.echo(status_text(document), nl=False)
    if not document.is_fine:
        raise typer.Exit(FINDINGS)


def _read(cloud: Cloud, host: str | None) -> Snapshot:
    import time

    from ostler.execution.connecting import connected
    from ostler.execution.reading import read_snapshot, status_requests
    from ostler.remote.web import get

    requests = [request for request in status_requests(cloud) if host is None or _is_about(request, host)]
    with connected(cloud) as (transport, api):
        return read_snapshot(cloud, transport, api, requests, time.time, get)


def _is_about(request: FactRequest, host: str) -> bool:
    """Tell whether a fact is needed to judge the services of one host: load balancers speak of it too."""
    return (request.host == host and request.fact.startswith("host.")) or request.fact == "haproxy.servers"
