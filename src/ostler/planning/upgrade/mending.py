"""What a way mends by itself, since nobody can tell beforehand that it must be mended, and what it leaves undone, since
no service runs that could do it. Both are known blockers of the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ostler.catalog.blocker import Blocker
from ostler.catalog.database import OnlineMigration
from ostler.catalog.project import Project
from ostler.errors import Finding, Severity
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step


def mends_on(hop: Scene) -> Iterator[Blocker]:
    """The known blockers whose rows cannot be told from the cloud as it is, since what they are about comes on the way,
    and whose fix was carried out: it is made just before the command that would stop."""
    catalog = hop.catalog
    order = catalog.all_releases.order
    for blocker in catalog.blockers:
        if blocker.trial is None or blocker.rows is None or blocker.can_be_counted(hop.cloud.release, order):
            continue
        for project in hop.projects:
            words = {phase.words for phase in project.schema_phases(hop.target)}
            stops = project.name == blocker.project and any(sign.command in words for sign in blocker.signs)
            if stops and blocker.proof == "carried out" and blocker.is_true_in(hop.target, order):
                yield blocker


def mend_steps(hop: Scene, stage: str, project: Project) -> list[Step]:
    """The fixes that are made before a project's schema is changed on a hop."""
    return [
        Step(
            id=f"{stage}/{hop.first}/mend-{blocker.code.replace('.', '-')}-{number}",
            kind="mend-rows",
            host=hop.database_host,
            why=f"{' '.join(blocker.title.split())}; no service runs that could write them again",
            undo="none needed: the old databases stay" if hop.stands_for else "none: only the dump leads back",
            estimate_s=5,
            params={"blocker": blocker.code, "database": change.database, "sql": " ".join(change.sql.split())},
        )
        for blocker in mends_on(hop)
        if blocker.project == project.name
        for number, change in enumerate(blocker.trial.before if blocker.trial else ())
    ]


def left_undone(hop: Scene, migration: OnlineMigration) -> Blocker | None:
    """The known blocker whose row migration is not done while no service runs, and that the way goes on without; None
    where there is none."""
    order = hop.catalog.all_releases.order
    for blocker in hop.catalog.blockers:
        is_left = blocker.trial is not None and blocker.trial.is_left and blocker.is_true_in(hop.target, order)
        if is_left and any(sign.command == migration.words for sign in blocker.signs):
            return blocker
    return None


def borne(blocker: Blocker, migration: OnlineMigration) -> Mapping[str, list[str]]:
    """By exit code, what a command says that leaves this undone and nothing else."""
    return {
        str(sign.exit_code): [sign.pattern, blocker.code]
        for sign in blocker.signs
        if sign.command == migration.words and sign.exit_code is not None and sign.pattern
    }


def left_undone_finding(hop: Scene, blocker: Blocker) -> Finding:
    return Finding(
        code="upgrade.left-undone",
        severity=Severity.WARNING,
        subject=f"{blocker.project} on {hop.hop}",
        summary=f"{blocker.title}; nothing of it runs on this way, and rows stay as they are ({blocker.code})",
        found="no service of it runs while the databases are brought through",
        expected="rows as they are, taken on; or an upgrade to that release by its own guide, with its services up",
        do_next=f"accepting it means: {_left_means(blocker)}: --accept upgrade.left-undone",
    )


def _left_means(blocker: Blocker) -> str:
    return " ".join(blocker.trial.left_means.split()) if blocker.trial else ""
