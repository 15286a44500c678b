"""The parts of a cloud that findings are about: a closed set of kinds, written `kind:name@host`.

`ostler diagnose` reasons over them: what leans on a broken part suffers with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MUST, MAY, NEVER = "must", "may", "never"
SAID = {MUST: "must have", NEVER: "never has"}

KINDS: Mapping[str, tuple[str, str]] = {
    "host": (NEVER, MUST),  # the machine itself: unreachable, just booted
    "network": (MAY, MUST),  # its links, addresses, routes; with a name: the way from the host towards that one
    "dns": (NEVER, MUST),
    "clock": (NEVER, MUST),
    "disk": (MUST, MUST),  # a path; its inodes too
    "memory": (NEVER, MUST),
    "dbus": (NEVER, MUST),
    "libvirt": (NEVER, MUST),
    "ovs": (NEVER, MUST),
    "ovn": (MUST, MAY),  # northbound or southbound: the database; with a host: its server there
    "ceph": (MAY, NEVER),  # what clients get of it; with a name a part of it: mon, osd, pg, space, slow, daemons, flags
    "files": (MUST, MAY),  # a path, or what the files are: permissions, missing, damaged; certificates too
    "config": (MUST, MUST),  # a unit: the configuration it has
    "service": (MUST, MAY),  # a unit: the process itself; without a host: all of that name
    "mariadb": (NEVER, MUST),  # one node
    "database": (NEVER, NEVER),  # the cluster as a whole
    "schema": (MUST, NEVER),
    "rows": (MUST, NEVER),
    "broker": (NEVER, MUST),  # one node
    "messaging": (NEVER, NEVER),  # the cluster as a whole
    "queue": (MUST, NEVER),
    "memcached": (NEVER, MUST),
    "balancer": (NEVER, MUST),
    "keepalived": (NEVER, MUST),
    "vip": (NEVER, NEVER),
    "backend": (MUST, MUST),  # a load balancer's server: the service and the host it is on
    "api": (MUST, NEVER),  # what users talk to, through the virtual address
    "keys": (NEVER, MAY),  # Fernet keys
    "endpoint": (MUST, NEVER),  # what the catalog in keystone says
    "image": (MUST, NEVER),
    "server": (MUST, NEVER),
    "volume": (MUST, NEVER),
    "port": (MUST, NEVER),
    "stack": (MUST, NEVER),
    "project": (MUST, NEVER),
}
"""Every kind, and whether one has a name and a host."""

_SLOT = re.compile(r"\{[^{}]+\}")
_FILLED = "x"


@dataclass(frozen=True, order=True)
class Component:
    """One part of a cloud. ``name`` and ``host`` are empty where there is none."""

    kind: str
    name: str = ""
    host: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}{f'@{self.host}' if self.host else ''}"


def component(text: str) -> Component:
    """Read a component. Raises ValueError for a kind that there is not, or a name or host that lacks or is too many."""
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS:
        raise ValueError(f"{text!r} is no component: write kind:name@host; kinds: {', '.join(KINDS)}")
    has_name, has_host = KINDS[kind]
    name, at, host = rest.rpartition("@") if has_host != NEVER and "@" in rest else (rest, "", "")
    if at and not host:
        raise ValueError(f"{text!r} is no component: no host stands after the @")
    for what, rule, value in (("name", has_name, name), ("host", has_host, host)):
        if (rule == MUST and not value) or (rule == NEVER and value):
            raise ValueError(f"{text!r}: a component of the kind {kind} {SAID[rule]} a {what}")
    return Component(kind, name, host)


def check_template(template: str) -> None:
    """Raise ValueError when a rule's template cannot give a component, whatever stands for its places."""
    if _SLOT.match(template):
        raise ValueError(f"component: the kind must be written out, found {template!r}")
    component(_SLOT.sub(_FILLED, template))
