"""`host.accounts`: given users of a host; parameter `users`, their names joined by colons.

Value: {user: {uid, gid, group, home, shell}}; a user that is not there is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue, wanted
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

SCRIPT = """
import grp, json, pwd, sys
answer = {}
for user in sys.argv[2:]:
    try:
        seen = pwd.getpwnam(user)
        group = grp.getgrgid(seen.pw_gid).gr_name
    except KeyError:
        continue
    answer[user] = {"uid": seen.pw_uid, "gid": seen.pw_gid, "group": group, "home": seen.pw_dir, "shell": seen.pw_shell}
print(json.dumps(answer))
"""


def accounts_wanted(host: str | None, users: Iterable[str]) -> FactRequest:
    """Return a request for users of a host."""
    return wanted("host.accounts", host, users=":".join(users))


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.accounts", SCRIPT, *request.param("users").split(":")),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the users of a host")
    kinds = {"uid": int, "gid": int, "group": str, "home": str, "shell": str}
    return {
        user: {key: entry(seen, key, kind, f"the description of {user}") for key, kind in kinds.items()}
        for user, seen in answer.items()
    }


FACT = HostFact("host.accounts", commands, parse)
