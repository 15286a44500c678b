"""Schema phases of all projects as steps: the online ones before any service is new, the contract ones after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ostler.catalog import is_past
from ostler.catalog.command import Meaning
from ostler.catalog.database import SchemaPhase
from ostler.catalog.project import Project
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.ready import judge_again
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

SCHEMA_TIMEOUT_S = 24 * 3600.0
GUESS_S = 8.0
"""What a phase takes that was not rehearsed."""

VARIABLE = "log_bin_trust_function_creators"


def expand(scene: Scene) -> Stage:
    phases = [(p, phase) for p in scene.projects for phase in p.schema_phases(scene.target) if is_early(phase)]
    return Stage(
        name="expand",
        title="Expand the database schemas",
        why=f"new tables and columns that {scene.target} needs; the code of {scene.source} goes on working with them",
        undo="old code runs on the expanded schema; nova needs its recorded data edits; or restore the dump",
        lanes=(Lane(scene.first, (*phase_steps(scene, "expand", phases), *judge_again("expand", scene))),),
    )


def contract(scene: Scene) -> Stage | None:
    """The contract stage; None when no project has contract commands left (all were done while held)."""
    phases = [
        (p, phase)
        for p in scene.projects
        for phase in p.schema_phases(scene.target)
        if not is_early(phase) and not contracts_while_stopped(scene, p)
    ]
    if not phases:
        return None
    pending = sorted({p.name for p, phase in phases if is_pending(scene, p, phase)})
    lost = (
        f"After this, code of {scene.source} can no longer run for: {', '.join(pending)}. "
        "The only way back is restoring the dump, which loses what was created since."
        if pending
        else f"This hop has nothing to contract: code of {scene.source} still runs after it, "
        "and rollback stays possible without a restore."
    )
    title, why = "Contract the database schemas", "tables and columns that only the old code used are taken away"
    undo = "none: schemas have no way down, and only restoring the dump brings back what is removed"
    if not pending:
        title = "Run the contract commands (nothing to remove on this hop)"
        why = "the database tools want them run; on this hop they remove nothing"
        undo = f"nothing to undo: code of {scene.source} runs on what is there"
    return Stage(
        name="contract",
        title=title,
        why=why,
        undo=undo,
        lanes=(Lane(scene.first, phase_steps(scene, "contract", phases)),),
        gate=f"{lost} Go on?",
        is_point_of_no_return=bool(pending),
    )


def is_early(phase: SchemaPhase) -> bool:
    """Whether a phase runs before any service is new."""
    return phase.turn == "before_new"


def is_pending(scene: Scene, project: Project, phase: SchemaPhase) -> bool:
    """Whether a phase has revisions to apply on this hop, by the heads the catalog knows."""
    branch = {"expand": "expand", "contract": "contract"}.get(phase.phase)
    for database in phase.databases:
        old, new = scene.heads_before(project, database), project.heads(database, scene.target)
        if branch and branch in new:
            if old.get(branch) != new[branch]:
                return True
        elif old != new and phase.phase != "contract":
            return True
    return False


def must_not_overlap(scene: Scene, project: Project) -> bool:
    """Whether old and new code of a project may not run side by side on this hop."""
    return contracts_while_stopped(scene, project) or project.name in scene.request.no_overlap


def contracts_while_stopped(scene: Scene, project: Project) -> bool:
    """Whether revisions are pending for a phase that wants every service of the project stopped."""
    return any(
        phase.runs_while == "project_stopped" and is_pending(scene, project, phase)
        for phase in project.schema_phases(scene.target)
    )


def phase_steps(scene: Scene, stage: str, phases: Iterable[tuple[Project, SchemaPhase]]) -> tuple[Step, ...]:
    """The phases one after another; settings they need are lent around them and given back."""
    phases = list(phases)
    steps = bare_phase_steps(scene, stage, phases)
    trust = lent_trust(scene, stage, phases)
    if trust is not None:
        lend, give_back = trust
        return (lend, *steps, give_back)
    return steps


def lent_trust(scene: Scene, stage: str, phases: Iterable[tuple[Project, SchemaPhase]]) -> tuple[Step, Step] | None:
    """The steps that lend what migrations need which make triggers, and give it back; None where none of these phases
    needs it, or it is so already."""
    was = _variable_was(scene)
    if was != "OFF" or not any(loan.name == VARIABLE for _, phase in phases for loan in phase.lends):
        return None
    return _lend(scene, stage), _return(scene, stage, was)


def bare_phase_steps(
    scene: Scene, stage: str, phases: Iterable[tuple[Project, SchemaPhase]], moved: Iterable[str] = ()
) -> tuple[Step, ...]:
    """The phases one after another, without what they need lent. The databases `moved` are no longer as they were when
    the plan was made."""
    seen = set(moved)
    steps = []
    for project, phase in phases:
        if is_early(phase):
            relies_on = tuple(_revisions_as_planned(scene, project, phase, seen))
            seen.update(phase.databases)
        else:
            relies_on = tuple(_old_code_is_gone(scene, project)) if is_pending(scene, project, phase) else ()
        steps.append(_phase(scene, stage, project, phase, relies_on))
    return tuple(steps)


def _variable_was(scene: Scene) -> str:
    hosts = scene.cloud.databases.hosts if scene.cloud.databases else ()
    for host in hosts:
        value = scene.snapshot.known("databases.variable", host, name=VARIABLE)
        if value is not None:
            return str(value["value"])
    return "OFF"


def _revisions_as_planned(
    scene: Scene, project: Project, phase: SchemaPhase, seen: Iterable[str]
) -> Iterator[Expectation]:
    """Databases that no phase before this one touches are as they were when the plan was made, or as this phase
    leaves them."""
    read = scene.snapshot.known("databases.schema")
    if read is None:
        return
    for database in phase.databases:
        if database not in seen:
            was, after = read.get(database), _heads_after(scene, project, phase, database)
            yield Expectation(
                wanted("databases.schema"),
                (database,),
                "absent_or_one_of" if was is None else "one_of",
                [after] if was in (None, after) else [was, after],
                f"{database} is at {', '.join(was or ()) or 'no revision'}, as it was when the plan was made",
            )


def _old_code_is_gone(scene: Scene, project: Project) -> Iterator[Expectation]:
    """No process of the project runs the environment it ran from when the plan was made."""
    for host in scene.cloud.hosts.values():
        here = [service.name for p, service in scene.services(host, scene.source) if p.name == project.name]
        old = {scene.old_environment(project, host.name, service) for service in here}
        for environment in sorted(old - {scene.new_environment(project)}):
            yield Expectation(
                wanted("host.processes", host.name),
                ("*", "environments", "*"),
                "lacks",
                environment,
                f"no process on {host.name} runs {environment} any more",
            )


def _phase(scene: Scene, stage: str, project: Project, phase: SchemaPhase, relies_on: tuple[Expectation, ...]) -> Step:
    order = scene.catalog.releases.order
    meanings = {exit_.code: phase.meaning(exit_.code, scene.target, order) for exit_ in phase.exits}
    heads = {
        database: _heads_after(scene, project, phase, database)
        for database in phase.databases
        if not is_past(scene.target) or _is_last_for(scene, project, phase, database)
    }
    undo = f"not needed: code of {scene.source} runs on the new schema"
    if not scene.is_rolling:
        undo = _no_way_down(scene)
    elif phase.is_point_of_no_return:
        is_lost = is_pending(scene, project, phase)
        undo = "none: only restoring the dump leads back" if is_lost else "not needed: it removes nothing on this hop"
    return Step(
        id=f"{stage}/{scene.first}/{phase.name}",
        kind="run-management",
        host=scene.first,
        why=phase.why.strip().replace("\n", " "),
        undo=undo,
        estimate_s=scene.estimate_s(project, scene.target, phase, GUESS_S),
        params={
            "environment": scene.program(project, phase.code),
            "argv": list(phase.argv),
            "user": project.user,
            "accept": {str(code): str(meaning) for code, meaning in meanings.items() if meaning is Meaning.DONE}
            or {"0": "done"},
            "timeout_s": SCHEMA_TIMEOUT_S,
            "schema": heads,
        },
        relies_on=relies_on,
    )


def _is_last_for(scene: Scene, project: Project, phase: SchemaPhase, database: str) -> bool:
    """Whether no later phase of the hop changes a database: what lies between was not seen of past releases."""
    return [each for each in project.schema_phases(scene.target) if database in each.databases][-1].name == phase.name


def _no_way_down(scene: Scene) -> str:
    if scene.stands_for:
        return "none needed: the old databases are not changed, and the way back uses them"
    return "none: only restoring the dump leads back"


def _heads_after(scene: Scene, project: Project, phase: SchemaPhase, database: str) -> list[str]:
    """The rows a version table must hold when the phase is done: a phase moves only its own branch."""
    old, new = scene.heads_before(project, database), project.heads(database, scene.target)
    if phase.phase in ("expand", "migrate") and "contract" in new:
        is_hidden = "expand" in project.database(database).hidden_branches and old["expand"] == new["expand"]
        return sorted({old["contract"]} | (set() if is_hidden else {new["expand"]}))
    return sorted(project.version_rows(database, scene.target))


def _lend(scene: Scene, stage: str) -> Step:
    return Step(
        id=f"{stage}/{scene.first}/lend-{VARIABLE.replace('_', '-')}",
        kind="lend-variable",
        host=None,
        why="migrations that make triggers need it where the binary log is on",
        undo="a loan: the value from before is given back, also when the run fails",
        estimate_s=1,
        params={"name": VARIABLE, "value": "ON"},
        lends=f"{VARIABLE} = ON on every database server ({stage})",
    )


def _return(scene: Scene, stage: str, was: str) -> Step:
    return Step(
        id=f"{stage}/{scene.first}/return-{VARIABLE.replace('_', '-')}",
        kind="return-variable",
        host=None,
        why="it was lent only for the migrations",
        undo="nothing to undo",
        estimate_s=1,
        params={"name": VARIABLE, "value": was},
        returns=f"{VARIABLE} = ON on every database server ({stage})",
    )
