"""Dumping, trying and restoring the databases of a simulated cloud, and editing their records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import IN_DATABASES, MARIADB, aside_of, databases_of, put_databases
from ostler.remote.simulated.services import running
from ostler.remote.simulated.state import DATABASES, THINGS

DUMP = "databases.sql.zst"
DUMP_S, TRY_S, RESTORE_S = 5.0, 20.0, 15.0


def dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Keep the databases as they are now, in a folder."""
    folder, *names = arguments
    if not machine.runs(MARIADB):
        return failed("mariadb-dump: Got error: 2002: Can't connect to local server")
    missing = [name for name in names if name not in databases_of(machine).schema]
    if missing:
        return failed(f"mariadb-dump: Got error: 1049: Unknown database '{missing[0]}'")
    content = b"dump of " + _digest(machine).encode()
    machine.state.dumps[content.decode()] = _kept(machine)
    files = {
        DUMP: content,
        f"{DUMP}.sha256": f"{hashlib.sha256(content).hexdigest()}  {DUMP}\n".encode(),
        "plain.sha256": f"{_digest(machine)}  -\n".encode(),
        "databases.list": "".join(f"{name}\n" for name in names).encode(),
    }
    for name, bytes_ in files.items():
        machine.files.write(f"{folder}/{name}", bytes_, mode=0o600)
    machine.note(f"dump {len(names)} databases to {folder}")
    return Outcome(seconds=DUMP_S)


def complete_dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Make from a dump what stands beside it, where that is gone."""
    folder, *names = arguments
    if not _is_whole(machine, folder):
        return failed("zstd: databases.sql.zst: unsupported format")
    content = str(machine.files.text(f"{folder}/{DUMP}"))
    digest = content.removeprefix("dump of ")
    made = {"databases.list": "".join(f"{name}\n" for name in names), "plain.sha256": f"{digest}  -\n"}
    for name, text in made.items():
        if machine.files.text(f"{folder}/{name}") is None:
            machine.files.write(f"{folder}/{name}", text.encode(), mode=0o600)
            machine.note(f"make {name} of the dump in {folder}")
    return Outcome(seconds=1.0)


def _is_whole(machine: Machine, folder: str) -> bool:
    """Whether a folder has a dump, and that is what its checksum says."""
    content, told = (machine.files.text(f"{folder}/{name}") for name in (DUMP, f"{DUMP}.sha256"))
    if content is None or told is None or content not in machine.state.dumps:
        return False
    return told.partition(" ")[0] == hashlib.sha256(content.encode()).hexdigest()


def try_dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Compare a dump with what it was made of; the cloud's databases stay as they are."""
    (folder,) = arguments
    beside = [machine.files.text(f"{folder}/{name}") for name in ("plain.sha256", "databases.list")]
    if not _is_whole(machine, folder) or None in beside:
        return failed(f"sh: {folder}: there is no dump")
    return Outcome(0, "312\n", seconds=TRY_S)


def restore_dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Put the databases back as they were; a service that still runs would write into them."""
    (folder,) = arguments
    content = machine.files.text(f"{folder}/{DUMP}")
    kept = machine.state.dumps.get(content or "")
    if kept is None or not machine.runs(MARIADB) or not _is_whole(machine, folder):
        return failed(f"{folder}/{DUMP}: No such file or directory")
    writing = [
        f"{unit} on {host.name}"
        for host in machine.state.hosts.values()
        for unit in host.units
        if (runs := running(machine.world, host, unit)) and runs[1].uses_database and aside_of(machine) is None
    ]
    if writing:
        return failed(f"the databases differ from the dump after the restore: is a service still writing? {writing[0]}")
    restored = DATABASES.validate_json(kept["databases"])
    # Databases that are not in the dump stay as they are.
    restored.schema = {**databases_of(machine).schema, **restored.schema}
    put_databases(machine, restored, THINGS.validate_json(kept["things"]))
    machine.files.write(f"{folder}/restored-and-equal", b"", mode=0o600)
    machine.note(f"restore all databases from {folder}")
    return Outcome(seconds=RESTORE_S)


def edit_records(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Change nova's recorded service versions, or the version of a stored object, after keeping what was there; or give
    the kept rows back that are still as the edit left them."""
    way, kept, kind, _, _, old, new, name, *_ = arguments
    changed = {"edit": _edit, "restore": _give_back}[way](machine, kept, kind, old, new, name)
    if changed:
        machine.note(f"{way} {changed} records: {kind} {name} {old} becomes {new}".replace(" - ", " "))
    return Outcome(0, f"{changed}\n", seconds=0.2)


def enable_backends(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Clear the flag of the volume backends that are disabled for this reason."""
    _, reason, *backends = arguments
    disabled = machine.state.disabled_backends
    cleared = [backend for backend in backends if disabled.get(backend) == reason]
    for backend in cleared:
        del disabled[backend]
        machine.note(f"api: cinder-volume on {backend} enabled")
    return Outcome(0, f"{len(cleared)}\n")


def _edit(machine: Machine, kept: str, kind: str, old: str, new: str, name: str) -> int:
    databases = databases_of(machine)
    if kind == "service-version":
        found = [record for record in databases.records if record.version == int(old) and not record.deleted]
        rows = [record.id for record in found]
        for record in found:
            record.version = int(new)
    else:
        rows = list(range(_move(databases.objects.get(name, {}), old, new)))
    if rows:
        number = 1
        while machine.files.text(f"{kept}.{number}") is not None:
            number += 1
        machine.files.write(f"{kept}.{number}", json.dumps(rows).encode(), mode=0o600)
    return len(rows)


def _give_back(machine: Machine, kept: str, kind: str, old: str, new: str, name: str) -> int:
    databases, changed, number = databases_of(machine), 0, 1
    while (text := machine.files.text(f"{kept}.{number}")) is not None:
        rows, number = json.loads(text), number + 1
        if kind == "service-version":
            for record in databases.records:
                if record.id in rows and record.version == int(new):
                    record.version = int(old)
                    changed += 1
        else:
            changed += _move(databases.objects.get(name, {}), new, old, most=len(rows))
    return changed


def _move(versions: dict[str, int], old: str, new: str, most: int | None = None) -> int:
    moved = versions.get(old, 0) if most is None else min(most, versions.get(old, 0))
    if moved:
        versions[old] -= moved
        versions[new] = versions.get(new, 0) + moved
        if not versions[old]:
            del versions[old]
    return moved


def _kept(machine: Machine) -> dict[str, str]:
    place = aside_of(machine) or machine.state
    things = {kind: place.things.get(kind, {}) for kind in IN_DATABASES}
    return {
        "databases": DATABASES.dump_json(place.databases).decode(),
        "things": THINGS.dump_json(things).decode(),
    }


def _digest(machine: Machine) -> str:
    return hashlib.sha256(json.dumps(_kept(machine), sort_keys=True).encode()).hexdigest()
