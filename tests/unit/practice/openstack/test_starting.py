"""A cloud that was deployed once is started as it is now, whatever its release has become."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.errors import OutsideError
from ostler.practice import up
from ostler.practice.layout import Layout
from ostler.practice.openstack import deploy, starting
from ostler.practice.reach import PracticeReach
from ostler.practice.state import State

SYSTEMCTL = """#!/bin/sh
if [ "$1" = list-unit-files ]; then
  for unit; do case $unit in {enabled}) echo "$unit enabled enabled";; esac; done
else
  echo "$*" >> "{log}"
fi
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", controllers=1, computes=1, state_root=tmp_path, cache_dir=tmp_path)


def started(folder: Path, enabled: str, units: list[str]) -> list[str]:
    """What the script has systemctl do on a host where the units of a pattern are enabled."""
    log = folder / "log"
    program = folder / "systemctl"
    program.write_text(SYSTEMCTL.format(enabled=enabled, log=log))
    program.chmod(0o755)
    argv = ["sh", "-c", starting.START_ENABLED_SCRIPT, "sh", *units]
    subprocess.run(argv, check=True, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})
    return log.read_text().splitlines() if log.exists() else []


def test_units_of_every_release_are_looked_for(layout: Layout) -> None:
    controller, compute = layout.hosts
    names = starting.units_ever(load_catalog(), controller)
    assert {"neutron-server.service", "neutron-api.service", "neutron-rpc-server.service"} <= set(names)
    assert "nova-compute.service" in starting.units_ever(load_catalog(), compute)


def test_only_what_is_enabled_is_started(tmp_path: Path, layout: Layout) -> None:
    units = starting.units_ever(load_catalog(), layout.controller_hosts[0])
    assert started(tmp_path, "neutron-api.service | keystone.service", units) == [
        "reset-failed -- keystone.service neutron-api.service",
        "start --no-block -- keystone.service neutron-api.service",
    ]


def test_a_host_without_any_enabled_unit_is_left_alone(tmp_path: Path) -> None:
    assert started(tmp_path, "none", ["keystone.service"]) == []


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `up` does about OpenStack."""
    did: list[str] = []

    def remembering(name: str) -> Callable[..., None]:
        return lambda *_: did.append(name)

    for name in ("deploy", "start_deployed"):
        monkeypatch.setattr(deploy, name, remembering(name))
    return did


def ensure_openstack(layout: Layout) -> None:
    State(layout).begin()
    up._ensure_openstack(up._Building(layout, PracticeReach(layout), State(layout), print))


def test_a_cloud_is_deployed_once_and_started_ever_after(layout: Layout, done: list[str]) -> None:
    for _ in range(3):
        ensure_openstack(layout)
    assert done == ["deploy", "start_deployed", "start_deployed"]


def test_a_deployment_that_failed_is_gone_on_with(
    layout: Layout, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise OutsideError("practice.not-up", "no")

    with monkeypatch.context() as broken:
        broken.setattr(deploy, "deploy", failing)
        with pytest.raises(OutsideError):
            ensure_openstack(layout)
    ensure_openstack(layout)
    assert done == ["deploy"]


def test_it_is_not_up_before_every_api_answers_and_every_service_reports(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    answers = iter([["nova-compute on cmp1"], []])
    monkeypatch.setattr(PracticeReach, "run", lambda _, host, argv, **__: told.append(f"start on {host.name}"))
    monkeypatch.setattr(starting, "wait_for_apis", lambda _, backends: told.append(f"{len(list(backends))} APIs"))
    monkeypatch.setattr(starting, "POLL_S", 0)
    monkeypatch.setattr(deploy, "connect", lambda _: None)
    monkeypatch.setattr(deploy, "missing_services", lambda *_: (told.append("services"), next(answers))[1])
    deploy.start_deployed(layout, PracticeReach(layout), lambda _: None)
    assert sorted(told[:2]) == ["start on cmp1", "start on ctl1"]
    assert told[2:] == ["7 APIs", "services", "services"]


def test_it_is_not_up_before_every_cinder_scheduler_knows_every_backend(tmp_path: Path) -> None:
    layout = Layout(name="unit", controllers=2, computes=0, state_root=tmp_path, cache_dir=tmp_path)
    on_controllers = ("nova-conductor", "nova-scheduler", "cinder-scheduler")
    up = [SimpleNamespace(binary=b, host=f"ctl{n}", state="up") for b in on_controllers for n in (1, 2)]
    up += [SimpleNamespace(binary="cinder-volume", host=f"ctl{n}@fake", state="up") for n in (1, 2)]
    pools = [SimpleNamespace(name="ctl1@fake#fake"), SimpleNamespace(name="ctl2@fake#fake")]
    seen_in_turn = iter([pools, pools[:1], pools, pools])
    cloud = SimpleNamespace(
        compute=SimpleNamespace(services=lambda: up, hypervisors=list),
        block_storage=SimpleNamespace(services=lambda: up, backend_pools=lambda: next(seen_in_turn)),
        network=SimpleNamespace(agents=list),
    )
    assert deploy.missing_services(layout, cloud) == ["ctl2@fake in the eyes of every cinder-scheduler"]
    assert deploy.missing_services(layout, cloud) == []
