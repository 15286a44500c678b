"""A recorded cloud made large: its first compute, again and again, each with a name, address and records of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ostler.cloud.model import Cloud, Host
from ostler.facts.model import FactRequest, Snapshot, Unknown
from ostler.planning.upgrade.plan import Sources

MODEL = "cmp1"
A_RACK = 40


def enlarged(small: Sources, hosts: int) -> Sources:
    """The same cloud with as many computes as make `hosts` hosts in all."""
    controllers = {host.name: host for host in small.cloud.hosts_with("controller")}
    names = [f"cmp{number:05d}" for number in range(1, hosts - len(controllers) + 1)]
    computes = {name: _compute(number, name) for number, name in enumerate(names)}
    cloud = replace(small.cloud, hosts={**controllers, **computes})
    return replace(small, cloud=cloud, snapshot=_snapshot(cloud, small.snapshot, names))


def _compute(number: int, name: str) -> Host:
    address = f"10.{100 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
    return Host(name, address, ("compute",), f"rack{number // A_RACK + 1}")


def _snapshot(cloud: Cloud, read: Snapshot, computes: Sequence[str]) -> Snapshot:
    values: dict[FactRequest, Any] = {}
    removed = {host for host in read.cloud.hosts if host not in cloud.hosts}
    for request, value in read.values.items():
        if request.host == MODEL:
            values.update({replace(request, host=name): _renamed(value, name) for name in computes})
        elif request.host not in removed:
            values[request] = value if request.host else _with_computes(value, computes, removed)
    clocks = {host: read.clock_read.get(host, (read.taken_at, read.taken_at)) for host in cloud.hosts}
    return Snapshot(cloud, read.taken_at, values, clocks)


def _renamed(value: Any, name: str) -> Any:
    """A copy of its own, as it would be read from another host."""
    return value if isinstance(value, Unknown) else json.loads(json.dumps(value).replace(MODEL, name))


def _with_computes(value: Any, computes: Sequence[str], removed: set[str]) -> Any:
    """A fact about the whole cloud: one record for each compute where the model has one."""
    if not isinstance(value, dict):
        return value
    models = {key: record for key, record in value.items() if MODEL in key}
    kept = {key: record for key, record in value.items() if not any(host in key for host in removed)}
    for key, record in models.items():
        kept.update({key.replace(MODEL, name): _renamed(record, name) for name in computes})
    return kept
