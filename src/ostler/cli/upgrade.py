"""`ostler upgrade`: plan an upgrade and show it. Changes nothing."""

from __future__ import annotations

import getpass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.plans import AsJson, Out, Verbose, load_rehearsals, present
from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.planning.replacement import Replacement


class Way(StrEnum):
    """How a cloud gets to the target."""

    ROLLING = "rolling"
    FAST_FORWARD = "fast-forward"
    REPLACE = "replace"


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
        Way,
        typer.Option(
            help="Rolling, over one hop; fast-forward, over many, with the APIs away; replace, on new controllers."
        ),
    ] = Way.ROLLING,
    onto: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --strategy replace: the cloud file of the new control plane.", show_default=False
        ),
    ] = None,
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
    go on running, and users cannot ask for anything meanwhile. A replacement does that on new controllers: they get
    the old ones' files and copies of the databases, take over the virtual address, and the old ones stay as they were.

    With a rehearsal, the plan says how long schema changes and row migrations will take here, by their times there and
    how fast both database servers are; what stopped the rehearsal refuses the plan. Of several, times are the median.

    Examples:  ostler upgrade --to 2025.1 --rehearsal rehearsal.json --out upgrade.plan
               ostler upgrade --to 2026.1 --strategy fast-forward --out upgrade.plan
               ostler upgrade --to 2025.1 --strategy replace --onto new.yaml --out upgrade.plan
    """
    from ostler.catalog.catalog import load_catalog
    from ostler.execution.gathering import gather
    from ostler.planning.upgrade.plan import plan_upgrade
    from ostler.planning.upgrade.request import UpgradeRequest
    from ostler.planning.upgrade.way import way_of

    replacement = _replacement(strategy, cloud, onto)
    rehearsals = tuple(each for path in rehearsal or () for each in load_rehearsals(path))
    described, catalog = load_cloud(cloud), load_catalog()
    way = way_of(catalog, described.release, to, strategy.value)
    for project in no_overlap or ():
        catalog.project(project)
    with reading(replacement.before(described) if replacement else described, as_json=as_json):
        sources = gather(catalog, described, way, replacement, rehearsals)
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
    present(plan_upgrade(sources, request), out, as_json, verbose)


def _replacement(strategy: Way, cloud: Path | None, onto: Path | None) -> Replacement | None:
    """Both control planes; None for another strategy. Raises InputError when only one of both options was given,
    Refused when the new control plane does not fit."""
    from ostler.cloud.file import read_cloud_file
    from ostler.planning.upgrade.onto import plan_replacement

    if (strategy is Way.REPLACE) != (onto is not None):
        raise InputError(
            "replace.needs-both",
            "--strategy replace and --onto FILE belong together",
            found="--strategy replace alone" if onto is None else "--onto alone",
            expected="both, or neither",
            do_next="name the cloud file of the new control plane: --strategy replace --onto new.yaml",
        )
    return None if onto is None else plan_replacement(load_cloud(cloud), read_cloud_file(onto))
