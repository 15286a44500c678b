"""`host.numbers`: whose given numbers of users and groups are on a host; parameters `uids`, `gids` (numbers) and
`groups` (names), each joined by colons.

Value: {uids: {number: user}, gids: {number: group}, groups: {name: gid}}; what nobody has is absent. Numbers that are
keys are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue, wanted
from ostler.facts.output import entry, excerpt, json_object_of
from ostler.facts.scripts import python

WHAT = "who has numbers"

SCRIPT = """
import grp, json, pwd, sys
ways = (("uids", lambda key: pwd.getpwuid(int(key)).pw_name), ("gids", lambda key: grp.getgrgid(int(key)).gr_name),
        ("groups", lambda key: grp.getgrnam(key).gr_gid))
answer = {}
for (kind, look), keys in zip(ways, sys.argv[2:]):
    answer[kind] = {}
    for key in keys.split(":") if keys else ():
        try:
            answer[kind][key] = look(key)
        except KeyError:
            pass
print(json.dumps(answer))
"""


def numbers_wanted(host: str, accounts: Iterable[Mapping[str, Any]]) -> FactRequest:
    """Return a request for who has the numbers and the groups of accounts (as in `host.accounts`) on another host."""
    accounts = tuple(accounts)
    uids, gids = ({str(each[key]) for each in accounts} for key in ("uid", "gid"))
    groups = {str(each["group"]) for each in accounts}
    kinds = {"uids": uids, "gids": gids, "groups": groups}
    return wanted("host.numbers", host, **{kind: ":".join(sorted(keys)) for kind, keys in kinds.items()})


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError for what is no number."""
    for kind in ("uids", "gids"):
        if wrong := [key for key in request.param(kind).split(":") if key and not (key.isascii() and key.isdigit())]:
            raise ValueError(f"these are no numbers of users or groups: {', '.join(map(repr, wrong))}")
    words = (request.param(kind) for kind in ("uids", "gids", "groups"))
    return (python("host.numbers", SCRIPT, *words),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], WHAT)
    found: dict[str, dict[str, Any]] = {}
    for kind, of in (("uids", str), ("gids", str), ("groups", int)):
        told = entry(answer, kind, dict, WHAT)
        found[kind] = {key: entry(told, key, of, WHAT) for key in told}
        found[kind] = {key: excerpt(value) if of is str else value for key, value in found[kind].items()}
    return found


FACT = HostFact("host.numbers", commands, parse)
