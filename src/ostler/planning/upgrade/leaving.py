"""Placement leaves nova, on the way to Stein: its own settings are made from nova's while the cloud serves, and its
rows are taken out of nova's database when nothing runs, before nova's schema and its own are changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.catalog.command import Meaning
from ostler.catalog.database import Extraction
from ostler.catalog.project import Project
from ostler.cloud.model import Host
from ostler.deployment.paths import environment_path
from ostler.errors import Finding, Severity
from ostler.facts.model import Unknown
from ostler.planning.model import Stage
from ostler.planning.upgrade.host_steps import host_lanes
from ostler.planning.upgrade.onto import accounts_on
from ostler.planning.upgrade.ready import doubts
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

STAGE = "placement-settings"
FROM = "nova"


def leaver_on(hop: Scene) -> tuple[Project, Extraction] | None:
    """The project that becomes one of its own on a hop, and how its database is filled; None on every other."""
    for project in hop.projects:
        if hop.source not in project.releases and (extraction := project.extraction(hop.target)):
            return project, extraction
    return None


def settings_of_leavers(scene: Scene, hops: Sequence[Scene]) -> Stage | None:
    """The settings of a project that leaves another on the way, on every controller; None where none does."""
    found = next(filter(None, map(leaver_on, hops)), None)
    if found is None:
        return None
    project, extraction = found

    def steps_of(host: Host) -> Iterator[Step]:
        path = project.config_files[0]
        yield Step(
            id=f"{STAGE}/{host.name}/derive",
            kind="derive-settings",
            host=host.name,
            why=f"it read {FROM}'s until now; it checks tokens as {FROM} does, with {FROM}'s account at the databases",
            undo=f"not needed: nothing reads {path} before {project.name} is a project of its own",
            estimate_s=1,
            params={
                "source": scene.catalog.project(FROM).config_files[0],
                "path": path,
                "group": project.user,
                "database": extraction.into,
            },
        )

    lanes = host_lanes(scene, scene.controllers, steps_of)
    return Stage(
        name=STAGE,
        title=f"Write {project.name}'s own settings from {FROM}'s",
        why=f"{project.name} leaves {FROM} on the way; a file that you have put there stays",
        undo="not needed: nothing reads them yet",
        lanes=lanes,
        in_flight=max(1, len(lanes)),
    )


def extraction_steps(hop: Scene, stage: str, project: Project, extraction: Extraction) -> list[Step]:
    """The database is made and filled; before any schema is changed."""
    order = hop.catalog.releases.order
    meanings = {known.code: extraction.meaning(known.code, hop.target, order) for known in extraction.exits}
    script = environment_path(project.name, project.version(extraction.script_release))
    return [
        Step(
            id=f"{stage}/{hop.first}/{project.name}-database",
            kind="make-database",
            host=hop.database_host,
            why=f"{project.name} has had none of its own",
            undo="none needed: nothing reads it before",
            estimate_s=2,
            params={"database": extraction.into, "like": extraction.out_of},
        ),
        Step(
            id=f"{stage}/{hop.first}/{project.name}-extraction",
            kind="take-placement-out",
            host=hop.first,
            why=" ".join(extraction.why.split()),
            undo=f"none needed: {extraction.out_of} keeps what it has",
            estimate_s=20,
            params={
                "source": hop.catalog.project(FROM).config_files[0],
                "path": project.config_files[0],
                "database": extraction.into,
                "script": f"{script}/{extraction.script}",
                "programs": f"{hop.new_environment(project)}/bin",
                "arguments": list(extraction.argv[1:]),
                "accept": {str(code): str(means) for code, means in meanings.items() if means is Meaning.DONE},
                **doubts(extraction, hop.target, order),
            },
        ),
    ]


def leaver_findings(scene: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    """What a project that leaves another on the way wants to find on the controllers, and the release whose package
    brings what takes it out."""
    found = next(filter(None, map(leaver_on, hops)), None)
    if found is None:
        return
    project, extraction = found
    if all(hop.target != extraction.script_release for hop in hops):
        yield Finding(
            code="upgrade.ends-without-extraction",
            severity=Severity.FAILURE,
            subject=f"{project.name} {scene.target}",
            summary=f"what takes {project.name} out of {FROM} comes with its {extraction.script_release}, which this "
            "way does not reach",
            found=f"a way to {scene.target}",
            expected=f"one to {extraction.script_release} or later",
            do_next=f"go on in the same plan: --to {extraction.script_release}, or later",
        )
    if extraction.into in (scene.snapshot.known("databases.schema") or {}):
        yield Finding(
            code="upgrade.database-before-extraction",
            severity=Severity.FAILURE,
            subject=extraction.into,
            summary=f"there is a database {extraction.into} already, and {project.name} is still a part of {FROM}: "
            "what is in it would be taken for what is to be taken out",
            found=f"a database {extraction.into}",
            expected="none before the upgrade makes it",
            do_next=f"see whose it is: where [placement_database] connection in nova.conf names it, it is in use; "
            f"only what an earlier run of Ostler has made (ostler runs) may go: DROP DATABASE {extraction.into}",
        )
    users = scene.catalog.service_users
    for host in scene.controllers:
        there = scene.snapshot.get("host.accounts", host.name, users=":".join(users))
        either = (host.name, scene.known_as(host.name))
        if isinstance(there, Unknown) or any(project.user in accounts_on(scene.snapshot, at, users) for at in either):
            continue
        yield Finding(
            code="upgrade.no-user",
            severity=Severity.FAILURE,
            subject=f"{project.user} on {host.name}",
            summary=f"{project.name} leaves {FROM} on the way, and there is no user for it to run as",
            found="no such user",
            expected=f"the user and the group {project.user}, with the same numbers on every controller",
            do_next=f"on each controller: useradd --system --user-group --home-dir /var/lib/{project.name} "
            f"--no-create-home --shell /usr/sbin/nologin --uid NUMBER {project.user}",
        )
