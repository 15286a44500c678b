"""Where a status check's verdict is told as another one: only when it is the known one, and the cloud is as it says."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ostler.commands import CommandResult
from ostler.errors import Severity
from ostler.execution.effect_judgement import judge_output
from ostler.facts.model import FactRequest, JsonValue, Unknown, wanted

OVN_CHECK = "OVN support for BM provisioning over IPv6 check"
OVN_DETAILS = "Failed to connect to OVN: northbound database"
DRIVERS = wanted("host.options", "ctl1", path="/etc/neutron/plugins/ml2/ml2_conf.ini", options="ml2/mechanism_drivers")
MACHINE_CHECK, MACHINE_DETAILS = "hw_machine_type unset", "Instances found without hw_machine_type set."
HYPERVISORS = wanted("api.hypervisors")


def table(check: str, result: str, details: str) -> str:
    return f"| Check: {check} |\n| Result: {result} |\n| Details: {details} |\n+---+\n"


def verdict(
    project: str, exit_code: int, text: str, facts: Mapping[FactRequest, JsonValue | Unknown]
) -> tuple[Severity, str]:
    result = CommandResult(exit_code, text, "")
    (found,) = judge_output("ctl1", project, "2025.1", result, lambda request: facts[request])
    return found.severity, found.summary


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ({"ml2/mechanism_drivers": "openvswitch"}, Severity.NOTE),
        ({"ml2/mechanism_drivers": None}, Severity.NOTE),
        ({"ml2/mechanism_drivers": "ovn"}, Severity.WARNING),
        ({"ml2/mechanism_drivers": "sriovnicswitch,ovn"}, Severity.WARNING),
        (Unknown("the host does not answer"), Severity.WARNING),
    ],
)
def test_a_false_warning_stays_one_where_it_may_be_true(value: JsonValue | Unknown, severity: Severity) -> None:
    found, summary = verdict("neutron", 1, table(OVN_CHECK, "Warning", OVN_DETAILS), {DRIVERS: value})
    assert found is severity
    assert ("not a warning" in summary) is (severity is Severity.NOTE)


@pytest.mark.parametrize(("kind", "severity"), [("fake", Severity.NOTE), ("QEMU", Severity.WARNING)])
def test_a_machine_type_matters_only_where_libvirt_is(kind: str, severity: Severity) -> None:
    facts = {HYPERVISORS: {"cmp1": {"type": "fake"}, "cmp2": {"type": kind}}}
    assert verdict("nova", 1, table(MACHINE_CHECK, "Warning", MACHINE_DETAILS), facts)[0] is severity


def test_a_failure_is_not_the_warning_that_is_known_to_be_false() -> None:
    facts = {DRIVERS: {"ml2/mechanism_drivers": "openvswitch"}}
    found, _ = verdict("neutron", 2, table(OVN_CHECK, "Failure", OVN_DETAILS), facts)
    assert found is Severity.FAILURE
