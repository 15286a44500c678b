"""The bridge of a practice cloud: hosts and the outer machine meet there, and nothing is routed beyond it."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any

from ostler.errors import InputError
from ostler.practice.layout import Layout
from ostler.practice.processes import run

FIRST_SUBNET, LAST_SUBNET = 0, 255


def ensure_bridge(layout: Layout) -> None:
    """Make the bridge with the outer machine's address on it, as far as it is not there.

    Raises InputError when the subnet is in use on another interface.
    """
    demand_free_subnet(layout)
    if not has_bridge(layout):
        run(["ip", "link", "add", layout.bridge, "type", "bridge", "forward_delay", "0"])
    run(["ip", "address", "replace", f"{layout.gateway}/{layout.prefix_length}", "dev", layout.bridge])
    run(["ip", "link", "set", layout.bridge, "up"])


def demand_free_subnet(layout: Layout) -> None:
    """A practice cloud's subnet is on no other interface of this machine. Raises InputError when it is."""
    taken = {name for name, network in used_networks() if network.overlaps(_network(layout))}
    if taken - {layout.bridge}:
        raise InputError(
            "practice.subnet-taken",
            f"{layout.subnet} is in use on {', '.join(sorted(taken - {layout.bridge}))}",
            do_next="give another with --subnet, or leave it out: the next free one is taken",
        )


def remove_bridge(layout: Layout) -> None:
    """Remove the bridge with its address, and the hosts' ends on it, which the kernel would keep for a while."""
    if not has_bridge(layout):
        return
    for link in _links("master", layout.bridge):
        run(["ip", "link", "delete", link["ifname"]], check=False)  # it may be going by itself
    run(["ip", "link", "delete", layout.bridge])


def host_links(layout: Layout) -> list[str]:
    """The interfaces of this machine that lead to a host of this cloud, as systemd-nspawn names them.

    A name that is too long for the kernel is the interface's other name, beside a shortened one.
    """
    ours = re.compile(rf"vb-{re.escape(layout.name)}-(ctl|cmp|new)\d+")
    return [
        link["ifname"]
        for link in _links("type", "veth")
        if any(ours.fullmatch(name) for name in (link["ifname"], *link.get("altnames", ())))
    ]


def _links(*which: str) -> list[dict[str, Any]]:
    """Such interfaces of this machine; `ip` writes an empty object for every other."""
    return [link for link in json.loads(run(["ip", "-json", "link", "show", *which]).stdout) if link]


def has_bridge(layout: Layout) -> bool:
    return run(["ip", "link", "show", layout.bridge], check=False).exit_code == 0


def used_networks() -> list[tuple[str, ipaddress.IPv4Network]]:
    """The interfaces of this machine with the IPv4 networks they are in."""
    return parse_addresses(json.loads(run(["ip", "-json", "address", "show"]).stdout))


def parse_addresses(links: Iterable[dict[str, Any]]) -> list[tuple[str, ipaddress.IPv4Network]]:
    """Interfaces and networks out of what `ip -json address` says."""
    return [
        (link["ifname"], ipaddress.IPv4Network((entry["local"], entry["prefixlen"]), strict=False))
        for link in links
        for entry in link.get("addr_info", ())
        if entry.get("family") == "inet"
    ]


def next_free_subnet(taken: Iterable[ipaddress.IPv4Network]) -> str:
    """The first of 10.77.0.0/24 … 10.77.255.0/24 that overlaps none of `taken`.

    Raises InputError when all are taken.
    """
    in_use = list(taken)
    for number in range(FIRST_SUBNET, LAST_SUBNET + 1):
        candidate = ipaddress.IPv4Network(f"10.77.{number}.0/24")
        if not any(candidate.overlaps(other) for other in in_use):
            return str(candidate)
    raise InputError("practice.no-free-subnet", "10.77.0.0/16 is used up", do_next="give one with --subnet")


def _network(layout: Layout) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(layout.subnet)
