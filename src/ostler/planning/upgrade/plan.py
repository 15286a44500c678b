"""An upgrade over one hop: (catalog, cloud, snapshot, request, environments) -> plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, Snapshot
from ostler.planning.model import Acceptance, Plan, Stage
from ostler.planning.readiness import readiness, readiness_requests
from ostler.planning.rehearsed import Rehearsal
from ostler.planning.upgrade.accepting import accepted_in_vain
from ostler.planning.upgrade.balancers import reload_balancers
from ostler.planning.upgrade.capacity import capacity_findings, capacity_requests
from ostler.planning.upgrade.computes import roll_computes
from ostler.planning.upgrade.config import config_findings, option_requests
from ostler.planning.upgrade.controllers import roll_agents, roll_controllers
from ostler.planning.upgrade.coverage import coverage_findings
from ostler.planning.upgrade.finish import finish, prove, unpin, unpin_computes
from ostler.planning.upgrade.held import hold_findings
from ostler.planning.upgrade.order_kept import order_findings
from ostler.planning.upgrade.place import place
from ostler.planning.upgrade.policies import policy_findings, policy_requests
from ostler.planning.upgrade.protect import dump_folder, protect
from ostler.planning.upgrade.ready import checked_projects, ready
from ostler.planning.upgrade.rehearsal_notes import rehearsal_notes
from ostler.planning.upgrade.rehearsal_outcomes import outcome_findings
from ostler.planning.upgrade.rehearsal_worth import worth_findings
from ostler.planning.upgrade.rehearsals import rehearsal_requests, weigh
from ostler.planning.upgrade.request import Scene, TargetEnvironment, UpgradeRequest
from ostler.planning.upgrade.schema import contract, expand
from ostler.planning.upgrade.volumes import drain_notes


def facts_needed(
    catalog: Catalog, hop: Hop, cloud: Cloud, rehearsals: Sequence[Rehearsal] = ()
) -> tuple[FactRequest, ...]:
    """What a plan for this hop is made from, besides the facts every plan is."""
    options = (*option_requests(catalog, hop, cloud), *capacity_requests(catalog, hop, cloud))
    about_rows = rehearsal_requests(rehearsals, catalog)
    return (*readiness_requests(cloud, is_upgrade=True), *options, *policy_requests(catalog, hop, cloud), *about_rows)


@dataclass(frozen=True)
class Sources:
    """What a plan is made from. `left` are findings about runs on the cloud: open ones, and loans not given back;
    `rehearsals` are those the operator gives it, of whatever hop and cloud."""

    catalog: Catalog
    cloud: Cloud
    snapshot: Snapshot
    environments: Mapping[str, TargetEnvironment]
    left: tuple[Finding, ...] = ()
    rehearsals: tuple[Rehearsal, ...] = ()


def plan_upgrade(sources: Sources, request: UpgradeRequest) -> Plan:
    """Plan an upgrade over one hop.

    Raises InputError for an unknown release or a hop that does not exist. What stands in the way otherwise is in
    the plan's findings, all together.
    """
    hop = sources.catalog.hop(sources.cloud.release, request.target)
    rehearsals = weigh(sources.rehearsals, hop, sources.snapshot, sources.catalog)
    scene = Scene(sources.catalog, hop, sources.cloud, sources.snapshot, request, sources.environments, rehearsals)
    stages = tuple(_stages(scene))
    found = (
        *sources.left,
        *readiness(sources.catalog, sources.snapshot, request.target),
        *worth_findings(scene),
        *outcome_findings(scene),
        *_missing_environments(scene),
        *capacity_findings(scene),
        *config_findings(scene),
        *policy_findings(scene),
        *hold_findings(scene),
        *coverage_findings(scene, stages),
        *order_findings(scene, stages),
    )
    checked = [project.name for project, _ in checked_projects(scene)]
    by_whom = request.accepted_by or "the operator"
    return Plan(
        operation="upgrade",
        title=f"Upgrade {sources.cloud.name} from {scene.source} to {scene.target}",
        cloud=sources.cloud.name,
        cloud_digest=sources.cloud.digest(),
        created_at=sources.snapshot.taken_at,
        snapshot_digest=sources.snapshot.digest,
        request={
            "source": scene.source,
            "target": scene.target,
            "dump_folder": dump_folder(scene),
            "database_host": sources.cloud.databases.hosts[0] if sources.cloud.databases else None,
        },
        stages=stages,
        findings=(*found, *accepted_in_vain(request.accept, found, checked)),
        accepted=tuple(Acceptance(code, by_whom, sources.snapshot.taken_at) for code in request.accept),
        notes=_notes(scene),
    ).sealed()


def _stages(scene: Scene) -> list[Stage]:
    """The stages in order; those that this cloud or this request has no use for are left out."""
    stages = (
        ready(scene),
        protect(scene),
        place(scene),
        reload_balancers(scene),
        expand(scene),
        *roll_controllers(scene),
        roll_computes(scene),
        *roll_agents(scene),
        contract(scene),
        *unpin(scene),
        unpin_computes(scene),
        finish(scene),
        prove(scene),
    )
    return [stage for stage in stages if stage is not None]


def _missing_environments(scene: Scene) -> list[Finding]:
    return [
        Finding(
            code="environments.missing",
            severity=Severity.FAILURE,
            subject=f"{project.name} {scene.target}",
            summary=f"there is no environment of {project.name} for {scene.target} in the store",
            found="nothing",
            expected=f"an archive of {project.name} {project.version(scene.target)}",
            do_next=f"build it: ostler env build {scene.target} (for a practice cloud with --practice)",
        )
        for project in scene.projects
        if project.name not in scene.environments
    ]


def _notes(scene: Scene) -> tuple[str, ...]:
    """What the operator should know: what is recorded about this hop, and changes that are theirs to judge."""
    rolling = scene.hop.rolling
    notes = [rolling.note] if rolling and rolling.note else []
    if rolling is None:
        notes.append(f"nothing is recorded yet about doing {scene.hop} with services running: rehearse it first")
    for project in scene.projects:
        for change in scene.catalog.config_changes(scene.hop, project.name):
            if change.action == "note":
                notes.append(f"{project.name} [{change.section}] {change.option}: {' '.join(change.why.split())}")
    return (*notes, *rehearsal_notes(scene), *drain_notes(scene))
