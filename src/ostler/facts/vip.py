"""`keepalived.vip`: whether a host holds the virtual address now. Value: {holds}."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, json_of


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError when the cloud has no virtual address, or gives a name in its place."""
    return (read("ip", "-json", "address", "show", "to", str(_vip(cloud)), timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    links = json_of(results[0], "the list of addresses")
    if not isinstance(links, list):
        raise ValueError(f"the list of addresses is no list: {excerpt(results[0].stdout)}")
    found = [
        address.get("local")
        for link in links
        if isinstance(link, dict)
        for address in link.get("addr_info") or ()
        if isinstance(address, dict)
    ]
    return {"holds": str(_vip(cloud)) in found}


def _vip(cloud: Cloud) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if cloud.load_balancer is None:
        raise ValueError("the cloud file names no load balancer, so no virtual address")
    return ipaddress.ip_address(cloud.load_balancer.vip)


FACT = HostFact("keepalived.vip", commands, parse)
