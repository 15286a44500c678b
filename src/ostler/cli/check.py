"""`ostler check`: is the cloud well, and is it ready for an upgrade?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud

if TYPE_CHECKING:
    from ostler.errors import Severity

FINDINGS = 1
COLOURS = {"failure": typer.colors.RED, "warning": typer.colors.YELLOW, "note": typer.colors.CYAN}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("check")(check)


def check(
    to: Annotated[
        str | None, typer.Option("--to", metavar="RELEASE", help="Also what an upgrade to this release needs.")
    ] = None,
    cloud: CloudFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
) -> None:
    """Say what is wrong with the cloud, and what to do about it. Changes nothing.

    Ends with 0 when nothing was found, with 1 otherwise (notes alone count as nothing).

    Example:  ostler check --to 2025.1
    """
    from ostler.catalog import load_catalog
    from ostler.errors import Severity
    from ostler.execution.looking_over import look_over
    from ostler.planning.readiness import readiness, readiness_requests, worst_first
    from ostler.reporting.findings import findings_json, findings_text

    known, catalog = load_cloud(cloud), load_catalog()
    if to is not None:
        catalog.hop(known.release, to)
    with reading(known, as_json=as_json):
        looked = look_over(known, readiness_requests(known, is_upgrade=to is not None), to)
    found = worst_first([*looked.left, *readiness(catalog.reaching(known.release), looked.snapshot, to)])
    if as_json:
        about = {"cloud": known.name, "release": known.release, "target": to, "taken_at": looked.snapshot.taken_at}
        typer.echo(json.dumps(findings_json(found, **about), indent=1, ensure_ascii=False))
    else:
        typer.echo(findings_text(found, paint=_paint if sys.stdout.isatty() else None), nl=False)
    if any(finding.severity is not Severity.NOTE for finding in found):
        raise typer.Exit(FINDINGS)


def _paint(heading: str, severity: Severity) -> str:
    return typer.style(heading, fg=COLOURS[severity.value], bold=True)
