"""`ovn.node`: what OVN's daemons on a host say of themselves, and the chassis that a southbound database there knows.

Value: {chassis, controller, northd, databases: {northbound | southbound: {status, role, leader}},
known_chassis}. All are None, and there are no databases, where OVN is not installed.

- `chassis`: the name by which the host registers, None where it has none.
- `controller`: ovn-controller is "connected" or "not connected" to the southbound database, or one of NO_ANSWER.
- `northd`: ovn-northd is "active", "standby" or "paused", or one of NO_ANSWER; None where there is none.
- `databases`: those that have a server on the host. `status` and `role` in its words, `leader` "self", a short id or
  "unknown". Of one that does not answer (one of NO_ANSWER) or is "standalone" only the status is told.
- `known_chassis`: names; None where no southbound database on the host told them.

`missing`: it should run and does not; `silent`: it runs and does not answer. The forms are those of northd/ovn-northd.c
(ovn_northd_status), lib/ovn-util.c (ovn_conn_show) and Open vSwitch's ovsdb/raft.c (raft_unixctl_status), 2026-11-27.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import TIMED_OUT, entry, excerpt, json_of
from ostler.facts.scripts import python
from ostler.facts.shape import NOTHING, OneOf, shaped

NO_ANSWER = ("missing", "silent")
CONNECTIONS = ("connected", "not connected", *NO_ANSWER)
NORTHD = ("active", "standby", "paused", *NO_ANSWER)
DATABASES = ("northbound", "southbound")
ABSENT: Mapping[str, JsonValue] = {
    "chassis": None,
    "controller": None,
    "northd": None,
    "databases": {},
    "known_chassis": None,
}

SCRIPT = r"""
import os, sys
PATH = os.environ.get("PATH") or "/usr/sbin:/usr/bin"

def has(program):
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in PATH.split(":"))

if not (has("ovn-controller") or has("ovn-northd")):
    print("null")
    sys.exit()
import glob, json, subprocess, threading
folders, tool = sys.argv[2:], "ovn-appctl" if has("ovn-appctl") else "ovs-appctl"

def said(argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=4)
    except subprocess.TimeoutExpired:
        return 124, ""
    except OSError:
        return 127, ""
    return done.returncode, done.stdout[:100000].decode("utf-8", "replace").strip()

def socket_of(name):
    found = [path for folder in folders for path in glob.glob(os.path.join(folder, name))]
    return max(found, key=os.path.getmtime) if found else None

def ask(name, *words):
    path = socket_of(name)
    return said([tool, "--timeout=3", "--target=" + path] + list(words)) if path else None

def ids():
    code, ids = said(["ovs-vsctl", "--timeout=3", "--no-wait", "get", "Open_vSwitch", ".", "external_ids"])
    return ids if code == 0 else ""

def override():
    try:
        with open("/etc/ovn/system-id-override") as file:
            return file.read(1000).strip()
    except OSError:
        return ""

def known():
    path = socket_of("ovnsb_db.sock")
    if not path:
        return None
    return said(["ovn-sbctl", "--timeout=3", "--no-leader-only", "--db=unix:" + path, "--bare", "--columns=name",
                 "list", "Chassis"])

ASKED = {
    "ids": ids,
    "controller": lambda: ask("ovn-controller.*.ctl", "connection-status"),
    "northd": lambda: ask("ovn-northd.*.ctl", "status"),
    "northbound": lambda: ask("ovnnb_db.ctl", "cluster/status", "OVN_Northbound"),
    "southbound": lambda: ask("ovnsb_db.ctl", "cluster/status", "OVN_Southbound"),
    "known": known,
}
answers = {"has_northd": has("ovn-northd"), "override": override()}

def keep(name):
    answers[name] = ASKED[name]()

threads = [threading.Thread(target=keep, args=(name,)) for name in ASKED]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(answers))
"""

FOLDERS = ("/run/ovn", "/run/openvswitch")
"""Where OVN's daemons have their sockets; before 2.12 (20.03 of the distributions) with those of Open vSwitch."""

ENDED_BY_ALARM = -14
"""How the tools end at their own time limit: by SIGALRM."""

UNKNOWN_CLUSTER = 2
"""How ovs-appctl ends when the server answers with an error; cluster/status has only one: "unknown cluster"."""

_FIELD = re.compile(r"^(Status|Role|Leader): *(.*)$", re.MULTILINE)
_CONFIGURED = r'(?:^|[{ ])%s="?([^",}]+)'

Said = tuple[int, str] | None
"""How a program ended, and what it printed; None where there was nobody to ask."""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("ovn.node", SCRIPT, *FOLDERS, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what OVN says on the host"
    told = json_of(results[0], what)
    if told is None:
        return {**ABSENT, "databases": {}}
    ids = entry(told, "ids", str, what)
    said = {name: _said(told, name, what) for name in ("controller", "northd", "known", *DATABASES)}
    is_expected = _configured(ids, "ovn-remote") is not None
    has_northd = entry(told, "has_northd", bool, what)
    known = said["known"]
    return {
        "chassis": entry(told, "override", str, what) or _configured(ids, "system-id"),
        "controller": _one_of(said["controller"], CONNECTIONS, is_expected, f"{what}, ovn-controller"),
        "northd": _one_of(said["northd"], NORTHD, has_northd, f"{what}, ovn-northd"),
        "databases": {name: found for name in DATABASES if (found := _database(said[name], f"{what}, {name}"))},
        "known_chassis": sorted(known[1].split()) if known and known[0] == 0 else None,
    }


def _said(told: JsonValue, name: str, what: str) -> Said:
    pair = entry(told, name, (list, NOTHING), what)
    if pair is None:
        return None
    if len(pair) != 2 or isinstance(pair[0], bool) or not isinstance(pair[0], int) or not isinstance(pair[1], str):
        raise ValueError(f"{what} has an unexpected {name!r}: {excerpt(repr(pair))}")
    return pair[0], pair[1]


def _configured(ids: str, key: str) -> str | None:
    """A value among Open vSwitch's external ids, as ovs-vsctl prints a map: {a=b, c="d"}."""
    found = re.search(_CONFIGURED % re.escape(key), ids)
    return found.group(1) if found else None


def _no_answer(said: tuple[int, str]) -> str | None:
    """Why a program that was asked said nothing; None when it did."""
    if said[0] in (TIMED_OUT, ENDED_BY_ALARM):
        return "silent"
    return "missing" if said[0] not in (0, UNKNOWN_CLUSTER) else None


def _one_of(said: Said, words: tuple[str, ...], is_expected: bool, what: str) -> JsonValue:
    """What a daemon says of itself; ``missing`` where one that is expected has no socket."""
    if said is None:
        return "missing" if is_expected else None
    return _no_answer(said) or shaped(said[1].removeprefix("Status: "), OneOf(words), what)


def _database(said: Said, what: str) -> JsonValue:
    if said is None:
        return None
    nothing: dict[str, JsonValue] = {"role": None, "leader": None}
    if (answer := _no_answer(said)) is not None:
        return {"status": answer, **nothing}
    if said[0] == UNKNOWN_CLUSTER:
        return {"status": "standalone", **nothing}
    fields = dict(_FIELD.findall(said[1]))
    if missing := [name for name in ("Status", "Role", "Leader") if not fields.get(name)]:
        raise ValueError(f"{what} does not tell its {missing[0]}: {excerpt(said[1]) or 'nothing'}")
    return {"status": fields["Status"], "role": fields["Role"], "leader": fields["Leader"]}


FACT = HostFact("ovn.node", commands, parse)
