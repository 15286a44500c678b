"""Stage "ready": the target's own code checks the live cloud; the source's data migrations are finished."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog.command import Meaning, ProjectCommand
from ostler.catalog.database import ROWS_MOVED, OnlineMigration
from ostler.catalog.project import Project
from ostler.catalog.status_check import StatusCheck
from ostler.facts.model import JsonValue
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.place import place_step
from ostler.planning.upgrade.request import Scene, checked_projects
from ostler.steps.model import Step

ONLINE_TIMEOUT_S = 24 * 3600.0
BATCH_ROWS = 1000
"""Rows that one start of a row migration moves: their locks are held for moments, while services run."""
GUESS_S = 6.0
"""What a row migration takes that was not rehearsed."""


def ready(scene: Scene) -> Stage:
    """Nothing is changed but rows that the source release itself wants in their new form."""
    first = scene.first
    steps = finished_source(scene)
    checked = checked_projects(scene)
    steps += [place_step("ready", scene, project, first) for project, _ in checked]
    if checked:
        why = f"only {scene.target} itself knows what it will refuse; it must say so before anything changes"
        steps.append(judge_target("ready", scene, checked, why))
    return Stage(
        name="ready",
        title="Make sure the cloud is ready",
        why=f"the code of {scene.target} checks the live cloud, and the data migrations of {scene.source} are finished",
        undo="nothing to undo: no service, setting or schema is changed",
        lanes=(Lane(first, tuple(steps)),),
    )


def finished_source(scene: Scene) -> list[Step]:
    """What is there is written down, and the data migrations of the source are finished."""
    moved = (step for project in scene.projects for step in _finish_source_migrations(scene, project))
    return [record_inventory(scene, "ready"), *moved]


def judge_again(stage: str, scene: Scene) -> list[Step]:
    """The checks that had nothing to say before their own schema was there, once it is."""
    order = scene.catalog.all_releases.order
    late = [(p, check) for p, check in checked_projects(scene) if check.waits_for_schema(scene.target, order)]
    why = "it may have had nothing to say before the schema it reads was there; no service is new yet"
    return [judge_target(stage, scene, late, why)] if late else []


def judge_target(stage: str, scene: Scene, checked: Sequence[tuple[Project, StatusCheck]], why: str) -> Step:
    """All checks in one step, so that everything they say is told at once."""
    return Step(
        id=f"{stage}/{scene.first}/target-checks",
        kind="judge-target",
        host=scene.first,
        why=why,
        undo="nothing is changed",
        estimate_s=5 * len(checked),
        params={
            "release": scene.target,
            "checks": [
                {
                    "project": project.name,
                    "environment": scene.new_environment(project),
                    "argv": list(check.argv),
                    "user": project.user,
                }
                for project, check in checked
            ],
        },
    )


def record_inventory(scene: Scene, stage: str) -> Step:
    """Write down what is there, so that it can be proved untouched at the end."""
    return Step(
        id=f"{stage}/{scene.first}/record-inventory",
        kind="prove",
        host=scene.first,
        why="at the end every server, volume, image and network from before must still be there, untouched",
        undo="nothing is changed",
        estimate_s=2,
        params={
            "proof": "record-inventory",
            "release": scene.source,
            "says": "the list of servers, volumes, images and networks is recorded",
        },
    )


def online_step(scene: Scene, project: Project, migration: OnlineMigration, stage: str, code: str) -> Step:
    """One project's online data migration, with the code of the source or the target, until it says done."""
    release = scene.source if code == "source" else scene.target
    order = scene.catalog.releases.order
    meanings = {exit_.code: migration.meaning(exit_.code, release, order) for exit_ in migration.exits}
    return Step(
        id=f"{stage}/{scene.first}/{project.name}-online-data-migrations",
        kind="run-management",
        host=scene.first,
        why=(
            f"rows must be in the form {release} wants "
            + ("before its successor touches the schema" if code == "source" else "before the next upgrade begins")
        ),
        undo="none needed: code of either release reads the migrated rows",
        estimate_s=scene.estimate_s(project, release, migration, GUESS_S),
        params={
            "environment": scene.program(project, code),
            "argv": list(in_batches(migration)),
            "user": project.user,
            "accept": {str(code_): str(meaning) for code_, meaning in meanings.items() if meaning is Meaning.DONE},
            "again_on": [code_ for code_, meaning in meanings.items() if meaning is Meaning.AGAIN],
            "counts": ROWS_MOVED,
            "timeout_s": ONLINE_TIMEOUT_S,
            **doubts(migration, release, order),
        },
    )


def in_batches(migration: OnlineMigration) -> tuple[str, ...]:
    """A row migration as it is run, again and again until it says done."""
    return (*migration.argv, migration.batch_option, str(BATCH_ROWS))


def doubts(command: ProjectCommand, release: str, order: Sequence[str]) -> dict[str, JsonValue]:
    """The parameter of a step that says where the exit code of success alone proves nothing; none where it does."""
    known = (e for e in command.exits if e.doubt and e.meaning is Meaning.DONE and e.is_true_in(release, order))
    by_code = {str(each.code): [each.doubt.pattern, each.doubt.why] for each in known if each.doubt}
    return {"doubts": by_code} if by_code else {}


def _finish_source_migrations(scene: Scene, project: Project) -> list[Step]:
    if scene.source not in project.releases:
        return []
    migration = project.online_migration(scene.source)
    return [online_step(scene, project, migration, "ready", "source")] if migration else []
