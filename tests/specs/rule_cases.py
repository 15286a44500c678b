"""Reads tests/specs/rules/<rule id>/<case>.yaml: what was read of a cloud, and what the rule must say of it.

A case's file name begins with its verdict: fires, silent, or cannot-tell. Keys: `about` (why the case is there),
`target` (the release of an upgrade; none: a general check), `cloud` (fields that differ from the usual one of three
controllers and two computes), `hosts` (only these of them), `clock_read` (host to the two times between which its
clock was read), `facts`, and for what fires `subjects` (all of them, in order), `says` (texts that the first
finding contains), and perhaps `components` (those of all findings, in order).

A fact is written `fact.id`, `fact.id@host`, or `fact.id@*` for every host not named otherwise; `{unknown: reason}` is
one that could not be read.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ostler.cloud.model import Api, Cloud, Databases, Host, LoadBalancer, Messaging
from ostler.facts.model import FactRequest, Snapshot, Unknown, wanted

SPECS = Path(__file__).parent / "rules"
KEYS = {"about", "target", "cloud", "hosts", "clock_read", "facts", "subjects", "says", "components"}
TAKEN_AT = 1_800_000_000.0
"""2027-01-15T08:00:00Z, when all snapshots of the cases were taken."""

CONTROLLERS = ("ctl1", "ctl2", "ctl3")
COMPUTES = ("cmp1", "cmp2")


@dataclass(frozen=True)
class Case:
    """One case; `verdict` is what its name begins with."""

    path: Path
    target: str | None
    snapshot: Snapshot
    subjects: list[str]
    says: list[str]
    components: list[str]

    @property
    def rule(self) -> str:
        return self.path.parent.name

    @property
    def verdict(self) -> str:
        return next(verdict for verdict in ("fires", "silent", "cannot-tell") if self.path.name.startswith(verdict))


def usual_cloud(**differing: Any) -> Cloud:
    """Three controllers with everything on them, and two computes."""
    hosts = {
        **{name: Host(name, f"10.0.0.1{n}", ("controller",)) for n, name in enumerate(CONTROLLERS)},
        **{name: Host(name, f"10.0.0.2{n}", ("compute",)) for n, name in enumerate(COMPUTES)},
    }
    cloud = Cloud(
        name="example",
        release="2024.1",
        deployment="venv",
        hosts=hosts,
        api=Api(Path("clouds.yaml"), "example"),
        load_balancer=LoadBalancer(hosts=CONTROLLERS, vip="10.0.0.250"),
        databases=Databases(hosts=CONTROLLERS, is_galera=True),
        messaging=Messaging(hosts=CONTROLLERS),
    )
    return dataclasses.replace(cloud, **differing)


def read_case(path: Path) -> Case:
    """Read one case. Raises AssertionError for a key that there is not."""
    raw = yaml.safe_load(path.read_text())
    assert set(raw) <= KEYS, f"{path}: unknown keys {set(raw) - KEYS}"
    cloud = usual_cloud(**_parts(raw.get("cloud", {})))
    if "hosts" in raw:
        cloud = dataclasses.replace(cloud, hosts={name: cloud.host(name) for name in raw["hosts"]})
    clock_read = {host: tuple(times) for host, times in raw.get("clock_read", {}).items()}
    snapshot = Snapshot(cloud, TAKEN_AT, _facts(cloud, raw["facts"]), clock_read)
    return Case(
        path, raw.get("target"), snapshot, raw.get("subjects", []), raw.get("says", []), raw.get("components", [])
    )


def all_cases() -> list[Path]:
    return sorted(SPECS.glob("*/*.yaml"))


def _parts(raw: dict[str, Any]) -> dict[str, Any]:
    kinds = {"databases": Databases, "messaging": Messaging, "load_balancer": LoadBalancer}
    return {
        key: kinds[key](**{k: tuple(v) if isinstance(v, list) else v for k, v in value.items()})
        if key in kinds and value is not None
        else value
        for key, value in raw.items()
    }


def _facts(cloud: Cloud, raw: dict[str, Any]) -> dict[FactRequest, Any]:
    found: dict[FactRequest, Any] = {}
    for key, value in sorted(raw.items(), key=lambda item: "@*" not in item[0]):
        name, _, params = key.partition("?")
        fact, _, host = name.partition("@")
        pairs = dict(pair.split("=") for pair in params.split("&") if pair)
        for each in cloud.hosts if host == "*" else (host or None,):
            is_unknown = isinstance(value, dict) and set(value) == {"unknown"}
            found[wanted(fact, each, **pairs)] = Unknown(value["unknown"]) if is_unknown else value
    return found
