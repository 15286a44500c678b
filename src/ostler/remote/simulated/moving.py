"""Programs and scripts of a simulated host that have to do with moving a control plane to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import pairwise

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import GRASTATE, MARIADB, databases_of
from ostler.remote.simulated.services import edition_at
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


def derive_settings(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Nova's account at the databases, and how it checks tokens, in a file of placement's own; one that is there
    stays."""
    source, target, group, database = arguments
    text = machine.files.text(source)
    if text is None:
        return failed(f"[api_database] connection is not set in {source}")
    if machine.files.text(target) is None:
        password = re.search(r"^password *= *(.*)$", text, re.MULTILINE)
        lines = ["[placement_database]", f"connection = mysql+pymysql://nova@/{database}", "[keystone_authtoken]"]
        lines += [f"password = {password[1]}"] if password else []
        machine.files.write(target, "\n".join([*lines, ""]).encode(), 0o640, "root", group)
        machine.note(f"write {target} from {source}")
    return Outcome()


def make_database(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    database, like = arguments
    schema = databases_of(machine).schema
    if not machine.runs(MARIADB) or like not in schema:
        return failed(f"there is no database {like}")
    if database not in schema:
        schema[database] = {}
        machine.note(f"make the database {database}")
    return Outcome()


def take_placement_out(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """The rows go over once, with the revision of the release whose programs are used; then there is nothing to do."""
    _, path, database, script, programs, *_ = arguments
    edition = edition_at(machine.world, machine.files, programs.rpartition("/")[0])
    brought_by = edition_at(machine.world, machine.files, script.partition("/lib/")[0])
    schema = machine.state.databases.schema
    if edition is None or brought_by is None or machine.files.text(path) is None or database not in schema:
        return failed("Unable to execute placement's CLI commands", 6)
    if schema[database]:
        return Outcome(3, "Migration has already completed. The placement database appears to have data.\n")
    schema[database] = dict(machine.world.blueprint.databases[database].heads[edition.release])
    machine.note("placement's rows are taken out of nova's database")
    return Outcome(seconds=3.0)
