"""`ostler check`: is the cloud well, and is it ready for an upgrade?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud
    from ostler.errors import Finding, Severity
    from ostler.facts.model import Snapshot

    Looked = tuple[Snapshot, tuple[Finding, ...]]
    """What was seen, and everything there is to say of it."""

FINDINGS = 1
COLOURS = {"failure": typer.colors.RED, "warning": typer.colors.YELLOW, "note": typer.colors.CYAN}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check)


def check(
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="RELEASE", help="Also what stands in the way of a rolling upgrade to it."),
    ] = None,
    cloud: CloudFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
) -> None:
    """Say what is wrong with the cloud, and what to do about it. Changes nothing.

    With --to it says all that `ostler upgrade --to` would find, also software that is not built yet.
    Ends with 0 when nothing was found, with 1 otherwise (notes alone count as nothing).

    Example:  ostler check --to 2025.1
    """
    from ostler.errors import Severity
    from ostler.planning.readiness import worst_first
    from ostler.reporting.findings import findings_json, findings_text

    known = load_cloud(cloud)
    snapshot, told = _of_health(known, as_json) if to is None else _of_upgrade(known, to, as_json)
    found = worst_first(told)
    if as_json:
        about = {"cloud": known.name, "release": known.release, "target": to, "taken_at": snapshot.taken_at}
        typer.echo(json.dumps(findings_json(found, **about), indent=1, ensure_ascii=False))
    else:
        typer.echo(findings_text(found, paint=_paint if sys.stdout.isatty() else None), nl=False)
    if any(finding.severity is not Severity.NOTE for finding in found):
        raise typer.Exit(FINDINGS)


def _of_health(cloud: Cloud, as_json: bool) -> Looked:
    """What a cloud says of its health."""
    from ostler.catalog import load_catalog
    from ostler.execution.looking_over import look_over
    from ostler.planning.readiness import readiness, readiness_requests

    with reading(cloud, as_json=as_json):
        looked = look_over(cloud, readiness_requests(cloud, is_upgrade=False))
    health = readiness(load_catalog().reaching(cloud.release), looked.snapshot, None)
    return looked.snapshot, (*looked.left, *health)


def _of_upgrade(cloud: Cloud, to: str, as_json: bool) -> Looked:
    """What the plan of a rolling upgrade says, which is made for it and thrown away. Raises InputError for a release
    that cannot be gone to."""
    from ostler.catalog import load_catalog
    from ostler.execution.gathering import gather
    from ostler.planning.upgrade.plan import plan_upgrade
    from ostler.planning.upgrade.request import UpgradeRequest
    from ostler.planning.upgrade.way import way_of

    catalog = load_catalog()
    way = way_of(catalog, cloud.release, to, "rolling")
    with reading(cloud, as_json=as_json):
        sources = gather(catalog, cloud, way)
    return sources.snapshot, plan_upgrade(sources, UpgradeRequest(to)).findings


def _paint(heading: str, severity: Severity) -> str:
    return typer.style(heading, fg=COLOURS[severity.value], bold=True)
