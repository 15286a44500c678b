"""Every fault says what an operator needs, and its scripts can be read by what runs them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ostler.errors import InputError
from ostler.practice.faults.fault import At, Default, Fault, Script, peer, seat
from ostler.practice.faults.registry import FAMILIES, FAULTS, find
from ostler.practice.layout import Host, Layout

LAYOUT = Layout(name="trial", subnet="10.77.9.0/24")
LEAST = 40


def scripts(fault: Fault) -> dict[str, Script]:
    found = {"remember": fault.remember, "make": fault.make, "see": fault.see, "mend": fault.mend}
    return {name: script for name, script in found.items() if script is not None}


def place(fault: Fault) -> Host | None:
    if fault.default is Default.CLOUD:
        return None
    return next(host for host in LAYOUT.hosts if host.role == fault.role)


every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)


def test_there_are_enough_and_no_two_have_one_name() -> None:
    assert len(FAULTS) >= LEAST
    assert len(FAULTS) == sum(map(len, FAMILIES.values()))


@every_fault
def test_it_is_told_in_words(fault: Fault) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", fault.name)
    for sentence in (fault.does, fault.users_see):
        assert len(sentence.split()) >= 2
        assert not sentence.endswith(".")
    assert fault.touches


@every_fault
def test_its_scripts_can_be_read(fault: Fault, tmp_path: Path) -> None:
    for name, script in scripts(fault).items():
        argv = script.argv(f"ostler-fault-{fault.name}-{name}", LAYOUT, place(fault))
        if script.program == "python3":
            compile(argv[2], f"{fault.name} {name}", "exec")
        else:
            file = tmp_path / name
            file.write_text(argv[2])
            read = subprocess.run(["dash", "-n", str(file)], capture_output=True, text=True, check=False)
            assert (read.returncode, read.stderr) == (0, ""), argv[2]


@every_fault
def test_every_parameter_is_filled_in(fault: Fault) -> None:
    for script in scripts(fault).values():
        argv = script.argv("ostler-fault", LAYOUT, place(fault))
        assert [arg for arg in argv[4:] if re.search(r"\{[a-z_]+\}", arg)] == []


@every_fault
def test_what_is_in_the_cloud_as_a_whole_names_no_host(fault: Fault) -> None:
    """Its scripts run on a controller that is chosen, and get no host's name."""
    if fault.default is Default.CLOUD:
        assert all(script.at in (At.CONTROLLER, At.DATABASE) for script in scripts(fault).values())


@every_fault
def test_what_needs_a_peer_says_how_many_controllers_it_needs(fault: Fault) -> None:
    needs_peer = any(script.at is At.PEER or "{peers}" in script.args for script in scripts(fault).values())
    if needs_peer:
        assert fault.least_controllers >= 2


@every_fault
def test_what_is_seen_from_elsewhere_is_seen_of_its_host(fault: Fault) -> None:
    """Else one host's fault is taken for another's. A Galera cluster says its size only, not who is missing."""
    if fault.default is not Default.CLOUD and fault.see.at is not At.HOST and fault.name != "galera-node-hung":
        assert any("{host}" in arg or "{address}" in arg for arg in fault.see.args)


def test_values_are_parameters_and_several_addresses_are_several() -> None:
    script = Script("echo", ("{host}:{address}", "{controllers}", "{peers}", "{}", '{"a": 1}'))
    assert script.argv("mark", LAYOUT, LAYOUT.host("ctl2")) == [
        "sh", "-c", "echo", "mark", "ctl2:10.77.9.12",
        "10.77.9.11", "10.77.9.12", "10.77.9.13", "10.77.9.11", "10.77.9.13", "{}", '{"a": 1}',
    ]  # fmt: skip


def test_a_placeholder_nobody_knows_is_no_text() -> None:
    with pytest.raises(KeyError):
        Script("echo", ("{hots}",)).argv("mark", LAYOUT, LAYOUT.host("ctl1"))


def test_scripts_run_where_they_say() -> None:
    ctl3, cmp1 = LAYOUT.host("ctl3"), LAYOUT.host("cmp1")
    assert peer(LAYOUT, ctl3).name == "ctl1"
    assert peer(LAYOUT, cmp1).name == "ctl1"
    assert seat(Script(""), LAYOUT, cmp1) == cmp1
    assert seat(Script("", at=At.PEER), LAYOUT, ctl3) == LAYOUT.host("ctl1")
    assert seat(Script("", at=At.CONTROLLER), LAYOUT, cmp1) == LAYOUT.host("ctl1")
    assert seat(Script("", at=At.DATABASE), LAYOUT, cmp1) is None


def test_a_name_that_is_nearly_right_is_helped_along() -> None:
    with pytest.raises(InputError) as error:
        find("nova-compute-hang")
    assert error.value.code == "practice.unknown-fault"
    assert "nova-compute-hung" in error.value.expected


def test_where_is_said_in_words() -> None:
    assert find("nova-compute-hung").where() == "any compute; the first compute when none is named"
    assert find("keystone-stopped").where() == "any controller; every controller when none is named"
    assert find("endpoint-wrong").where() == "the cloud as a whole"
