"""Environments of a simulated host: unpacking them, and the management commands in them."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from ostler.remote.simulated.blueprint import BRANCH_OF, Edition, ManagedCommand
from ostler.remote.simulated.file_system import FileSystem
from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.services import ENVIRONMENTS, MANIFEST, database_answers, edition_at

SYNC_S, CHECK_S, ONLINE_S = 4.0, 3.0, 2.0
DONE, AGAIN = 0, 1
TABLE = """+--------------------------------+
| Upgrade Check Results          |
+--------------------------------+
| Check: All of them             |
| Result: Success                |
| Details: None                  |
+--------------------------------+
"""


def unpack(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Place an environment. A simulated archive is the environment's manifest, with its other files in it."""
    archive, folder, name = arguments
    there = machine.files.entry(archive)
    if there is None:
        return failed(f"tar: {archive}: Cannot open: No such file or directory", 2)
    try:
        made = json.loads(there.content)
    except ValueError:
        return failed("tar: This does not look like a tar archive", 2)
    if f"{made.get('project')}-{made.get('version')}" != name:
        return failed(f"{name}/{MANIFEST}: No such file or directory")
    place_environment(machine.files, f"{folder}/{name}", made)
    machine.files.remove(archive)
    machine.note(f"unpack {name}")
    return Outcome(seconds=3.0)


def place_environment(files: FileSystem, folder: str, manifest: Mapping[str, Any]) -> None:
    """Write the files of an environment: its manifest, and those the manifest holds as text."""
    kept = {name: value for name, value in manifest.items() if name != "files"}
    files.write(f"{folder}/{MANIFEST}", json.dumps(kept).encode())
    for name, text in manifest.get("files", {}).items():
        files.write(f"{folder}/{name}", text.encode())


def run_in_environment(machine: Machine, path: str, arguments: Sequence[str]) -> Outcome:
    """Run a program by its full path below /opt/openstack/venvs."""
    environment, program = posixpath.dirname(posixpath.dirname(path)), posixpath.basename(path)
    edition = edition_at(machine.world, machine.files, environment)
    if edition is None or not environment.startswith(f"{ENVIRONMENTS}/"):
        return Outcome(127, "", f"{path}: not found\n")
    if arguments == ["--help"] or arguments == ("--help",):
        return Outcome(DONE, f"usage: {program}\n", seconds=0.5)
    command = _command(edition, (program, *arguments))
    if command is None:
        return failed(f"{program}: error: invalid choice: {' '.join(arguments)}", 2)
    if not database_answers(machine.world):
        return failed("oslo_db.exception.DBConnectionError: Can't connect to MySQL server", 255)
    if command.kind == "check":
        return Outcome(DONE, TABLE, seconds=CHECK_S)
    if command.kind == "online":
        return _migrate_rows(machine, edition, command, arguments)
    return _change_schema(machine, edition, command)


def _command(edition: Edition, argv: tuple[str, ...]) -> ManagedCommand | None:
    for command in edition.commands:
        if argv == command.argv:
            return command
        if command.batch_option and argv[: len(command.argv) + 1] == (*command.argv, command.batch_option):
            return command
    return None


def _migrate_rows(machine: Machine, edition: Edition, command: ManagedCommand, arguments: Sequence[str]) -> Outcome:
    left = machine.state.databases.rows_to_migrate.get(edition.project, 0)
    limit = int(arguments[-1]) if command.batch_option in arguments else left
    moved = min(left, limit)
    if moved:
        machine.state.databases.rows_to_migrate[edition.project] = left - moved
        machine.note(f"{edition.project} {edition.version}: {moved} rows migrated")
    # As the real ones do: while a run has moved anything, only the next one can say that nothing is left.
    return Outcome(AGAIN if moved and command.batch_option in arguments else DONE, seconds=ONLINE_S)


def _change_schema(machine: Machine, edition: Edition, command: ManagedCommand) -> Outcome:
    schema, blueprint = machine.state.databases.schema, machine.world.blueprint
    changed = []
    for name in command.databases:
        heads = blueprint.databases[name].heads[edition.release]
        at = schema.setdefault(name, {})
        branches = [b for b in heads if command.kind == "sync" or b == BRANCH_OF.get(command.kind, command.kind)]
        for branch in branches:
            if at.get(branch) != heads[branch] and not _is_ahead(machine, name, branch, edition.release):
                at[branch] = heads[branch]
                changed.append(f"{name} {branch}={heads[branch]}")
        for gone in [b for b in at if b not in heads] if branches and all(at.get(b) == heads[b] for b in heads) else []:
            del at[gone]
    if changed:
        machine.note(f"{' '.join(command.argv[:1])} {command.kind}: {', '.join(changed)}")
    return Outcome(seconds=SYNC_S)


def _is_ahead(machine: Machine, database: str, branch: str, release: str) -> bool:
    """Whether the schema is already at a revision of a later release."""
    blueprint = machine.world.blueprint
    at = machine.state.databases.schema[database].get(branch)
    later = blueprint.releases[blueprint.releases.index(release) + 1 :]
    known = blueprint.databases[database].heads
    return at in {known[r][branch] for r in later if branch in known.get(r, {})}
