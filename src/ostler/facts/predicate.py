"""Predicates over facts: a small closed vocabulary, so that an expectation is data that can be shown.

An expectation says which fact, which place in its value, and what must hold there. An unknown fact
satisfies nothing; a place that is not there satisfies only those that say so: ``absent``, ``absent_or_one_of``,
``nothing`` (no such count, or zero). ``served_without`` is about the servers of a load balancer's backend: another
one than the named is up, there is none but this, or this one serves nobody anyway. ``up_by_check`` is about them too:
each of the named is up, and by a check of its own unless it has none (HAProxy takes a server for up until the first
check ends, and says "INI"); those that are not there any more count for nothing. ``lacks_version`` is about service
records: none says that version but deleted ones. ``none_older`` and ``none_left_behind`` are about those of some
binaries, again but deleted ones: each says at least a version, or, without one, all say the same, and those of a
binary the same of its messages; each is of one of the named hosts (with or without its domain), or is reporting, since
a service may go by another name. ``not_disabled_for`` is about one such record of an API: it is enabled, or somebody
disabled it for another reason than the named; nova itself, which says so, is nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ostler.facts.model import FactRequest, JsonValue, Unknown

_MISSING = object()


AWAY = ("DOWN", "MAINT", "DRAIN")
"""States (see `haproxy.servers`) of servers that get no new requests."""


def _is_served_without(servers: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    others = [server for other, server in servers.items() if other != name]
    is_away = name in servers and servers[name]["status"] in AWAY
    return not others or is_away or any(server["status"] == "UP" for server in others)


GOOD_CHECKS = ("", "L4OK", "L6OK", "L7OK", "L7OKC", "PROCOK")
"""What HAProxy says of a check that ended well; nothing of a server without checks."""


def _are_up_by_check(servers: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> bool:
    there = [servers[name] for name in names if name in servers]
    return all(server["status"] == "UP" and server["check"] in GOOD_CHECKS for server in there)


def _counting(records: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Binary, host without the backend, and record of those that count."""
    found = []
    for key, record in records.items():
        binary, _, name = key.partition("@")
        if binary in wanted["binaries"] and not record["deleted"]:
            found.append((binary, name.partition("@")[0].partition("#")[0], record))
    return found


def _is_none_older(records: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> bool:
    counting = _counting(records, wanted)
    if "version" in wanted:
        return all(record["version"] >= wanted["version"] for _, _, record in counting)
    messages = {(binary, record["rpc_version"]) for binary, _, record in counting}
    is_one_by_binary = len(messages) == len({binary for binary, _, _ in counting})
    return is_one_by_binary and len({record["version"] for _, _, record in counting}) <= 1


def _is_none_left_behind(records: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> bool:
    hosts = wanted["hosts"]
    return all(
        record["up"] or host in hosts or host.partition(".")[0] in hosts
        for _, host, record in _counting(records, wanted)
    )


BY_NOVA = "AUTO:"
"""How the reason begins that nova-compute gives when it disables itself, as without libvirt
(nova/virt/libvirt/driver.py: DISABLE_PREFIX; 2026-11-27)."""


def is_somebodys(reason: str | None, of_run: str) -> bool:
    """Whether a person disabled a service, by the reason it gives: not the run, and not nova-compute itself."""
    return reason != of_run and not (reason or "").startswith(BY_NOVA)


OPERATIONS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "equals": ("is", lambda found, wanted: found == wanted),
    "differs": ("is no longer", lambda found, wanted: found != wanted),
    "at_least": ("is at least", lambda found, wanted: found >= wanted),
    "at_most": ("is at most", lambda found, wanted: found <= wanted),
    "one_of": ("is one of", lambda found, wanted: found in wanted),
    "begins": ("begins with", lambda found, wanted: found.startswith(wanted)),
    "contains": ("contains", lambda found, wanted: wanted in found),
    "lacks": ("does not contain", lambda found, wanted: wanted not in found),
    "all_equal": ("are all", lambda found, wanted: bool(found) and all(item == wanted for item in found)),
    "absent": ("is absent", lambda found, wanted: found is _MISSING),
    "absent_or_one_of": ("is absent or one of", lambda found, wanted: found in wanted),
    "nothing": ("is nothing", lambda found, wanted: not found),
    "served_without": ("is served by others than", lambda found, wanted: _is_served_without(found, wanted)),
    "lacks_version": (
        "has no record, but for deleted ones, of version",
        lambda found, wanted: all(record["deleted"] or record["version"] != wanted for record in found.values()),
    ),
    "none_older": ("has no older records than", lambda found, wanted: _is_none_older(found, wanted)),
    "none_left_behind": ("has no records but those of", lambda found, wanted: _is_none_left_behind(found, wanted)),
    "not_disabled_for": (
        "is not disabled for",
        lambda found, wanted: found["status"] == "enabled" or is_somebodys(found["disabled_reason"], wanted),
    ),
    "up_by_check": ("has up, and checked,", lambda found, wanted: _are_up_by_check(found, wanted)),
}

ABSENT_IS_FINE = ("absent", "absent_or_one_of", "nothing", "up_by_check")


@dataclass(frozen=True)
class Expectation:
    """``request``'s value at ``path`` must satisfy ``operation`` with ``value``; ``says`` is it in words."""

    request: FactRequest
    path: tuple[str | int, ...]
    operation: str
    value: JsonValue
    says: str = ""

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.path)
        return self.says or f"{self.request} {where} {OPERATIONS[self.operation][0]} {self.value}"


def look_up(value: JsonValue, path: tuple[str | int, ...]) -> Any:
    """Return what stands at a path of a value; ``"*"`` collects over all items of a list or dict, flat."""
    for index, part in enumerate(path):
        if part == "*":
            items = value.values() if isinstance(value, Mapping) else value
            rest = path[index + 1 :]
            found = [look_up(item, rest) for item in items]
            return [each for one in found for each in one] if "*" in rest else found
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return value


def holds(expectation: Expectation, value: JsonValue | Unknown) -> bool | None:
    """Tell whether an expectation holds of a fact's value; None when the fact is unknown."""
    if isinstance(value, Unknown):
        return None
    found = look_up(value, expectation.path)
    if found is _MISSING:
        return expectation.operation in ABSENT_IS_FINE
    try:
        return OPERATIONS[expectation.operation][1](found, expectation.value)
    except (TypeError, AttributeError, KeyError):
        return False
