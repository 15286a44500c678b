"""Stage "protect": configuration and unit files of every host, every database, the running versions: all kept, and the
dump proved to be restorable, before anything is changed."""

from __future__ import annotations

from dataclasses import replace

from ostler.cloud.model import Host
from ostler.deployment.uwsgi import INI_DIR
from ostler.deployment.venv import UNIT_DIR
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

STAGE = "protect"
DUMP_BYTES_PER_S = 20e6
ONLY_TRIED = "a dump counts only after it was restored once"


def protect(scene: Scene) -> Stage:
    """Files and databases, side by side, while the cloud serves."""
    dumped = dump(scene)
    return replace(
        save(scene),
        title="Keep everything that will be changed",
        why=f"the way back restores recorded bytes and values; {ONLY_TRIED}",
        lanes=(*save(scene).lanes, *(dumped.lanes if dumped else ())),
    )


def save(scene: Scene) -> Stage:
    """The files alone."""
    return Stage(
        name=STAGE,
        title="Keep every file that will be changed",
        why="the way back restores recorded bytes",
        undo="nothing is changed; the kept files stay until you remove them",
        lanes=tuple(Lane(host.name, (_save(scene, host),), scene.cloud.domain_of(host.name)) for host in _hosts(scene)),
        in_flight=8,
    )


def dump(scene: Scene, stage: str = STAGE) -> Stage | None:
    """The databases alone; None for a cloud file that names no database host (such a plan is refused)."""
    if not scene.cloud.databases.hosts:
        return None
    return Stage(
        name=stage,
        title="Dump the databases",
        why=f"nothing writes any more: a restore loses nothing that was there; {ONLY_TRIED}",
        undo="nothing is changed; the dump stays until you remove it",
        lanes=(_databases(stage, scene, scene.cloud.databases.hosts[0]),),
    )


def databases_of(scene: Scene) -> tuple[str, ...]:
    """Every database of the cloud's projects that really exists."""
    known = [database.name for project in scene.projects for database in project.databases]
    schema = scene.snapshot.known("databases.schema")
    return tuple(name for name in known if schema is None or name in schema)


def dump_folder(scene: Scene) -> str:
    """Where on the database host the dump of this plan lies."""
    return f"{scene.request.backup_folder}/{scene.source}-{int(scene.snapshot.taken_at)}"


def _hosts(scene: Scene) -> tuple[Host, ...]:
    return tuple(host for host in scene.cloud.hosts.values() if scene.services(host, scene.source))


def _save(scene: Scene, host: Host) -> Step:
    here = scene.services(host, scene.source)
    folders = sorted({project.config_dir for project, _ in here})
    units = sorted({f"{UNIT_DIR}/{service.unit}" for _, service in here})
    uwsgi = [INI_DIR] if any(service.kind == "wsgi" for _, service in here) else []
    return Step(
        id=f"{STAGE}/{host.name}/save-files",
        kind="save-files",
        host=host.name,
        why="configuration and units return to exactly these bytes on the way back",
        undo="nothing is changed",
        estimate_s=3,
        params={"paths": [*folders, *uwsgi, *units]},
    )


def _databases(stage: str, scene: Scene, host: str) -> Lane:
    databases, folder = databases_of(scene), dump_folder(scene)
    sizes = scene.snapshot.known("databases.sizes") or {}
    seconds = sum(size.get("bytes", 0) for size in sizes.values()) / DUMP_BYTES_PER_S
    dump = Step(
        id=f"{stage}/{host}-databases/dump",
        kind="dump-databases",
        host=host,
        why="downgrades of schemas do not exist: the dump is the only way back "
        + ("across the contract stage" if scene.is_rolling else "from a changed database"),
        undo="nothing is changed; the dump stays on the host, unencrypted and for root alone, until you remove it",
        estimate_s=5 + seconds,
        params={"folder": folder, "databases": list(databases)},
    )
    attempt = Step(
        id=f"{stage}/{host}-databases/try-restore",
        kind="try-dump",
        host=host,
        why="a dump that was never restored is a hope, not a backup",
        undo="the scratch server is removed",
        estimate_s=15 + 3 * seconds,
        params={"folder": folder},
    )
    return Lane(f"{host}-databases", (dump, attempt), scene.cloud.domain_of(host))
