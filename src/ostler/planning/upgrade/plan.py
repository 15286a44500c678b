"""An upgrade: (catalog, cloud, snapshot, request, environments) -> plan. Rolling, it goes over one hop; fast-forward or
on a new control plane, over as many as there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.environments.old_releases import has_own_python
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, Snapshot
from ostler.planning.model import Acceptance, Plan, Stage
from ostler.planning.readiness import readiness, readiness_requests
from ostler.planning.rehearsed import Rehearsal
from ostler.planning.replacement import KEY as REPLACEMENT
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.accepting import accepted_in_vain
from ostler.planning.upgrade.balancers import reload_balancers
from ostler.planning.upgrade.beneath import beneath_findings, beneath_requests
from ostler.planning.upgrade.capacity import capacity_findings, capacity_requests
from ostler.planning.upgrade.completeness import is_complete
from ostler.planning.upgrade.computes import roll_computes
from ostler.planning.upgrade.config import config_findings, config_notes, option_requests
from ostler.planning.upgrade.controllers import roll_agents, roll_controllers
from ostler.planning.upgrade.coverage import coverage_findings
from ostler.planning.upgrade.fast_forward import fast_forward, hop_scenes
from ostler.planning.upgrade.finish import finish, prove, unpin, unpin_computes
from ostler.planning.upgrade.held import hold_findings
from ostler.planning.upgrade.interpreters import Environments, interpreter_findings, interpreter_requests
from ostler.planning.upgrade.known_cases import known_findings
from ostler.planning.upgrade.leaving import leaver_findings
from ostler.planning.upgrade.onto import onto_requests
from ostler.planning.upgrade.onto_findings import onto_findings
from ostler.planning.upgrade.order_kept import order_findings
from ostler.planning.upgrade.past import balancer_requests, past_findings, past_requests
from ostler.planning.upgrade.place import place
from ostler.planning.upgrade.policies import policy_findings, policy_requests
from ostler.planning.upgrade.protect import dump_folder, protect
from ostler.planning.upgrade.ready import ready
from ostler.planning.upgrade.rehearsal_notes import rehearsal_notes
from ostler.planning.upgrade.rehearsal_outcomes import outcome_findings
from ostler.planning.upgrade.rehearsal_worth import worth_findings
from ostler.planning.upgrade.rehearsals import rehearsal_requests
from ostler.planning.upgrade.replace import new_scene, replace_stages
from ostler.planning.upgrade.request import Scene, TargetEnvironment, UpgradeRequest, checked_projects
from ostler.planning.upgrade.schema import contract, expand
from ostler.planning.upgrade.volumes import drain_notes
from ostler.planning.upgrade.way import as_one, catalog_of_way, stopped_notes, way_of


def facts_needed(
    catalog: Catalog,
    hop: Hop,
    cloud: Cloud,
    rehearsals: Sequence[Rehearsal] = (),
    stored: Environments | None = None,
) -> tuple[FactRequest, ...]:
    """What a plan for this hop is made from, besides the facts every plan is; `stored` are the environments of each
    release of the way, where its code runs on the hosts there are now (None: it does not, or needs nothing there)."""
    catalog = catalog.reaching(hop.source.id, hop.target.id)
    options = (*option_requests(catalog, hop, cloud), *capacity_requests(catalog, hop, cloud))
    about_rows = dict.fromkeys((*rehearsal_requests(rehearsals, catalog), *past_requests(catalog, hop, cloud)))
    interpreters = interpreter_requests(cloud, stored, hop.target.id) if stored else ()
    policies = policy_requests(catalog, hop, cloud)
    facts = (*readiness_requests(cloud, is_upgrade=True), *beneath_requests(cloud))
    return (*facts, *options, *policies, *about_rows, *interpreters)


def facts_needed_of_new(
    catalog: Catalog, hop: Hop, cloud: Cloud, replacement: Replacement, snapshot: Snapshot, stored: Environments
) -> tuple[FactRequest, ...]:
    """What a replacement is planned from besides, of the cloud as it will be; `cloud` and `snapshot` are as it is,
    `stored` the environments of each release of the way."""
    to_be = replacement.after(cloud)
    about_plane = onto_requests(replacement, snapshot, catalog.service_users)
    balancers = balancer_requests(hop.source.id, to_be)
    return (*about_plane, *balancers, *interpreter_requests(to_be, stored, hop.target.id))


@dataclass(frozen=True)
class Onto:
    """The new control plane that a replacement moves to, and what was read of it."""

    replacement: Replacement
    snapshot: Snapshot


@dataclass(frozen=True)
class Sources:
    """What a plan is made from. `environments` are the target's, `on_the_way` those of the releases between, by
    release; `left` are findings about runs on the cloud: open ones, and loans not given back; `rehearsals` are those
    the operator gives it, of whatever hop and cloud; `onto` is where a replacement moves to (None for others)."""

    catalog: Catalog
    cloud: Cloud
    snapshot: Snapshot
    environments: Mapping[str, TargetEnvironment]
    left: tuple[Finding, ...] = ()
    on_the_way: Mapping[str, Mapping[str, TargetEnvironment]] = field(default_factory=dict)
    rehearsals: tuple[Rehearsal, ...] = ()
    onto: Onto | None = None


def plan_upgrade(sources: Sources, request: UpgradeRequest) -> Plan:
    """Plan an upgrade.

    Raises InputError as `way_of` does. What stands in the way otherwise is in the plan's findings, all together.
    """
    way = way_of(sources.catalog, sources.cloud.release, request.target, request.strategy)
    catalog, hop = catalog_of_way(sources.catalog, way), as_one(sources.catalog, way)
    onto = sources.onto
    cloud = onto.replacement.before(sources.cloud) if onto else sources.cloud
    scene = Scene(catalog, hop, cloud, sources.snapshot, request, sources.environments)
    new = new_scene(scene, onto.replacement, onto.snapshot) if onto else scene
    hops = hop_scenes(new, way, sources.on_the_way, sources.rehearsals)
    scene = replace(scene, rehearsals=hops[-1].rehearsals)
    new = replace(new, rehearsals=hops[-1].rehearsals)
    stages = tuple(stage for stage in _stages(scene, new, hops, onto) if stage is not None)
    rehearsed = _about_rehearsals(hops)
    found = (
        *sources.left,
        *readiness(catalog, sources.snapshot, request.target, is_rolling=scene.is_rolling),
        *rehearsed,
        *(finding for each in hops for finding in _missing_environments(each)),
        *beneath_findings(scene, new, hops),
        *past_findings(scene, new, hops),
        *leaver_findings(new, hops),
        *interpreter_findings(new, {**sources.on_the_way, scene.target: sources.environments}),
        *(onto_findings(scene, new, onto.replacement, onto.snapshot) if onto else ()),
        *capacity_findings(scene),
        *config_findings(scene),
        *known_findings(scene),
        *policy_findings(scene),
        *(hold_findings(scene) if scene.is_rolling else ()),
        *coverage_findings(scene, stages),
        *order_findings(scene, stages),
    )
    checked = [project.name for project, _ in checked_projects(hops[0])]
    by_whom = request.accepted_by or "the operator"
    plan = Plan(
        operation="upgrade",
        title=_title(scene, way, onto),
        cloud=sources.cloud.name,
        cloud_digest=sources.cloud.digest(),
        created_at=sources.snapshot.taken_at,
        snapshot_digest=sources.snapshot.digest,
        request={
            "source": scene.source,
            "target": scene.target,
            "strategy": request.strategy,
            "way": [each.target.id for each in way],
            "dump_folder": dump_folder(scene),
            "database_host": next(iter(sources.cloud.databases.hosts), None),
            **({REPLACEMENT: onto.replacement.told()} if onto else {}),
        },
        stages=stages,
        findings=(*found, *accepted_in_vain(request.accept, found, checked)),
        accepted=tuple(Acceptance(code, by_whom, sources.snapshot.taken_at) for code in request.accept),
        notes=_notes(scene) if scene.is_rolling else stopped_notes(scene, hops, stages),
    )
    return replace(plan, is_complete=is_complete(plan.refusals)).sealed()


def _about_rehearsals(hops: Sequence[Scene]) -> list[Finding]:
    """What is to be said of rehearsals, once; one that went over any hop of the way is none of another."""
    went = {weighed.name for each in hops for weighed in each.rehearsals.weighed if weighed.outcomes}
    found = dict.fromkeys(finding for each in hops for finding in (*worth_findings(each), *outcome_findings(each)))
    return [f for f in found if f.code != "upgrade.rehearsal-of-another-hop" or f.subject not in went]


def _title(scene: Scene, way: Sequence[Hop], onto: Onto | None) -> str:
    title = f"Upgrade {scene.cloud.name} from {scene.source} to {scene.target}"
    if scene.is_rolling:
        return title
    between = ", ".join(each.target.id for each in way[:-1])
    hosts = ", ".join(host.name for host in onto.replacement.new.hosts) if onto else ""
    how = f"on a new control plane ({hosts})" if onto else "with its services stopped"
    return f"{title}{' over ' + between if between else ''}, {how}"


def _stages(scene: Scene, new: Scene, hops: Sequence[Scene], onto: Onto | None) -> Iterable[Stage | None]:
    """The stages in order; None for those that this cloud or this request has no use for."""
    if onto:
        return replace_stages(scene, new, hops, onto.replacement)
    if not scene.is_rolling:
        return fast_forward(scene, hops)
    return (
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


def _missing_environments(scene: Scene) -> list[Finding]:
    return [
        Finding(
            code="environments.missing",
            severity=Severity.FAILURE,
            subject=f"{project.name} {scene.target}",
            summary=f"there is no environment of {project.name} for {scene.target} in the store",
            found="nothing",
            expected=f"an archive of {project.name} {project.version(scene.target)}",
            do_next=f"build it: ostler env build {scene.target} --cloud FILE"
            if has_own_python(scene.target)
            else f"build it: ostler env build {scene.target} (for a practice cloud with --practice)",
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
    return (*notes, *config_notes(scene), *rehearsal_notes(scene), *drain_notes(scene))
