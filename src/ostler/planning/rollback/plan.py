"""The way back of an upgrade run: control plane first, computes last; databases stay (with the recorded data edits), or
are restored from the run's dump."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from ostler.catalog.catalog import Catalog
from ostler.cloud.model import Cloud
from ostler.errors import Finding, InputError, Refused, Severity
from ostler.facts.model import FactRequest, Snapshot, wanted
from ostler.facts.predicate import Expectation
from ostler.planning.model import Lane, Plan, Stage
from ostler.planning.rollback.computes import agents_back, computes_back
from ostler.planning.rollback.conductors import CONDUCTOR, forget_versions
from ostler.planning.rollback.groups import way_back
from ostler.planning.rollback.held import goes_back_held, held_back
from ostler.planning.rollback.history import RunHistory, nothing_done, services_gone
from ostler.planning.rollback.losses import KINDS, losses
from ostler.planning.rollback.proofs import prove_back
from ostler.planning.rollback.records import edit_records, undo_edits
from ostler.planning.rollback.replaced import replaced_back
from ostler.planning.rollback.restore import (
    made_settings_gone,
    restore_stages,
    schemas_unlike_release,
    settings_out_of_reach,
    started_again,
)
from ostler.planning.upgrade.computes import STAGE as ROLL_COMPUTES
from ostler.planning.upgrade.controllers import controller_groups, services_after_computes
from ostler.planning.upgrade.held import stages_before
from ostler.planning.upgrade.host_steps import Group
from ostler.planning.upgrade.ready import record_inventory
from ostler.planning.upgrade.request import Scene, Strategy, UpgradeRequest
from ostler.planning.upgrade.schema import is_pending
from ostler.planning.upgrade.volumes import drain
from ostler.planning.upgrade.way import as_one, catalog_of_way, way_of

Databases = Literal["stay", "restore"]


def plan_rollback(
    catalog: Catalog, cloud: Cloud, snapshot: Snapshot, history: RunHistory, databases: Databases = "stay"
) -> Plan:
    """Plan the way back of an upgrade run; of a way back, only what gives back the rows that it edited.

    Raises InputError for another run and for one that did nothing yet, Refused when the databases are past the
    point of no return and `databases` is "stay", and for a run that does not fit the cloud as it is.
    """
    _check_fits(cloud, history)
    if history.plan.operation == "rollback":
        return undo_edits(cloud, snapshot, history)
    if history.plan.is_replacement:
        return replaced_back(catalog, cloud, snapshot, history, databases)
    scene = _scene(catalog, cloud, snapshot, history)
    contracted = contracted_projects(scene, history)
    if contracted and databases == "stay":
        raise _past_no_return(scene, history, contracted)
    if databases == "restore":
        stages = restore_stages(scene, history)
    elif history.is_fast_forward:
        stages = [*started_again(scene, history), *made_settings_gone(scene, history)]
    else:
        stages = _serving(scene, history)
    if not stages:
        raise nothing_done(history)
    if databases == "stay" and not history.held and not history.is_fast_forward:
        stages = [_look(scene), *stages]
    return Plan(
        operation="rollback",
        title=f"Take {cloud.name} back from {scene.target} to {scene.source} (run {history.run_id})",
        cloud=cloud.name,
        cloud_digest=cloud.digest(),
        created_at=snapshot.taken_at,
        snapshot_digest=snapshot.digest,
        request={
            "run": history.run_id,
            "source": scene.target,
            "target": scene.source,
            "databases": databases,
            "strategy": history.plan.request.get("strategy", "rolling"),
            "history": history.standing(),
        },
        stages=(*stages, prove_back(scene, history, databases)),
        findings=losses(scene.snapshot.known, history.inventory) if databases == "restore" else (),
        notes=(*_notes_on_holds(stages), *_notes(scene, history, databases)),
    ).sealed()


def _check_fits(cloud: Cloud, history: RunHistory) -> None:
    """Raises Refused when taking the run back would not lead where this cloud came from."""
    run, plan = history.run_id, history.plan
    if plan.cloud != cloud.name:
        raise Refused(
            "rollback.other-cloud",
            f"run {run} was on the cloud {plan.cloud}, this is {cloud.name}",
            do_next="name the cloud file of the run's cloud with --cloud",
        )
    if history.is_taken_back:
        raise Refused("rollback.already-back", f"run {run} was taken back already", do_next="see its runs: ostler runs")
    if history.is_alive:
        raise Refused(
            "rollback.still-running", f"run {run} is being carried out now", do_next=f"ostler cancel {run}, or wait"
        )
    ends = (plan.request.get("source"), plan.request.get("target"))
    if history.later or (plan.operation == "upgrade" and cloud.release not in ends):
        since = f"run {history.later[0]} changed it" if history.later else f"it is at {cloud.release}"
        raise Refused(
            "rollback.not-the-newest",
            f"the cloud is not as run {run} left it: since then, {since}",
            do_next="take the later run back first: ostler runs",
        )


def facts_needed(cloud: Cloud) -> tuple[FactRequest, ...]:
    """Every fact a way back is planned from."""
    on_hosts = tuple(wanted(fact, host) for host in cloud.hosts for fact in ("host.units", "host.environments"))
    records = tuple(wanted(fact) for fact in ("nova.services", "nova.object_versions", "databases.schema"))
    apis = tuple(wanted(fact) for fact in ("api.compute_services", "api.volume_services", *(fact for _, fact in KINDS)))
    return (*on_hosts, *records, *apis)


def contracted_projects(scene: Scene, history: RunHistory) -> tuple[str, ...]:
    """Projects whose schema was contracted so that old code cannot run any more; after a fast-forward those whose
    databases were changed at all, since old code was never tried on schemas several releases later."""
    found = []
    for project in scene.projects:
        phases = [phase for phase in project.schema_phases(scene.target) if is_pending(scene, project, phase)]
        if history.is_fast_forward:
            found += [project.name] * (bool(phases) and history.has_changed_databases)
            continue
        for phase in phases:
            if phase.is_point_of_no_return and any(step_id.endswith(f"/{phase.name}") for step_id in history.touched):
                found.append(project.name)
    return tuple(dict.fromkeys(found))


def _scene(catalog: Catalog, cloud: Cloud, snapshot: Snapshot, history: RunHistory) -> Scene:
    plan = history.plan
    if plan.operation != "upgrade":
        raise InputError(
            "rollback.not-an-upgrade",
            f"run {history.run_id} was a {plan.operation}, not an upgrade",
            do_next="see its runs: ostler runs",
        )
    strategy: Strategy = "fast-forward" if history.is_fast_forward else "rolling"
    ends = str(plan.request["source"]), str(plan.request["target"])
    way = way_of(catalog, *ends, strategy)
    catalog, hop = catalog_of_way(catalog, way), as_one(catalog, way)
    request = UpgradeRequest(target=hop.target.id, strategy=strategy, label=f"ostler rollback of {history.run_id}")
    rolled = next((stage for stage in plan.stages if stage.name == ROLL_COMPUTES), None)
    if rolled:  # the operator's limits on computes out of scheduling at once hold on the way back too
        request = replace(request, batch=rolled.in_flight, per_domain=rolled.per_domain)
    return Scene(catalog, hop, cloud, snapshot, request, ran=services_gone(catalog, hop, history))


def _serving(scene: Scene, history: RunHistory) -> list[Stage]:
    """The cloud serves all the while: one host at a time, in the reverse of the order things became new; only
    nova-compute, which new conductors would refuse, goes last. Projects that the run held are held."""
    groups = [_first_of_way_back(group) for group in controller_groups(scene)]
    held: set[str] = set()
    late = services_after_computes(scene)
    rolled: list[tuple[Stage, ...]] = []
    for group in reversed(groups):
        name = group.project.name
        of_project = tuple(each for each in groups if each.project.name == name and not each.has_any(late))
        if group not in of_project or not goes_back_held(history, of_project):
            rolled.append(_host_by_host(scene, history, group))
        elif name not in held:
            held.add(name)
            rolled.append(tuple(held_back(scene, history, of_project)))
    agents, computes = agents_back(scene, history), computes_back(scene, history)
    if agents:
        servers = [at for at, stages in enumerate(rolled) if any(s.name.startswith("back-neutron") for s in stages)]
        rolled.insert(servers[-1] if servers else 0, (agents,))
    control_plane = [stage for stages in rolled for stage in stages]
    if any(stage.name.startswith(("back-nova", "back-computes")) for stage in (*control_plane, computes) if stage):
        return _with_records(scene, history, control_plane, computes)
    return [*control_plane, *([computes] if computes else [])]


def _host_by_host(scene: Scene, history: RunHistory, group: Group) -> tuple[Stage, ...]:
    """The stage that takes a group back; none when the run touched nothing of it."""
    back, lanes = f"back-{group.name}", []
    serving = f"roll-{group.name}/{{}}/90-into-balancer"
    # Those that do not serve yet go back first: the others serve meanwhile.
    for host in sorted(scene.controllers, key=lambda host: serving.format(host.name) in history.done):
        stages = (f"roll-{group.name}", *stages_before(group))
        began = any(history.began(f"{stage}/{host.name}/") for stage in stages)
        if began and group.old:
            switch_id = f"roll-{group.name}/{host.name}/30-switch"
            before, after = drain(back, scene, host.name, group)
            steps = (*before, *way_back(back, scene, history, host, group, switch_id), *after)
            lanes.append(Lane(host.name, steps, scene.cloud.domain_of(host.name)))
    if not lanes:
        return ()
    return (
        Stage(
            name=back,
            title=f"Take {', '.join(s.name for s in group.old)} back to {scene.source}, one host at a time",
            why="the other controllers serve meanwhile",
            undo="upgrade again",
            lanes=tuple(lanes),
        ),
    )


def _with_records(scene: Scene, history: RunHistory, rolled: list[Stage], computes: Stage | None) -> list[Stage]:
    """nova's records are edited before old code reads them, and again where new code wrote them meanwhile: conductors
    when they were started anew, everything while it was taken back."""
    forget = forget_versions(scene, history)
    stages = [edit_records(scene, history, "records", "services of the old code refuse to start otherwise"), forget]
    for stage in rolled:
        if forget is not None and stage.name == f"back-{CONDUCTOR}":
            why = "the conductors wrote their version when they were started anew"
            stages.append(edit_records(scene, history, "records-conductor", why, kinds=("set_version",)))
        stages.append(stage)
    stages += [edit_records(scene, history, "records-again", "new code wrote while it was taken back"), computes]
    return [stage for stage in stages if stage is not None]


def _look(scene: Scene) -> Stage:
    """What is there now must still be there when the cloud is back."""
    return Stage(
        name="look",
        title="Write down what is there",
        why="servers, volumes, images and networks must come through untouched",
        undo="nothing is changed",
        lanes=(Lane(scene.first, (replace(record_inventory(scene, "look"), relies_on=_schema_as_planned(scene)),)),),
    )


def _schema_as_planned(scene: Scene) -> tuple[Expectation, ...]:
    """No database was migrated since, by whomever: old code may not run on what it is then."""
    return tuple(
        Expectation(
            wanted("databases.schema"),
            (database,),
            "equals",
            revisions,
            f"{database} is at {', '.join(revisions) or 'no revision'}, as it was when the plan was made",
        )
        for database, revisions in sorted((scene.snapshot.known("databases.schema") or {}).items())
    )


def _first_of_way_back(group: Group) -> Group:
    """Every group restores its project's configuration: whichever goes back first needs it, the others find it so."""
    return replace(group, is_first=True)


def _past_no_return(scene: Scene, history: RunHistory, contracted: tuple[str, ...]) -> Refused:
    what, expected = "contracted", "expanded at most"
    if history.is_fast_forward:
        what, expected = "brought past it in a fast-forward", "unchanged"
    finding = Finding(
        code="rollback.contracted",
        severity=Severity.FAILURE,
        subject=", ".join(contracted),
        summary=f"the schema was {what}: code of {scene.source} can no longer run on it",
        found=what,
        expected=expected,
        do_next="restore the dump, which loses what was created since: add --databases restore",
    )
    return Refused("rollback.contracted", "this run is past its point of no return", findings=(finding,))


def _notes(scene: Scene, history: RunHistory, databases: Databases) -> tuple[str, ...]:
    return (
        *_notes_on_databases(scene, history, databases),
        *(settings_out_of_reach(scene, history) if databases == "stay" else ()),
        *_notes_on_new_databases(scene, history),
    )


def _notes_on_holds(stages: Iterable[Stage]) -> tuple[str, ...]:
    held = [stage.name.removeprefix("hold-") for stage in stages if stage.name.startswith("hold-")]
    if not held:
        return ()
    names = ", ".join(held)
    wait = f"Requests to {names} wait for some seconds, as on the way there: old and new code do not run side by side."
    volumes = (
        "Every cinder-volume stops at once, without being drained: a volume that is being created then may end in "
    )
    return (wait, *([f"{volumes}ERROR."] if "cinder" in held else ()))


def _notes_on_new_databases(scene: Scene, history: RunHistory) -> tuple[str, ...]:
    there = scene.snapshot.known("databases.schema") or {}
    begun = [(step.params["database"], step.id in history.done) for step in history.begun("make-database")]
    made = [name for name, is_done in begun if is_done or name in there]
    return tuple(
        f"The database {name}, which the run made, stays. Another upgrade is refused while it is there: see then that "
        f"nothing uses it (no file names it as a connection), and remove it: DROP DATABASE {name}"
        for name in made
    )


def _notes_on_databases(scene: Scene, history: RunHistory, databases: Databases) -> tuple[str, ...]:
    if databases == "restore":
        away = "Every service stops while the databases are restored: the APIs do not answer for that time."
        if not (others := ", ".join(schemas_unlike_release(scene, history))):
            return (away,)
        kept = f"{others}: dumped with another schema than {scene.source} makes, as an earlier way back leaves it, "
        return (away, f"{kept}and restored with it.")
    if history.is_fast_forward:
        return (f"No database of the cloud was changed yet: services of {scene.source} start again as they were.",)
    return (
        f"The databases stay as {scene.target} left them; {scene.source} runs on them, with nova's records edited.",
    )
