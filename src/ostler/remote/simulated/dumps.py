"""Dumping, trying and restoring the databases of a simulated cloud, and editing their records."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.services import database_answers, running
from ostler.remote.simulated.state import DATABASES, THINGS

DUMP = "databases.sql.zst"
DUMP_S, TRY_S, RESTORE_S = 5.0, 20.0, 15.0
IN_DATABASES = ("servers", "volumes", "images", "networks", "subnets", "ports", "flavors", "projects", "users")


def dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Keep the databases as they are now, in a folder."""
    folder, *names = arguments
    if not database_answers(machine.world):
        return failed("mariadb-dump: Got error: 2002: Can't connect to local server")
    missing = [name for name in names if name not in machine.state.databases.schema]
    if missing:
        return failed(f"mariadb-dump: Got error: 1049: Unknown database '{missing[0]}'")
    machine.state.dumps[f"{machine.host.name}:{folder}"] = _kept(machine)
    content = b"dump of " + _digest(machine).encode()
    files = {
        DUMP: content,
        f"{DUMP}.sha256": f"{hashlib.sha256(content).hexdigest()}  {DUMP}\n".encode(),
        "plain.sha256": f"{_digest(machine)}  -\n".encode(),
        "databases.list": "".join(f"{name}\n" for name in names).encode(),
        "position.txt": b"wsrep_last_committed\t1234\n",
    }
    for name, bytes_ in files.items():
        machine.files.write(f"{folder}/{name}", bytes_, mode=0o600)
    machine.note(f"dump {len(names)} databases to {folder}")
    return Outcome(seconds=DUMP_S)


def try_dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Compare a dump with what it was made of; the cloud's databases stay as they are."""
    (folder,) = arguments
    if f"{machine.host.name}:{folder}" not in machine.state.dumps or machine.files.text(f"{folder}/{DUMP}") is None:
        return failed(f"sh: {folder}: there is no dump")
    return Outcome(0, "312\n", seconds=TRY_S)


def restore_dump(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Put the databases back as they were; a service that still runs would write into them."""
    (folder,) = arguments
    kept = machine.state.dumps.get(f"{machine.host.name}:{folder}")
    if kept is None or machine.files.text(f"{folder}/{DUMP}") is None:
        return failed(f"{folder}/{DUMP}: No such file or directory")
    writing = [
        f"{unit} on {host.name}"
        for host in machine.state.hosts.values()
        for unit in host.units
        if (runs := running(machine.world, host, unit)) and runs[1].uses_database
    ]
    if writing:
        return failed(f"the databases differ from the dump after the restore: is a service still writing? {writing[0]}")
    machine.state.databases = DATABASES.validate_json(kept["databases"])
    machine.state.things.update(THINGS.validate_json(kept["things"]))
    machine.files.write(f"{folder}/restored-and-equal", b"", mode=0o600)
    machine.note(f"restore all databases from {folder}")
    return Outcome(seconds=RESTORE_S)


def edit_records(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Change nova's recorded service versions, or the version of a stored object."""
    kind, old, new, name = arguments
    databases = machine.state.databases
    changed = 0
    if kind == "service-version":
        for record in databases.records:
            if record.version == int(old) and not record.deleted:
                record.version = int(new)
                changed += 1
    elif kind == "object-version":
        versions = databases.objects.get(name, {})
        changed = versions.pop(old, 0)
        if changed:
            versions[new] = versions.get(new, 0) + changed
    else:
        return failed(f"no such edit: {kind}", 2)
    if changed:
        machine.note(f"edit {changed} records: {kind} {name} {old} becomes {new}".replace(" - ", " "))
    return Outcome(0, f"{changed}\n", seconds=0.2)


def _kept(machine: Machine) -> dict[str, str]:
    things = {kind: machine.state.things.get(kind, {}) for kind in IN_DATABASES}
    return {
        "databases": DATABASES.dump_json(machine.state.databases).decode(),
        "things": THINGS.dump_json(things).decode(),
    }


def _digest(machine: Machine) -> str:
    return hashlib.sha256(json.dumps(_kept(machine), sort_keys=True).encode()).hexdigest()
