"""Programs and scripts of a simulated host that have to do with moving a control plane to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import GRASTATE, MARIADB
from ostler.remote.simulated.state import Entry
from ostler.remote.simulated.systemd import start_unit

SHARED = "/srv/shared"
IS_THERE = 9


def groupadd(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Groups come with their users here."""
    return Outcome()


def useradd(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    user = arguments[-1]
    if user in machine.host.accounts:
        return failed(f"useradd: user '{user}' already exists", IS_THERE)
    said = dict(pairwise(arguments))
    machine.host.accounts[user] = {
        "uid": int(said["--uid"]),
        "gid": int(said["--gid"]),
        "group": user,
        "home": said["--home-dir"],
        "shell": said["--shell"],
    }
    machine.note(f"add user {user}")
    return Outcome()


def install(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Make a folder with mode and owner."""
    said, path = dict(pairwise(arguments)), arguments[-1]
    machine.files.make_folder(path)
    machine.files.put(path, Entry("folder", mode=int(said["-m"], 8), owner=said["-o"], group=said["-g"]))
    machine.note(f"make folder {path}")
    return Outcome()


def accounts(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    known = machine.host.accounts
    return Outcome(0, json.dumps({user: known[user] for user in arguments if user in known}))


def numbers(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Every group here is that of a user."""
    uids, gids, groups = (words.split(":") for words in arguments)
    known = machine.host.accounts
    found = {
        "uids": {str(about["uid"]): user for user, about in known.items() if str(about["uid"]) in uids},
        "gids": {str(about["gid"]): about["group"] for about in known.values() if str(about["gid"]) in gids},
        "groups": {about["group"]: about["gid"] for about in known.values() if about["group"] in groups},
    }
    return Outcome(0, json.dumps(found))


def folders(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    answer = {}
    for path in arguments:
        there = machine.files.entry(path)
        if there and there.kind == "folder":
            names = sorted(each.removeprefix(f"{path}/") for each in machine.files.files_below(f"{path}/"))
            where = "a network share" if path.startswith(SHARED) else f"a disk of {machine.host.name}"
            answer[path] = {
                "mode": f"{there.mode:04o}",
                "owner": there.owner,
                "group": there.group,
                "source": where,
                "inode": len(path),
                "files": len(names),
                "names": hashlib.sha256("\0".join(names).encode()).hexdigest(),
            }
    return Outcome(0, json.dumps(answer))


def begin_cluster(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Start the database server; the one that stopped last needs no cluster to join."""
    if "safe_to_bootstrap: 1" in (machine.files.text(GRASTATE) or ""):
        machine.files.remove(GRASTATE)
    return start_unit(machine, MARIADB)


def dump_accounts(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if not machine.runs(MARIADB):
        return failed("ERROR 2002 (HY000): Can't connect to local server")
    machine.files.write(f"{arguments[0]}/accounts.sql", b"CREATE OR REPLACE USER `nova`@`%`;\n", mode=0o600)
    machine.note("dump the accounts of the databases")
    return Outcome()


def load_accounts(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    (folder,) = arguments
    path = f"{folder}/accounts.sql"
    if machine.files.text(path) is None:
        return failed(f"{path}: No such file or directory")
    machine.files.remove(path)
    if not machine.runs(MARIADB):
        return failed("ERROR 2002 (HY000)")
    machine.files.write(f"{folder}/accounts-loaded", b"", mode=0o600)
    machine.note("load the accounts of the databases")
    return Outcome()


def readdress_cells(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """The cells of a simulated cloud are templates."""
    return Outcome() if machine.runs(MARIADB) else failed("ERROR 2002 (HY000): Can't connect to local server")


def end_commands(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Commands of a simulated host end when they are asked to; services must have ended before."""
    (folder,) = arguments
    running = [name for name, unit in machine.host.units.items() if (unit.environment or "").startswith(f"{folder}/")]
    return failed(f"these do not end: {' '.join(running)}") if running else Outcome()
