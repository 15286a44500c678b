"""Simulated hosts behave as real ones do where a plan depends on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostler.commands import ApiRequest, Command, CommandResult
from ostler.errors import ApiError, CommandTimedOut, HostUnreachable
from ostler.execution.simulation import Simulation, open_simulation, three_plus_two

LINK = "/opt/openstack/current/nova-api"
TARGET = "/opt/openstack/venvs/nova-31.3.1"


@pytest.fixture
def cloud() -> Simulation:
    return three_plus_two("2024.1")


def run(cloud: Simulation, host: str, *argv: str, stdin: bytes | None = None) -> CommandResult:
    return cloud.simulated.transport.run(host, Command(argv, stdin=stdin))


def show(cloud: Simulation, host: str, unit: str, what: str) -> str:
    return run(cloud, host, "systemctl", "show", f"--property={what}", "--", unit).stdout.partition("=")[2].strip()


def say(cloud: Simulation, host: str, words: str) -> str:
    return run(
        cloud, host, "socat", "-t5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock", stdin=f"{words}\n".encode()
    ).stdout


def place(cloud: Simulation, host: str, project: str, version: str) -> None:
    path = f"/opt/openstack/venvs/{project}-{version}/ostler-manifest.json"
    made = {"project": project, "version": version, "release": "2025.1", "address": "x"}
    cloud.simulated.transport.put(host, path, json.dumps(made).encode(), mode=0o644)


def test_a_restarted_unit_has_another_invocation_and_process(cloud: Simulation) -> None:
    before = show(cloud, "ctl1", "glance-api", "InvocationID"), show(cloud, "ctl1", "glance-api", "MainPID")
    assert run(cloud, "ctl1", "systemctl", "restart", "glance-api.service").exit_code == 0
    after = show(cloud, "ctl1", "glance-api", "InvocationID"), show(cloud, "ctl1", "glance-api", "MainPID")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_service_does_not_start_from_an_environment_that_is_not_there(cloud: Simulation) -> None:
    run(cloud, "ctl1", "ln", "-sfnT", TARGET, LINK)
    run(cloud, "ctl1", "systemctl", "stop", "nova-api.service")
    assert run(cloud, "ctl1", "systemctl", "start", "nova-api.service").exit_code == 1
    assert show(cloud, "ctl1", "nova-api", "ActiveState") == "failed"


def test_a_service_does_not_start_when_its_units_name_what_the_new_code_has_no_more(cloud: Simulation) -> None:
    place(cloud, "ctl1", "nova", "31.3.1")
    run(cloud, "ctl1", "ln", "-sfnT", TARGET, LINK)
    run(cloud, "ctl1", "systemctl", "stop", "nova-api.service")
    failed = run(cloud, "ctl1", "systemctl", "start", "nova-api.service")
    assert "has no /opt/openstack/current/nova-api/bin/nova-api-wsgi" in failed.stderr


def test_a_changed_unit_file_counts_only_after_a_reload(cloud: Simulation) -> None:
    path = "/etc/systemd/system/nova-conductor.service"
    old = cloud.simulated.transport.fetch("ctl1", path)
    cloud.simulated.transport.put("ctl1", path, old.replace(b"nova-conductor", b"no-such"), mode=0o644)
    assert run(cloud, "ctl1", "systemctl", "restart", "nova-conductor").exit_code == 0
    run(cloud, "ctl1", "systemctl", "daemon-reload")
    assert run(cloud, "ctl1", "systemctl", "restart", "nova-conductor").exit_code == 1


def test_new_code_needs_the_expanded_schema_and_old_code_lives_with_it(cloud: Simulation) -> None:
    program = f"{TARGET}/bin/nova-manage"
    sync = (program, "--config-file", "/etc/nova/nova.conf", "db", "sync")
    place(cloud, "ctl1", "nova", "31.3.1")
    fits = [runs_on(cloud, "2024.1"), runs_on(cloud, "2025.1")]
    assert fits == [True, False]
    assert [run(cloud, "ctl1", *sync).exit_code for _ in range(2)] == [0, 0]
    assert [runs_on(cloud, "2024.1"), runs_on(cloud, "2025.1")] == [True, True]
    assert sum("nova-manage sync: nova_cell0 main=2903cd72dc14" in effect for effect in cloud.simulated.effects) == 1


def runs_on(cloud: Simulation, release: str) -> bool:
    with cloud.simulated.world() as world:
        return world.blueprint.runs_on("nova", release, world.state.databases.schema)


def test_an_api_is_lost_only_with_its_last_server(cloud: Simulation) -> None:
    for host in ("ctl1", "ctl2"):
        run(cloud, host, "systemctl", "stop", "nova-api.service")
        assert cloud.simulated.api.call(ApiRequest("compute", "GET", "/servers")).status == 200
    say(cloud, "ctl1", "set server nova-api/ctl3 state maint")
    with pytest.raises(ApiError) as caught:
        cloud.simulated.api.call(ApiRequest("compute", "GET", "/servers"))
    assert caught.value.status == 503
    say(cloud, "ctl1", "set server nova-api/ctl3 state ready")
    assert cloud.simulated.api.call(ApiRequest("compute", "GET", "/servers")).status == 200


def test_haproxy_refuses_what_it_does_not_know(cloud: Simulation) -> None:
    assert "No such server" in say(cloud, "ctl1", "set server nova-api/ctl9 state maint")
    assert "No such backend" in say(cloud, "ctl1", "set server nothing/ctl1 state maint")
    assert "Unknown map" in say(cloud, "ctl1", "show map /etc/haproxy/other.map")


def test_a_nova_service_refuses_to_start_beside_newer_records(cloud: Simulation) -> None:
    what = ("service-version", "services", "version")
    edit = ("sh", "-c", "script", "ostler-edit-records", "edit", "/var/kept", *what)
    run(cloud, "ctl1", *edit, "67", "70", "-", "nova")
    run(cloud, "ctl1", "systemctl", "restart", "nova-scheduler.service")
    assert show(cloud, "ctl1", "nova-scheduler", "ActiveState") == "activating"
    run(cloud, "ctl1", *edit, "70", "67", "-", "nova")
    run(cloud, "ctl1", "systemctl", "restart", "nova-scheduler.service")
    assert show(cloud, "ctl1", "nova-scheduler", "ActiveState") == "active"


def test_databases_are_restored_only_when_nobody_writes_and_lose_what_came_after_the_dump(cloud: Simulation) -> None:
    run(cloud, "ctl1", "sh", "-c", "script", "ostler-dump", "/var/dump", "nova")
    body = {"volume": {"name": "after", "size": 1}}
    made = cloud.simulated.api.call(ApiRequest("volumev3", "POST", "/volumes", body=body))
    restore = ("sh", "-c", "script", "ostler-restore-dump", "/var/dump")
    assert "still writing" in run(cloud, "ctl1", *restore).stderr
    for host in ("ctl1", "ctl2", "ctl3"):
        units = [u for u in cloud.simulated._state.hosts[host].units if u not in ("mariadb", "haproxy", "keepalived")]
        run(cloud, host, "systemctl", "stop", *units)
    assert run(cloud, "ctl1", *restore).exit_code == 0
    for host in ("ctl1", "ctl2", "ctl3"):
        run(cloud, host, "systemctl", "start", "cinder-api", "cinder-volume")
    names = [v["name"] for v in cloud.simulated.api.call(ApiRequest("volumev3", "GET", "/volumes")).body["volumes"]]  # type: ignore[index]
    assert made.status == 202
    assert "after" not in names
    assert "spare" in names


def test_what_is_told_to_fail_fails_until_mended(cloud: Simulation) -> None:
    cloud.simulated.fail_unit("ctl1", "nova-api")
    cloud.simulated.fail_command("ctl2: systemctl", 7, times=1)
    cloud.simulated.slow("ctl3: systemctl", 999)
    assert run(cloud, "ctl1", "systemctl", "restart", "nova-api.service").exit_code == 1
    assert [run(cloud, "ctl2", "systemctl", "daemon-reload").exit_code for _ in range(2)] == [7, 0]
    with pytest.raises(CommandTimedOut):
        run(cloud, "ctl3", "systemctl", "daemon-reload")
    cloud.simulated.break_host("cmp1")
    with pytest.raises(HostUnreachable):
        run(cloud, "cmp1", "true")
    cloud.simulated.mend()
    assert run(cloud, "ctl1", "systemctl", "restart", "nova-api.service").exit_code == 0
    assert run(cloud, "cmp1", "true").exit_code == 0


def test_two_processes_that_open_the_same_file_share_one_cloud(tmp_path: Path) -> None:
    first = three_plus_two("2024.1", tmp_path, is_kept=True)
    second = open_simulation(tmp_path)
    run(first, "ctl1", "systemctl", "stop", "nova-api.service")
    assert show(second, "ctl1", "nova-api", "ActiveState") == "inactive"
    run(second, "ctl1", "systemctl", "start", "nova-api.service")
    assert show(first, "ctl1", "nova-api", "ActiveState") == "active"
    assert first.simulated.effects == ["ctl1: stop nova-api", "ctl1: start nova-api (nova-29.4.0)"]


def test_a_program_a_simulated_host_does_not_have_is_127(cloud: Simulation) -> None:
    assert run(cloud, "ctl1", "pcs", "status").exit_code == 127
    assert run(cloud, "ctl1", "sh", "-c", "anything", "ostler-unheard-of").exit_code == 127
