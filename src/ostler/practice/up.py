"""Building a practice cloud, stage by stage. Can be called again at any time: what is done is left alone.

Every stage finds out what is really there, so that a cloud whose building was killed, or whose machine was
started anew, comes up by calling `up` again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ostler.practice import cloud_file, images, infrastructure, keys, machine, power
from ostler.practice.certificates import Certificates
from ostler.practice.layout import Layout
from ostler.practice.processes import full_disk_told
from ostler.practice.reach import PracticeReach
from ostler.practice.state import State, alone

Report = Callable[[str], None]

# After a power cut the database nodes wait for each other until `infrastructure` helps; no use in waiting, too.
SETTLE_S = 5.0

INFRASTRUCTURE = "infrastructure-files"


@dataclass(frozen=True)
class _Building:
    """One call of `up`: the cloud, its record, and whom to tell."""

    layout: Layout
    reach: PracticeReach
    state: State
    report: Report

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self.report(f"{name} …")
        yield
        self.report(f"{name}: done ({time.monotonic() - started:.1f} s)")


def up(layout: Layout, report: Report, *, openstack: bool = True) -> None:
    """Build the cloud, or finish building it, and start what does not run.

    Without `openstack` the hosts and the infrastructure only. Raises Refused on a machine that cannot hold one or
    while another process builds it, InputError when it exists with another layout, OutsideError when something
    does not come up.
    """
    machine.demand_machine()
    with alone(layout), full_disk_told():
        building = _Building(layout, PracticeReach(layout), State(layout), report)
        building.state.begin()
        machine.ensure_programs(report)
        with building.stage("image"):
            _ensure_image(building)
        with building.stage(f"hosts ({len(layout.all_hosts)})"):
            _ensure_hosts(building)
        with building.stage("infrastructure"):
            _ensure_infrastructure(building)
        if openstack:
            with building.stage(f"OpenStack {cloud_file.release_now(layout)}"):
                _ensure_openstack(building)


def _ensure_image(building: _Building) -> None:
    layout, state = building.layout, building.state
    name = state.image()
    if name is None or not images.is_complete(layout.images_dir, name):
        images.ensure_image(layout.images_dir, images.HOST_IMAGE, building.report)
        state.keep_image(images.HOST_IMAGE.name())


def _ensure_hosts(building: _Building) -> None:
    layout, reach = building.layout, building.reach
    keys.ensure_keys(layout)
    if layout.has_tls:
        Certificates(layout).ensure()
    cloud_file.ensure(layout)
    for name, word in power.start(layout, layout.all_hosts, reach, SETTLE_S).items():
        if word != "running":
            building.report(f"{name} is up, but systemd says: {word}")


def _ensure_infrastructure(building: _Building) -> None:
    """The control plane's, and that of spare hosts while they are spare; controllers whose place was taken stay as they
    are: two hosts would hold the virtual address."""
    layout = cloud_file.in_charge(building.layout)
    _ensure_infrastructure_of(building, layout, has_vip=True)
    if layout.spares and not layout.is_on_spares:
        _ensure_infrastructure_of(building, layout.on_spares, has_vip=False)


def _ensure_infrastructure_of(building: _Building, layout: Layout, *, has_vip: bool) -> None:
    reach, state = building.reach, building.state
    started = time.monotonic()
    stage, digest = (
        "spare-infrastructure-files" if layout.is_on_spares else INFRASTRUCTURE,
        infrastructure.digest(layout),
    )
    if not state.is_done(stage, digest):
        infrastructure.configure(layout, reach)
        state.finish(stage, digest, time.monotonic() - started)
    infrastructure.ensure_running(layout, reach, building.report, has_vip=has_vip)


def _ensure_openstack(building: _Building) -> None:
    from ostler.practice.openstack.api import told_plainly
    from ostler.practice.openstack.deploy import deploy, start_deployed

    layout, state = building.layout, building.state
    digest = hashlib.sha256(repr((layout.release, layout.hosts, layout.vip)).encode()).hexdigest()
    with told_plainly(layout):
        if state.is_done("openstack", digest):  # and perhaps upgraded since: nothing is laid down again
            start_deployed(cloud_file.in_charge(layout), building.reach, building.report)
            return
        started = time.monotonic()
        deploy(layout, building.reach, building.report)
        state.finish("openstack", digest, time.monotonic() - started)
