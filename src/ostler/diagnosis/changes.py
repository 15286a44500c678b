"""What changed on the hosts of a cause shortly before it showed: beside it, never a proof."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ostler.diagnosis.folding import LAST, Broken
from ostler.facts.model import Snapshot

SHORTLY_S = 3600.0
MOST = 5

DATABASE, BROKER = ("mariadb", "mysql", "galera"), ("rabbitmq",)
OWN_WORDS = {
    "mariadb": DATABASE, "database": DATABASE, "broker": BROKER, "messaging": BROKER, "balancer": ("haproxy",),
    "keepalived": ("keepalived",), "vip": ("keepalived",), "memcached": ("memcached",), "clock": ("chrony", "chronyd"),
    "dns": ("/etc/hosts", "/etc/resolv.conf"), "libvirt": ("libvirt", "libvirtd"),
    "ovs": ("openvswitch", "ovs"), "keys": ("keystone",),
}  # fmt: skip
"""Words in the names of files, packages and units that are a part's own, by its kind."""


@dataclass(frozen=True, order=True)
class Change:
    """Something that was changed: when (seconds since the epoch, by its host's clock), where, and what, in words."""

    at: float
    host: str
    what: str


def changes_before(
    snapshot: Snapshot, broken: Sequence[Broken], project: str, runs: Sequence[Change], settings: Sequence[Change] = ()
) -> tuple[Change, ...]:
    """The last changes that may have to do with broken parts: what bears their name or their project's on their hosts,
    whether those were just started, ``runs`` of Ostler itself on the cloud, and ``settings`` that are not as they were
    when it was last seen healthy, however long ago that is. ``project`` is one of OpenStack, empty when they are in
    none."""
    until = min((each.first_error for each in broken if each.first_error != LAST), default=snapshot.taken_at) + 60.0
    since = min(until, snapshot.taken_at) - SHORTLY_S
    found: dict[Change, None] = {run: None for run in runs if since <= run.at <= until}
    for each in broken:
        words = {each.part.name, project, *OWN_WORDS.get(each.part.kind, ())} - {""}
        for setting in settings:
            if setting.host == each.part.host and any(_bears(setting.what, word) for word in words):
                found[setting] = None
        known = snapshot.known("host.changed_recently", each.part.host) if each.part.host else None
        if known is None:
            continue
        if since <= known["up_since"] <= until:
            found[Change(known["up_since"], each.part.host, "the host was started")] = None
        for kind, said in (("packages", "package"), ("files", "changed:"), ("units", "started:")):
            for change in known[kind]:
                if since <= change["at"] <= until and any(_bears(change["what"], word) for word in words):
                    found[Change(change["at"], each.part.host, f"{said} {change['what']}")] = None
    return tuple(sorted(found)[-MOST:])


def _bears(what: str, word: str) -> bool:
    """Whether a name has a word in it that does not go on before or behind: `host` is not in `/etc/hosts`. A number may
    follow, as in `libvirt0`."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z])", what) is not None
