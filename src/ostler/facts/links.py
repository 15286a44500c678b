"""`host.links`: a host's network interfaces, and the packets it is told to throw away.

Value: {address_on: the interface that has the host's own address (None: none has), mtu: that interface's; links:
{interface: {up, carrier, addresses, mtu, packets, errors}}; filters: [{table, chain, verdict, addresses, ports}]}.
`up`: somebody wants it to work; `carrier`: the other end is there; `packets` and `errors` since it exists. `filters`
are rules of nftables that drop or reject packets from or to an address of the cloud's own hosts or its virtual one;
there are none where nftables cannot be asked. Loopback is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, json_of

ERRORS = ("errors", "over_errors", "fifo_errors", "crc_errors", "frame_errors")
THROWING_AWAY = ("drop", "reject")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (
        read("ip", "-json", "-statistics", "-details", "link", "show", timeout_s=8),
        read("ip", "-json", "address", "show", timeout_s=8),
        read("nft", "--json", "list", "ruleset", timeout_s=8),
    )


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    addresses = {
        _text(link, "ifname"): [str(_part(each, "local")) for each in _items(link, "addr_info") if "local" in each]
        for link in _links(results[1])
    }
    links = {
        name: _link(link, addresses.get(name, []))
        for link in _links(results[0])
        if (name := _text(link, "ifname")) != "lo"
    }
    own = cloud.host(str(request.host)).address
    address_on = next((name for name, link in links.items() if own in link["addresses"]), None)
    return {
        "address_on": address_on,
        "mtu": links[address_on]["mtu"] if address_on else None,
        "links": links,
        "filters": _filters(results[2], cloud) if results[2].exit_code == 0 else [],
    }


def _links(result: CommandResult) -> list[dict[str, Any]]:
    found = json_of(result, "the list of interfaces")
    if not isinstance(found, list) or not all(isinstance(link, dict) for link in found):
        raise ValueError(f"the list of interfaces is no list of objects: {excerpt(result.stdout)}")
    return [link for link in found if link]


def _link(link: Mapping[str, Any], addresses: list[str]) -> dict[str, JsonValue]:
    flags = _part(link, "flags")
    mtu = _part(link, "mtu")
    if not isinstance(flags, list) or not isinstance(mtu, int):
        raise ValueError(f"an interface is described in another form: {excerpt(repr(flags))}")
    statistics = link.get("stats64", {})
    return {
        "up": "UP" in flags,
        "carrier": "NO-CARRIER" not in flags,
        "addresses": addresses,
        "mtu": mtu,
        "packets": sum(_count(statistics, way, "packets") for way in ("rx", "tx")),
        "errors": sum(_count(statistics, way, key) for way in ("rx", "tx") for key in ERRORS),
    }


def _count(statistics: object, way: str, key: str) -> int:
    counted = statistics.get(way, {}) if isinstance(statistics, Mapping) else {}
    found = counted.get(key, 0) if isinstance(counted, Mapping) else 0
    return found if isinstance(found, int) else 0


def _filters(result: CommandResult, cloud: Cloud) -> list[JsonValue]:
    """The rules that throw away packets of known addresses; none for a list that was cut or is none."""
    try:
        told = json.loads(result.stdout)
    except ValueError:
        return []
    names = {host.address: host.name for host in cloud.hosts.values()}
    if cloud.load_balancer is not None:
        names[cloud.load_balancer.vip] = "vip"
    listed = told.get("nftables") if isinstance(told, dict) else None
    rules = [each["rule"] for each in listed or () if isinstance(each, dict) and isinstance(each.get("rule"), dict)]
    return [found for rule in rules if (found := _filter(rule, names))]


def _filter(rule: Mapping[str, Any], names: Mapping[str, str]) -> JsonValue | None:
    parts = [part for part in _items(rule, "expr") if isinstance(part, dict)]
    verdict = next((word for part in parts for word in THROWING_AWAY if word in part), None)
    matched = [part["match"] for part in parts if isinstance(part.get("match"), dict)]
    addresses = [value for match in matched if _field(match) in ("saddr", "daddr") for value in _values(match)]
    hosts = sorted({names[value] for value in addresses if value in names})
    if verdict is None or not hosts:
        return None
    ports = [value for match in matched if _field(match) in ("sport", "dport") for value in _values(match)]
    return {
        "table": str(rule.get("table", "")),
        "chain": str(rule.get("chain", "")),
        "verdict": verdict,
        "addresses": hosts,
        "ports": sorted(set(ports)),
    }


def _field(match: Mapping[str, Any]) -> str | None:
    left = match.get("left")
    payload = left.get("payload") if isinstance(left, dict) else None
    field = payload.get("field") if isinstance(payload, dict) else None
    return field if isinstance(field, str) and match.get("op") != "!=" else None


def _values(match: Mapping[str, Any]) -> Iterator[str]:
    right = match.get("right")
    several = right.get("set", []) if isinstance(right, dict) else [right]
    for value in several if isinstance(several, list) else ():
        if isinstance(value, (str, int)):
            yield str(value)


def _part(found: Mapping[str, Any], key: str) -> Any:
    if key not in found:
        raise ValueError(f"an interface lacks {key!r}")
    return found[key]


def _text(found: Mapping[str, Any], key: str) -> str:
    value = _part(found, key)
    if not isinstance(value, str):
        raise ValueError(f"an interface has an unexpected {key!r}: {excerpt(repr(value))}")
    return value


def _items(found: Mapping[str, Any], key: str) -> list[Any]:
    value = found.get(key, [])
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


FACT = HostFact("host.links", commands, parse)
