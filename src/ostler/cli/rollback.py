"""`ostler rollback RUN`: plan the way back of an upgrade run, from any point of it. Shown first, like any plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ostler.cli.plans import AsJson, Out, Verbose, present, read_cloud
from ostler.cli.where import CloudFile, load_cloud


class Databases(StrEnum):
    """What becomes of the databases on the way back."""

    STAY = "stay"
    RESTORE = "restore"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rollback)


def rollback(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run to take back; see `ostler runs`.")],
    cloud: CloudFile = None,
    out: Out = None,
    databases: Annotated[
        Databases,
        typer.Option(
            help="Leave them as they are, or restore the run's dump or the old control plane (lists what is lost)."
        ),
    ] = Databases.STAY,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Plan the way back of a run, from any point of it, and show it. Carry it out with `ostler apply`.

    Example:  ostler rollback 2026-11-20-1-upgrade --out back.plan && ostler apply back.plan
    """
    from ostler.catalog.catalog import load_catalog
    from ostler.execution.history import history_of
    from ostler.planning.rollback.plan import facts_needed, plan_rollback
    from ostler.planning.rollback.replaced import cloud_to_look_at

    described, history = load_cloud(cloud), history_of(run)
    whole = cloud_to_look_at(described, history)
    snapshot = read_cloud(whole, facts_needed(whole), as_json=as_json)
    plan = plan_rollback(load_catalog(), described, snapshot, history, databases.value)
    present(plan, out, as_json, verbose)
