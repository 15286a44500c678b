"""Options that stand in the way of a hop, options nobody could read, and hops whose options nobody compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.catalog import load_catalog
from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.errors import Severity
from ostler.facts.model import FactRequest, Snapshot, Unknown
from ostler.planning.readiness import readiness
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
REQUEST = UpgradeRequest(target="2025.1")
PROJECTS = ("keystone", "glance", "placement", "cinder", "neutron", "nova")
ML2 = "/etc/neutron/plugins/ml2/ml2_conf.ini"


def ml2_on(host: str) -> FactRequest:
    (found,) = [
        r for r in RECORDED.snapshot.values if r.fact == "host.set_options" and r.host == host and ML2 in str(r)
    ]
    return found


def found_with(host: str, value: Any) -> list[tuple[str, Severity, str]]:
    values = {**RECORDED.snapshot.values, ml2_on(host): value}
    plan = plan_upgrade(replace(RECORDED, snapshot=replace(RECORDED.snapshot, values=values)), REQUEST)
    assert not [note for note in plan.notes if "linuxbridge" in note]
    return [(f.code, f.severity, f.subject) for f in plan.findings]


@pytest.mark.parametrize("value", ["openvswitch", "openvswitch,sriovnicswitch", None])
def test_a_cloud_without_linuxbridge_hears_nothing_of_it(value: str | None) -> None:
    assert found_with("ctl2", [["ml2", "mechanism_drivers", value]] if value else []) == []


def test_a_cloud_with_linuxbridge_is_refused() -> None:
    told = found_with("ctl2", [["ml2", "mechanism_drivers", "openvswitch, linuxbridge"]])
    assert told == [("upgrade.option-in-the-way", Severity.FAILURE, f"{ML2} on ctl2")]


def test_a_file_that_could_not_be_read_is_a_warning() -> None:
    told = found_with("ctl2", Unknown("no answer in time"))
    assert told == [("upgrade.option-names-not-read", Severity.WARNING, f"{ML2} on ctl2")]


def test_a_hop_whose_options_nobody_harvested_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ostler.planning.upgrade.options.succession_of", lambda *_: None)
    found = plan_upgrade(RECORDED, REQUEST).findings
    told = [(f.severity, f.subject) for f in found if f.code == "upgrade.options-not-compared"]
    assert told == [(Severity.NOTE, f"{name}, 2024.1 → 2025.1") for name in PROJECTS]


class OtherCatalog(Catalog):
    """A catalog in which computes of the source do not work under controllers of the target."""

    def hop(self, source: str, target: str) -> Hop:
        hop = super().hop(source, target)
        assert hop.rolling is not None
        return replace(hop, rolling=replace(hop.rolling, may_roll_computes=False))


def test_a_hop_on_which_computes_cannot_wait_for_their_turn_is_refused() -> None:
    told = {f.code: f.severity for f in readiness(OtherCatalog(), Snapshot(RECORDED.cloud, 0.0), "2025.1")}
    assert told["upgrade.computes-cannot-roll"] is Severity.FAILURE
    told = {f.code: f.severity for f in readiness(load_catalog(), Snapshot(RECORDED.cloud, 0.0), "2025.1")}
    assert "upgrade.computes-cannot-roll" not in told


@pytest.mark.parametrize(
    ("value", "is_told"), [(None, False), ("auto", False), ("caracal", True), ("2024.1", True), ("6.3", True)]
)
def test_an_rpc_pin_set_by_hand_is_told_since_it_stays(value: str | None, is_told: bool) -> None:
    options = {
        request: {**values, "upgrade_levels/compute": value if request.host == "cmp1" else None}
        for request, values in RECORDED.snapshot.values.items()
        if request.fact == "host.options" and "/etc/nova/nova.conf" in str(request)
    }
    assert len({request.host for request in options}) == 5
    snapshot = replace(RECORDED.snapshot, values={**RECORDED.snapshot.values, **options})
    plan = plan_upgrade(replace(RECORDED, snapshot=snapshot), REQUEST)
    told = [(f.code, f.severity, f.subject, f.found) for f in plan.findings]
    expected = ("upgrade.rpc-pinned", Severity.WARNING, "/etc/nova/nova.conf on cmp1", value)
    assert told == ([expected] if is_told else [])
    edited = {step.host for _, _, step in plan.steps() if step.id.endswith(("pin-rpc", "remove-pin"))}
    assert ("cmp1" in edited) is (value is None)
