"""What a fault is, as data: scripts that remember, make, see and mend it, and where they run.

A script is a constant; what changes is passed as positional parameters, and what was remembered on standard input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from ostler.practice.layout import Host, Layout, Role

NOT_POSSIBLE = 69
"""A remembering script ends with it when there is nothing here that could be broken; its standard error says why."""

THERE, GONE = 0, 1
"""How a seeing script ends; anything else means that it cannot tell."""

SEEING = """
import os, sys, traceback
def cannot_tell(*error):
    traceback.print_exception(*error)
    sys.stderr.flush()
    os._exit(2)
sys.excepthook = cannot_tell
"""
"""How a seeing script in Python begins: Python ends with 1 after an error, which would mean that the fault is gone."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

CLOUD = "the cloud"
"""The place of a fault that is in no host, such as a row of a database."""


class At(Enum):
    """Which host a script runs on."""

    HOST = "the host that is broken"
    PEER = "another controller"
    CONTROLLER = "the first controller"
    DATABASE = "the first controller whose database node is in the cluster and up to date"


class Default(Enum):
    """Where a fault is made when no host is named."""

    FIRST = "the first {role}"
    LAST = "the last {role}"
    EVERY = "every {role}"
    VIP_HOLDER = "the controller that has the VIP"
    NOT_VIP_HOLDER = "the last {role} that does not have the VIP"
    CLOUD = "the cloud as a whole"


@dataclass(frozen=True)
class Script:
    """A fixed program, and the parameters it gets.

    A parameter may hold `{host}`, `{address}`, `{vip}`, `{peer}`, `{peer_address}`, `{first_address}` or
    `{controller_count}`; one that is just `{peers}` or `{controllers}` becomes several addresses.
    """

    text: str
    args: tuple[str, ...] = ()
    at: At = At.HOST
    program: Literal["sh", "python3"] = "sh"

    def argv(self, mark: str, layout: Layout, host: Host | None) -> list[str]:
        """The argument list for a place (None: the cloud); `mark` shows in lists of processes what it is for."""
        return [self.program, "-c", self.text, mark, *self._filled(_words(layout, host))]

    def _filled(self, words: Mapping[str, str | tuple[str, ...]]) -> list[str]:
        filled: list[str] = []
        for arg in self.args:
            whole = words.get(arg[1:-1]) if arg.startswith("{") and arg.endswith("}") else None
            filled += whole if isinstance(whole, tuple) else [_PLACEHOLDER.sub(lambda found: str(words[found[1]]), arg)]
        return filled


@dataclass(frozen=True)
class Fault:
    """Something that can be broken on purpose.

    `does` and `users_see` are sentences without a full stop. `role` is the kind of host it can be made on. Two faults
    that have something of `touches` in common exclude each other on one host: mending one would mend or spoil the
    other. `needs` says what must be there that a new cloud does not have; empty when nothing. `remember` None: the
    fault is made of nothing that was there before.
    """

    name: str
    does: str
    users_see: str
    role: Role
    default: Default
    touches: tuple[str, ...]
    make: Script
    see: Script
    mend: Script
    remember: Script | None = None
    needs: str = ""
    least_controllers: int = 1
    seen_within_s: float = 60
    gone_within_s: float = 120

    def where(self) -> str:
        """The hosts it can be made on and the one chosen when none is named, in words."""
        chosen = self.default.value.format(role=self.role)
        return chosen if self.default is Default.CLOUD else f"any {self.role}; {chosen} when none is named"


def seat(script: Script, layout: Layout, host: Host | None) -> Host | None:
    """The host a script runs on; None where that depends on the state of the database nodes."""
    if script.at is At.HOST and host is not None:
        return host
    if script.at is At.PEER and host is not None:
        return peer(layout, host)
    return None if script.at is At.DATABASE else layout.controller_hosts[0]


def peer(layout: Layout, host: Host) -> Host:
    """The controller that is looked at from a host: for a controller the next one, for a compute the first one."""
    controllers = layout.controller_hosts
    return controllers[(controllers.index(host) + 1) % len(controllers)] if host in controllers else controllers[0]


def _words(layout: Layout, host: Host | None) -> dict[str, str | tuple[str, ...]]:
    words: dict[str, str | tuple[str, ...]] = {
        "vip": layout.vip,
        "controllers": tuple(each.address for each in layout.controller_hosts),
        "controller_count": str(layout.controllers),
        "first_address": layout.controller_hosts[0].address,
    }
    if host is not None:
        other = peer(layout, host)
        words |= {"host": host.name, "address": host.address, "peer": other.name, "peer_address": other.address}
        words["peers"] = tuple(each.address for each in layout.controller_hosts if each != host)
    return words
