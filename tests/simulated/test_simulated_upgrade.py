"""Whole upgrades and their way back, carried out on a simulated cloud."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import jsonschema
import pytest
from rehearsing import Rehearsal, copy_of, leave_backup, rehearsal

from ostler.cloud.model import Cloud
from ostler.deployment.paths import environment_path
from ostler.errors import Severity
from ostler.execution.events import event_to_json
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.facts.model import wanted
from ostler.facts.predicate import holds
from ostler.remote.simulated import table
from ostler.remote.simulated.machine import Machine, Outcome
from ostler.remote.simulated.state import ServiceRecord
from ostler.secret import MASK
from ostler.steps.effects import Until
from ostler.steps.model import Step
from ostler.steps.registry import kind_of

Place = tuple[str, str]
"""A host and a path on it."""

EVENTS = Path(__file__).parents[2] / "docs" / "schemas" / "events.json"
HOSTS = ("ctl1", "ctl2", "ctl3", "cmp1", "cmp2")


def kept(cloud: Rehearsal) -> dict[Place, tuple[object, ...]]:
    """Every file and link below /etc and /opt/openstack/current of every host, with mode and owner."""
    with cloud.simulation.simulated.world() as world:
        return {
            (host, path): (entry.kind, entry.content, entry.target, entry.mode, entry.owner, entry.group)
            for host in HOSTS
            for path, entry in world.state.hosts[host].files.items()
            if path.startswith(("/etc/", "/opt/openstack/current/")) and entry.kind != "folder"
        }


def differences(before: Mapping[Place, object], after: Mapping[Place, object]) -> set[Place]:
    """What is not as it was."""
    return {place for place in before.keys() | after.keys() if before.get(place) != after.get(place)}


def running(cloud: Rehearsal) -> dict[str, set[str]]:
    """The environments that processes of each host run from."""
    snapshot = cloud.snapshot([wanted("host.processes", host) for host in HOSTS])
    return {
        host: {service["environment"] for service in snapshot.known("host.processes", host).values() if service["pids"]}
        for host in HOSTS
    }


def changes(cloud: Rehearsal) -> Counter[str]:
    """What was done to hosts, without what proofs make and what tests told the cloud."""
    return Counter(e for e in cloud.effects if not e.startswith(("api:", "told", "mended")))


def test_an_upgrade_ends_with_every_process_at_the_target_and_no_api_was_away(upgraded: Rehearsal) -> None:
    assert upgraded.outages == []
    assert running(upgraded)["cmp1"] == {
        "/opt/openstack/venvs/nova-31.3.1",
        "/opt/openstack/venvs/neutron-26.0.6",
    }
    assert all("2024.1" not in str(path) for paths in running(upgraded).values() for path in paths)
    records = upgraded.snapshot([wanted("nova.services")]).known("nova.services")
    assert {record["version"] for record in records.values()} == {upgraded.catalog.nova.at("2025.1").service_version}


@pytest.mark.parametrize(
    ("host", "version", "deleted", "seen"),
    [
        ("cmp1", 68, False, []),
        ("gone", 68, True, []),
        ("gone", 68, False, ["no service record of nova is left of a host that is no more"]),
        ("cmp1", 66, False, ["no service record of nova is older than 68"]),
    ],
)
def test_the_end_sees_records_that_are_left_behind(
    upgraded: Rehearsal, folder: Path, host: str, version: int, deleted: bool, seen: list[str]
) -> None:
    """Of a cloud that is well as it is left by an upgrade, and of one with a further record."""
    cloud = copy_of(upgraded, folder)
    with cloud.simulation.simulated.world() as world:
        record = ServiceRecord(99, "left-behind", "nova-conductor", host, version, deleted=deleted)
        world.state.databases.records.append(record)
    (run,) = list_runs(cloud.home)
    steps = [step for _, _, step in load_run(run.id, cloud.home).plan.steps()]
    (step,) = [step for step in steps if step.id.endswith("/nothing-left-out")]
    facts = ("nova.services", "cinder.services")
    wished = [
        each.expectation for each in effects_of(step, cloud.simulation.cloud) if each.expectation.request.fact in facts
    ]
    assert len(wished) == 4
    found = cloud.snapshot([each.request for each in wished])
    assert [each.says.partition(" (")[0] for each in wished if not holds(each, found.known(each.request.fact))] == seen


def effects_of(step: Step, cloud: Cloud) -> list[Until]:
    return [each for each in kind_of(step.kind).effects(step, cloud, {}) if isinstance(each, Until)]


def test_an_upgrade_keeps_the_operators_own_values(upgraded: Rehearsal) -> None:
    text = upgraded.simulation.simulated.transport.fetch("ctl1", "/etc/nova/nova.conf").decode()
    assert "# nova on ctl1; edited by hand" in text
    assert "[upgrade_levels]" not in text or "compute = auto" not in text


def test_an_upgrade_unpacks_and_migrates_once(upgraded: Rehearsal) -> None:
    once = [effect for effect in changes(upgraded) if any(word in effect for word in ("unpack", "-manage", "dump"))]
    assert {effect: changes(upgraded)[effect] for effect in once} == dict.fromkeys(once, 1)
    assert len(once) > 20


FAILURES = {
    "place": "ctl2: ostler-unpack .*keystone",
    "expand": "ctl1: .*nova-manage .*db sync",
    "roll-keystone": "ctl2: systemctl start keystone",
    "roll-computes": "cmp2: systemctl stop nova-compute",
    "finish": "ctl1: .*nova-31.3.1/bin/nova-manage .*online_data_migrations",
}
"""A command of some stages, in their order, as it is told to fail."""


def test_a_failure_leaves_the_cloud_serving_and_a_resumed_run_does_nothing_twice(
    folder: Path, upgraded: Rehearsal
) -> None:
    cloud, once = rehearsal(folder), changes_that_stay(upgraded)
    plan, run = cloud.plan(), ""
    for stage, pattern in FAILURES.items():
        cloud.simulation.simulated.fail_command(pattern)
        failed = cloud.resume(run) if run else cloud.apply(plan)
        run = failed.run
        assert failed.state is RunState.FAILED, stage
        assert [step.split("/")[0] for step in failed.failed] == [stage]
        assert cloud.outages == [], stage
        assert changes_that_stay(cloud) - once == Counter(), stage
        cloud.simulation.simulated.mend()
    resumed = cloud.resume(run)
    assert (resumed.state, resumed.failed, resumed.lent) == (RunState.DONE, (), ())
    assert cloud.outages == []
    assert changes_that_stay(cloud) == once


def test_every_event_of_a_run_fits_the_published_schema(folder: Path) -> None:
    cloud, lines = rehearsal(folder), list[dict[str, object]]()
    cloud.simulation.simulated.fail_command(FAILURES["place"])
    failed = cloud.apply(cloud.plan(), listeners=[lambda at, event: lines.append(json.loads(event_to_json(at, event)))])
    assert failed.state is RunState.FAILED
    assert {"run_started", "lane_ended", "effect_done", "finding", "step_done", "run_ended"} <= {
        line["event"] for line in lines
    }
    fitting = jsonschema.Draft202012Validator(json.loads(EVENTS.read_text()))
    assert [line for line in lines if not fitting.is_valid(line)] == []


Failures = Mapping[str, tuple[str, tuple[str, ...]]]
"""By the step that fails, in their order: its command, and the hosts that stay stopped."""

WHILE_SOME_SERVE: Failures = {
    "leave-one-glance-api/ctl2/20-stop": ("ctl2: systemctl stop glance", ()),
    "stop-glance-api/ctl3/20-stop": ("ctl3: systemctl stop glance", ()),
    "roll-glance-api/ctl2/80-start": ("ctl2: systemctl start glance", ("ctl2",)),
}
WHILE_NOBODY_SERVES: Failures = {
    "roll-glance-api/ctl1/30-switch": ("ctl1: ln .*glance-api", ("ctl1", "ctl2")),
    "roll-glance-api/ctl1/80-start": ("ctl1: systemctl start glance", ("ctl1", "ctl2")),
}


@pytest.mark.parametrize(
    ("failures", "answers"),
    [
        pytest.param(WHILE_SOME_SERVE, "image answered 0 ", id="while some serve"),
        # Nobody serves when the run failed, and nobody does until requests are held again.
        pytest.param(WHILE_NOBODY_SERVES, "image answered ", id="while nobody serves"),
    ],
)
def test_all_hosts_may_be_out_at_once_while_requests_are_held_also_when_resumed(
    folder: Path, failures: Failures, answers: str
) -> None:
    cloud = rehearsal(folder)
    plan, run = cloud.plan(no_overlap=("glance",)), ""
    for step, (pattern, stopped) in failures.items():
        cloud.simulation.simulated.fail_command(pattern)
        failed = cloud.resume(run) if run else cloud.apply(plan)
        run = failed.run
        assert (failed.state, failed.failed) == (RunState.FAILED, (step,))
        assert {loan.name for loan in failed.lent} == {
            f"services stopped on {host} (leave-one-glance-api)" for host in stopped
        }, step
        assert [outage for outage in cloud.outages if not outage.startswith(answers)] == [], step
        cloud.simulation.simulated.mend()
    resumed = cloud.resume(run)
    assert (resumed.state, resumed.failed, resumed.lent) == (RunState.DONE, (), ())
    assert [outage for outage in cloud.outages if not outage.startswith(answers)] == []


SERVICES = {"glance": "image", "cinder": "volumev3", "nova": "compute"}
"""The API that each of these projects serves, in the order of the upgrade."""


def test_an_untroubled_upgrade_without_overlap_holds_requests_and_fails_none(folder: Path) -> None:
    cloud = rehearsal(folder)
    result = cloud.apply(cloud.plan(no_overlap=tuple(SERVICES)))
    assert (result.state, result.failed, result.lent) == (RunState.DONE, (), ())
    answers = [outage.split(" after ")[0] for outage in cloud.outages]
    assert [answer for answer, _ in groupby(answers)] == [f"{service} answered 0" for service in SERVICES.values()]


LOANS = ("balancer:", "set global", "put /etc/nova/nova.conf")
"""What is given back when a run fails, and lent again when it goes on."""


def changes_that_stay(cloud: Rehearsal) -> Counter[str]:
    """Changes that nobody gives back; a dump's folder has the time of its plan in its name."""
    left_out = (*LOANS, "dump 8 databases")
    return Counter({effect: n for effect, n in changes(cloud).items() if not any(word in effect for word in left_out)})


@pytest.mark.parametrize("target", ["2025.2", "2026.1"])
def test_another_hop_goes_to_its_end_and_back_by_data_alone(folder: Path, target: str) -> None:
    cloud = rehearsal(folder, "2025.1", target)
    before, ran = kept(cloud), running(cloud)
    upgraded = cloud.apply(cloud.plan())
    assert (upgraded.state, upgraded.failed, upgraded.lent) == (RunState.DONE, (), ())
    wanted_code = {environment_path(project.name, project.version(target)) for project in cloud.catalog.projects}
    assert set().union(*running(cloud).values()) == wanted_code
    back = cloud.apply(cloud.plan_back(upgraded.run))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert differences(before, kept(cloud)) == set()
    assert running(cloud) == ran
    assert cloud.outages == []


def test_rules_in_policy_json_which_the_target_does_not_read_refuse_the_plan(folder: Path) -> None:
    cloud = rehearsal(folder, "2025.1", "2026.1")
    rules = b'{"delete_image": "!"}\n'
    cloud.simulation.simulated.transport.put("ctl1", "/etc/glance/policy.json", rules, mode=0o640, group="glance")
    told = [(f.code, f.subject) for f in cloud.plan().findings if f.severity is Severity.FAILURE]
    assert told == [("upgrade.policy-json-ignored", "/etc/glance/policy.json on ctl1")]


@pytest.fixture(scope="module")
def not_started(shared_folder: Path) -> tuple[Rehearsal, list[str]]:
    """A cloud whose upgrade failed since a service did not start, mended since; and the logs that were asked for."""
    asked: list[str] = []
    group = {
        "file": "/var/log/nova/nova-conductor.log",
        "logger": "nova",
        "count": 1,
        "shape": "",
        "first": "",
        "cause": "",
    }
    logged = [
        {**group, "level": "ERROR", "last": "2026-11-26 01:00:02", "example": "later"},
        {**group, "level": "CRITICAL", "last": "2026-11-26 01:00:01", "example": "not found: password=hunter2"},
    ]

    def errors(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
        asked.extend(f"{machine.host.name}: {pattern}" for pattern in arguments[1:])
        return Outcome(0, json.dumps({"read": 4, "groups": logged, "problems": []}))

    cloud = rehearsal(shared_folder)
    leave_backup(cloud)
    cloud.simulation.simulated.fail_unit("ctl2", "nova-conductor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(table.SCRIPTS, "ostler-logs.errors", errors)  # type: ignore[call-overload]
        assert cloud.apply(cloud.plan(), approve=()).state is RunState.FAILED
    cloud.simulation.simulated.mend()
    return cloud, asked


def test_a_service_that_does_not_start_is_told_with_what_it_wrote_into_its_log(
    not_started: tuple[Rehearsal, list[str]],
) -> None:
    cloud, asked = not_started
    (run,) = list_runs(cloud.home)
    (step,) = [step for step in load_run(run.id, cloud.home).outcomes if not step.outcome.is_good]
    assert step.step == "roll-nova-conductor/ctl2/80-start"
    assert list(step.evidence[-2:]) == [
        f"nova-conductor.log on ctl2: CRITICAL not found: password={MASK}",
        "nova-conductor.log on ctl2: ERROR later",
    ]
    assert asked == ["ctl2: /var/log/nova/*.log"]


def test_the_way_back_from_a_service_that_does_not_start_restores_every_byte_while_the_cloud_serves(
    folder: Path, not_started: tuple[Rehearsal, list[str]]
) -> None:
    cloud = copy_of(not_started[0], folder)
    (run,) = list_runs(cloud.home)
    back = cloud.apply(cloud.plan_back(run.id))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert_is_as_at_the_start(cloud, folder)


def test_the_way_back_from_the_gate_before_contract_restores_every_byte_while_the_cloud_serves(
    folder: Path, taken_back: Rehearsal
) -> None:
    assert_is_as_at_the_start(taken_back, folder)


def assert_is_as_at_the_start(cloud: Rehearsal, folder: Path) -> None:
    as_it_was = rehearsal(folder / "before")
    leave_backup(as_it_was)
    assert differences(kept(as_it_was), kept(cloud)) == set()
    assert running(cloud) == running(as_it_was)
    assert cloud.outages == []


def test_the_way_back_with_a_restore_brings_the_databases_back(folder: Path, upgraded: Rehearsal) -> None:
    as_it_was, cloud = rehearsal(folder / "before"), copy_of(upgraded, folder)
    request = wanted("databases.schema")
    before, schema = kept(as_it_was), as_it_was.snapshot([request]).known("databases.schema")
    assert cloud.snapshot([request]).known("databases.schema") != schema
    (run,) = list_runs(cloud.home)
    back = cloud.apply(cloud.plan_back(run.id, "restore"))
    assert (back.state, back.failed) == (RunState.DONE, ())
    assert cloud.snapshot([request]).known("databases.schema") == schema
    assert differences(before, kept(cloud)) == set()
