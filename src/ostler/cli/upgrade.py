"""`ostler upgrade`: plan an upgrade and show it. Changes nothing."""

from __future__ import annotations

import getpass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ostler.cli.plans import AsJson, Out, Verbose, load_rehearsals, present, target_environments
from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud


class Way(StrEnum):
    """How a cloud gets to the target."""

    ROLLING = "rolling"
    FAST_FORWARD = "fast-forward"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(upgrade)


def upgrade(
    to: Annotated[str, typer.Option("--to", metavar="RELEASE", help="The release to upgrade to, such as 2025.1.")],
    cloud: CloudFile = None,
    out: Out = None,
    accept: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Take on a warning; who and when is recorded. Repeatable.")
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, help="Computes upgraded side by side (never more than half of them).")
    ] = 10,
    per_domain: Annotated[int, typer.Option(min=0, help="At most so many of one failure domain (0: no limit).")] = 0,
    no_overlap: Annotated[
        list[str] | None,
        typer.Option(metavar="PROJECT", help="Never run its old and new code side by side: requests wait. Repeatable."),
    ] = None,
    reload_balancers: Annotated[
        bool, typer.Option("--reload-balancers", help="Let HAProxy take up its configuration file first.")
    ] = False,
    strategy: Annotated[
        Way, typer.Option(help="Rolling, over one hop; or fast-forward, over many, while the APIs are away.")
    ] = Way.ROLLING,
    rehearsal: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="What `ostler rehearse --report FILE` wrote; times and findings. Repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Plan an upgrade of the cloud and show it. Changes nothing.

    A rolling upgrade goes over one hop while the cloud serves. A fast-forward stops every service of OpenStack once,
    brings the databases through each release on the way with its own code, and starts the target's services; servers
    go on running, and users cannot ask for anything meanwhile.

    With a rehearsal, the plan says how long schema changes and row migrations will take here, by their times there and
    how fast both database servers are; what stopped the rehearsal refuses the plan. Of several, times are the median.

    Examples:  ostler upgrade --to 2025.1 --rehearsal rehearsal.json --out upgrade.plan
               ostler upgrade --to 2026.1 --strategy fast-forward --out upgrade.plan
    """
    from ostler.catalog.catalog import load_catalog
    from ostler.execution.looking_over import look_over
    from ostler.execution.questions import upgrade_requests
    from ostler.planning.upgrade.plan import Sources, facts_needed, plan_upgrade
    from ostler.planning.upgrade.request import UpgradeRequest
    from ostler.planning.upgrade.way import as_one, way_of

    rehearsals = tuple(each for path in rehearsal or () for each in load_rehearsals(path))
    described, catalog = load_cloud(cloud), load_catalog()
    way = way_of(catalog, described.release, to, strategy.value)
    hop = as_one(catalog, way)
    for project in no_overlap or ():
        catalog.project(project)
    requests = [*upgrade_requests(described), *facts_needed(catalog, hop, described, rehearsals)]
    with reading(described, as_json=as_json):
        looked = look_over(described, requests, to)
    request = UpgradeRequest(
        target=to,
        accept=tuple(accept or ()),
        accepted_by=getpass.getuser(),
        batch=batch,
        per_domain=per_domain,
        no_overlap=tuple(no_overlap or ()),
        reload_balancers=reload_balancers,
        strategy=strategy.value,
    )
    on_the_way = {each.target.id: target_environments(described, each.target.id) for each in way[:-1]}
    sources = Sources(
        catalog,
        described,
        looked.snapshot,
        target_environments(described, to),
        looked.left,
        on_the_way=on_the_way,
        rehearsals=rehearsals,
    )
    present(plan_upgrade(sources, request), out, as_json, verbose)
