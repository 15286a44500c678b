"""Control planes replaced by new ones, and taken back, carried out on a simulated cloud."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
import pytest
from rehearsing import Rehearsal, copy_of, in_a_child, place_of, rehearsal
from test_simulated_upgrade import differences, kept

from ostler.cloud.control_plane import with_control_plane
from ostler.deployment.paths import environment_path
from ostler.errors import InputError, Refused, Severity
from ostler.execution.home import Home
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.execution.safe_points import safe_points
from ostler.execution.simulation import open_simulation, three_plus_two
from ostler.execution.simulation.archives import fill_store
from ostler.execution.simulation.hosts import SECRET
from ostler.execution.step_book import effects_repeated
from ostler.facts.model import wanted
from ostler.planning.model import Plan
from ostler.planning.upgrade.onto import plan_replacement
from ostler.remote.simulated.api_state import add
from ostler.remote.simulated.planes import TWO_HOLD_IT
from ostler.remote.simulated.state import DATABASES, Entry, UnitState

SOURCE, BETWEEN, TARGET = "2023.1", "2024.1", "2025.1"
OLD, NEW, COMPUTES = ("ctl1", "ctl2", "ctl3"), ("new1", "new2", "new3"), ("cmp1", "cmp2")
FERNET = "/etc/keystone/fernet-keys"

FAILURES = {
    "dump": "ostler-dump ",
    "accounts": "new1: .*ostler-load-accounts",
    "load": "new1: .*ostler-restore-dump",
    "release": "ctl2: systemctl stop keepalived.service",
    "retire": "ctl1: systemctl stop .*mariadb.service",
    "take": "new1: systemctl start keepalived.service",
    "pass": "nova-[0-9.]*/bin/nova-manage .*api_db sync",
    "start": "new2: systemctl start keystone.service",
    "computes": "cmp2: systemctl start nova-compute.service",
}
"""A command of each stage that changes something, as it is told to fail."""

AFTER_SERVING = ("start", "computes")


def cloud_in(folder: Path) -> Rehearsal:
    return rehearsal(folder, SOURCE, TARGET, between=(BETWEEN,), has_spares=True)


def plan_of(cloud: Rehearsal) -> Plan:
    plan = cloud.plan(strategy="replace")
    assert plan.refusals == ()
    return plan


def running(cloud: Rehearsal) -> dict[str, set[str]]:
    """The environments that processes of each host run from."""
    hosts = (*OLD, *NEW, *COMPUTES)
    described = cloud.simulation.cloud
    everything = replace(described, hosts={**described.hosts, **cloud.simulation.onto.hosts})
    snapshot = cloud.snapshot([wanted("host.processes", host) for host in hosts], everything)
    return {
        host: {service["environment"] for service in snapshot.known("host.processes", host).values() if service["pids"]}
        for host in hosts
    }


def databases_of(cloud: Rehearsal, *, aside: bool = False) -> bytes:
    """All that the databases hold that are the cloud's, or those of the other control plane."""
    with cloud.simulation.simulated.world() as world:
        place = world.state.aside if aside else world.state
        assert place is not None
        return DATABASES.dump_json(place.databases)


def text_on(cloud: Rehearsal, host: str, path: str) -> str:
    return cloud.simulation.simulated.transport.fetch(host, path).decode()


def units_of(cloud: Rehearsal, host: str) -> dict[str, tuple[str, bool]]:
    with cloud.simulation.simulated.world() as world:
        return {name: (unit.active, unit.is_enabled) for name, unit in world.state.hosts[host].units.items()}


@pytest.fixture(scope="module")
def done(shared_folder: Path) -> Rehearsal:
    cloud = cloud_in(shared_folder)
    result = cloud.apply(plan_of(cloud))
    assert (result.state, result.failed, result.left, result.lent) == (RunState.DONE, (), (), ())
    return cloud


def test_the_new_hosts_and_the_computes_run_the_target_and_the_old_ones_nothing(done: Rehearsal) -> None:
    nova, neutron = (environment_path(name, done.catalog.project(name).version(TARGET)) for name in ("nova", "neutron"))
    code = running(done)
    assert all(code[host] == {nova, neutron} for host in COMPUTES)
    assert all(len(code[host]) == 6 and nova in code[host] for host in NEW)
    assert all(code[host] == set() for host in OLD)


def test_the_old_control_plane_is_stopped_for_good_and_its_databases_and_files_are_as_they_were(
    done: Rehearsal, folder: Path
) -> None:
    as_it_was = cloud_in(folder)
    for host in OLD:
        states = units_of(done, host)
        assert {"mariadb", "rabbitmq-server", "haproxy", "keepalived", "keystone", "nova-api"} <= set(states)
        assert set(states.values()) == {("inactive", False)}
    changed = {place for place in differences(kept(as_it_was), kept(done)) if place[0] in OLD}
    assert {path for _, path in changed if not path.startswith("/etc/systemd/system/multi-user")} == set()
    old = DATABASES.validate_json(databases_of(done, aside=True))
    was = DATABASES.validate_json(databases_of(as_it_was))
    assert old.schema == was.schema
    assert {r.binary: r.version for r in old.records} == {r.binary: r.version for r in was.records}


def test_the_copies_go_through_every_release_and_the_old_ones_through_none(done: Rehearsal) -> None:
    schema = DATABASES.validate_json(databases_of(done)).schema
    assert schema == {d.name: dict(p.heads(d.name, TARGET)) for p in done.catalog.projects for d in p.databases}
    syncs = place_of(done.effects, "nova-manage sync")
    assert len(syncs) >= 2
    assert all(done.effects[at].startswith("new1: ") for at in syncs)


def test_each_thing_happens_in_its_turn_and_never_do_two_hosts_hold_the_address(done: Rehearsal) -> None:
    effects = done.effects
    stops = list(place_of(effects, "ctl", ": stop nova-conductor"))
    (dump,), (load,) = place_of(effects, "ctl1: dump 8 databases"), place_of(effects, "new1: restore all databases")
    gone = max(place_of(effects, "ctl", ": stop keepalived"))
    retired = place_of(effects, "ctl", ": stop mariadb")
    (moved,) = place_of(effects, "the virtual address moves here")
    first_sync = min(place_of(effects, "keystone-manage"))
    assert max(stops) < dump < load < gone < min(retired) < max(retired) < moved < first_sync
    assert effects[retired[-1]].startswith("ctl1: ")
    assert place_of(effects, TWO_HOLD_IT) == []


def test_new_hosts_have_the_operators_configuration_with_their_own_addresses(done: Rehearsal) -> None:
    text = text_on(done, "new2", "/etc/nova/nova.conf")
    assert "host = ctl2\n" in text
    assert f"rabbit://openstack:{SECRET}@10.77.0.31:5672/" in text
    assert "@10.77.0.250:3306/nova" in text
    assert "edited by hand" in text
    assert "10.77.0.32:8774" in text_on(done, "new2", "/etc/uwsgi/nova-api.ini")


def test_computes_are_told_the_new_brokers(done: Rehearsal) -> None:
    for host in COMPUTES:
        assert "@10.77.0.31:5672/" in text_on(done, host, "/etc/nova/nova.conf")
        assert "@10.77.0.31:5672/" in text_on(done, host, "/etc/neutron/neutron.conf")


def test_keys_arrive_whole_and_with_their_modes_and_no_secret_is_told(done: Rehearsal) -> None:
    with done.simulation.simulated.world() as world:
        for old, new in zip(OLD, NEW, strict=True):
            files = [world.state.hosts[host].files for host in (old, new)]
            assert all(files[0][f"{FERNET}/{number}"] == files[1][f"{FERNET}/{number}"] for number in (0, 1))
            assert files[0][FERNET] == files[1][FERNET]
    (run,) = [record.id for record in list_runs(done.home)]
    history = load_run(run, done.home)
    told = repr(history.findings) + repr(history.effects) + repr(history.outcomes)
    assert "10.77.0.31" in told
    assert SECRET not in told


def test_the_run_does_not_stop_between_the_old_services_and_the_new(folder: Path) -> None:
    plan = plan_of(cloud_in(folder))
    names = [stage.name for stage in plan.stages]
    between = names[names.index("stop-all") : names.index("roll-nova-api") + 1]
    assert set(between) & safe_points(plan).stages == set()


def test_the_old_databases_lead_back_and_all_is_as_it_was(folder: Path, done: Rehearsal) -> None:
    as_it_was, cloud = cloud_in(folder / "before"), copy_of(done, folder)
    before, code = kept(as_it_was), running(as_it_was)
    (upgraded,) = list_runs(cloud.home)
    with pytest.raises(Refused) as refused:
        cloud.plan_back(upgraded.id)
    assert refused.value.code == "rollback.replaced"
    back = cloud.apply(cloud.plan_back(upgraded.id, "restore"))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert running(cloud) == code
    assert differences(before, kept(cloud)) == set()
    schema = DATABASES.validate_json(databases_of(cloud)).schema
    assert schema == {d.name: dict(p.heads(d.name, SOURCE)) for p in cloud.catalog.projects for d in p.databases}
    assert place_of(cloud.effects, TWO_HOLD_IT) == []


@pytest.fixture(scope="module", params=FAILURES)
def failed(request: pytest.FixtureRequest, shared_folder: Path) -> tuple[str, Rehearsal]:
    """A stage whose command failed, and the cloud with its failed run, mended since."""
    cloud = cloud_in(shared_folder / f"failed-{request.param}")
    cloud.simulation.simulated.fail_command(FAILURES[request.param])
    assert cloud.apply(plan_of(cloud)).state is RunState.FAILED
    cloud.simulation.simulated.mend()
    return request.param, cloud


def test_a_run_that_fails_is_gone_on_with_to_the_same_end(
    folder: Path, done: Rehearsal, failed: tuple[str, Rehearsal]
) -> None:
    cloud = copy_of(failed[1], folder)
    (run,) = list_runs(cloud.home)
    result = cloud.resume(run.id)
    assert (result.state, result.lent) == (RunState.DONE, ())
    assert running(cloud) == running(done)
    assert files_with_passwords(cloud) == []
    assert place_of(cloud.effects, TWO_HOLD_IT) == []


def test_a_run_that_fails_is_taken_back_from_there(folder: Path, failed: tuple[str, Rehearsal]) -> None:
    as_it_was, cloud = cloud_in(folder / "before"), copy_of(failed[1], folder)
    before, code = kept(as_it_was), running(as_it_was)
    (run,) = list_runs(cloud.home)
    plan = cloud.plan_back(run.id, "restore" if failed[0] in AFTER_SERVING else "stay")
    back = cloud.apply(plan)
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert files_with_passwords(cloud) == []
    assert running(cloud) == code
    assert differences(before, kept(cloud)) == set()
    assert place_of(cloud.effects, TWO_HOLD_IT) == []


def test_before_anything_stops_there_is_nothing_to_take_back(folder: Path) -> None:
    cloud = cloud_in(folder)
    cloud.simulation.simulated.fail_command("new1: useradd")
    failed = cloud.apply(plan_of(cloud))
    with pytest.raises(InputError) as refused:
        cloud.plan_back(failed.run)
    assert refused.value.code == "rollback.nothing-done"


def codes_of(cloud: Rehearsal) -> set[str]:
    return {finding.code for finding in cloud.plan(strategy="replace").refusals}


def test_new_databases_that_are_not_empty_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        assert world.state.aside is not None
        world.state.aside.databases.schema["nova"] = {"main": "abc"}
    assert codes_of(cloud) == {"replace.database-not-empty"}


def test_rights_that_come_from_a_role_are_refused_and_seen_again_while_the_cloud_serves(folder: Path) -> None:
    cloud = cloud_in(folder)
    plan = plan_of(cloud)
    with cloud.simulation.simulated.world() as world:
        world.state.databases.roles = [("right", "openstack", "cinder"), ("granted", "readers", "nova@%")]
    refusals = cloud.plan(strategy="replace").refusals
    assert {finding.code for finding in refusals} == {"replace.rights-by-role"}
    assert [finding.found for finding in refusals] == ["rights on cinder", "granted to nova@%"]
    failed = cloud.apply(plan)  # made before there were roles
    assert (failed.state, failed.failed) == (RunState.FAILED, ("check/new1/healthy",))
    assert place_of(cloud.effects, ": stop nova-api") == []


def test_roles_that_cannot_be_read_are_not_taken_for_none(folder: Path) -> None:
    cloud = cloud_in(folder)
    cloud.simulation.simulated.fail_command("roles_mapping")
    assert "replace.not-read" in codes_of(cloud)


@pytest.mark.parametrize("state", [{"active": "active"}, {"is_enabled": True}])
def test_new_hosts_that_would_hold_the_address_too_now_or_after_a_boot_are_refused(
    folder: Path, state: dict[str, Any]
) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["new2"].units["keepalived"] = UnitState(text="[Service]", **state)
    assert codes_of(cloud) == {"replace.address-twice"}


def test_database_servers_of_another_series_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["new2"].variables["version"] = "11.4.2-MariaDB"
    assert codes_of(cloud) == {"replace.other-version"}


def test_users_with_other_numbers_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        wrong = {**world.state.hosts["ctl1"].accounts["nova"], "uid": 7}
        world.state.hosts["new1"].accounts["nova"] = wrong
    plan = cloud.plan(strategy="replace")
    assert [finding.subject for finding in plan.refusals] == ["nova on new1"]


def test_numbers_that_a_new_host_gave_to_somebody_else_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        nova, glance = (world.state.hosts["ctl1"].accounts[user] for user in ("nova", "glance"))
        there = world.state.hosts["new1"].accounts
        there["backup"] = {**nova, "group": "backup", "gid": 34}
        there["monitor"] = {**glance, "group": "monitor", "uid": 7}
        there["other"] = {**glance, "group": "cinder", "uid": 8, "gid": 9}
    refusals = cloud.plan(strategy="replace").refusals
    assert {finding.code for finding in refusals} == {"replace.number-taken"}
    told = {finding.subject: finding.found for finding in refusals}
    assert told == {
        "nova on new1": f"uid {nova['uid']} is that of the user backup",
        "glance on new1": f"gid {glance['gid']} is that of the group monitor",
        "cinder on new1": "the group cinder has the gid 9",
    }


def test_new_hosts_on_which_openstack_runs_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["new1"].units["nova-conductor"] = UnitState(active="active", text="[Service]")
    assert codes_of(cloud) == {"replace.runs-openstack"}


def test_new_hosts_without_room_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["new3"].free_bytes = 1000
    assert "replace.no-room" in codes_of(cloud)


def test_a_cluster_that_is_not_whole_is_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["new3"].units["mariadb"].active = "inactive"
        world.state.hosts["new3"].units["rabbitmq-server"].active = "inactive"
    assert {"replace.databases-not-well", "replace.brokers-not-well", "replace.not-read"} <= codes_of(cloud)


def test_images_that_the_new_hosts_would_not_see_are_refused_and_those_on_a_share_are_not(folder: Path) -> None:
    cloud = cloud_in(folder)
    local, shared = "/var/lib/glance/images", "/srv/shared/glance/images"
    with cloud.simulation.simulated.world() as world:
        world.state.hosts["ctl1"].files[local] = Entry("folder")
    assert codes_of(cloud) == {"replace.images-not-shared"}
    with cloud.simulation.simulated.world() as world:
        for host in (*OLD, *NEW):
            world.state.hosts[host].files[shared] = Entry("folder")
        for host in OLD:
            entry = world.state.hosts[host].files["/etc/glance/glance-api.conf"]
            entry.content += f"[glance_store]\nfilesystem_store_datadir = {shared}/\n".encode()
    assert codes_of(cloud) == set()


def test_volumes_on_disks_of_old_controllers_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        entry = world.state.hosts["ctl2"].files["/etc/cinder/cinder.conf"]
        entry.content = entry.content.replace(b"[DEFAULT]\n", b"[DEFAULT]\nenabled_backends = lvm\n")
    plan = cloud.plan(strategy="replace")
    assert [finding.subject for finding in plan.refusals] == ["lvm on ctl2"]


def test_names_of_old_hosts_that_would_stay_in_configuration_are_told_without_values(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        for host, path in (*((name, "/etc/keystone/keystone.conf") for name in OLD), ("cmp1", "/etc/nova/nova.conf")):
            entry = world.state.hosts[host].files[path]
            entry.content += (
                b"[cache]\nmemcache_servers = ctl1:11211,ctl2\n[redis]\nhost = ctl1.example.org\nkey = x@ctl3.y\n"
            )
    refusals = cloud.plan(strategy="replace").refusals
    found = "[cache] memcache_servers (ctl2); [redis] host (ctl1); [redis] key (ctl3)"
    assert [(finding.code, finding.subject, finding.found) for finding in refusals] == [
        ("replace.name-stays", "/etc/keystone/keystone.conf on ctl1, ctl2, ctl3", found),
        ("replace.name-stays", "/etc/nova/nova.conf on cmp1", found),
    ]
    assert {finding.severity for finding in refusals} == {Severity.WARNING}
    assert "example.org" not in repr(refusals)


def test_services_go_by_the_old_names_also_where_no_file_says_so(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        for host in OLD:
            entry = world.state.hosts[host].files["/etc/nova/nova.conf"]
            entry.content = entry.content.replace(f"host = {host}\n".encode(), b"")
    assert cloud.apply(plan_of(cloud)).state is RunState.DONE
    assert "host = ctl3\n" in text_on(cloud, "new3", "/etc/nova/nova.conf")


def test_the_plan_says_what_each_stage_is_for_how_long_and_what_takes_it_back(folder: Path) -> None:
    plan = plan_of(cloud_in(folder))
    assert plan.title.endswith(f"from {SOURCE} to {TARGET} over {BETWEEN}, on a new control plane (new1, new2, new3)")
    assert all(stage.why and stage.undo and stage.estimate_s > 0 for stage in plan.stages)
    assert [stage.name for stage in plan.stages if stage.gate] == ["close"]
    names = [stage.name for stage in plan.stages]
    before = {"ready", "protect", "accounts", "place", "bring", "check"}
    assert set(names[: names.index("close")]) == before


def test_the_next_upgrade_of_the_new_control_plane_is_planned_as_any_other(done: Rehearsal) -> None:
    replacement = plan_replacement(done.simulation.cloud, done.simulation.onto)
    described = replace(with_control_plane(done.simulation.cloud, replacement.new), release=TARGET)
    fill_store(described.environments.path, ["2026.1"])
    later = Rehearsal(replace(done.simulation, cloud=described), done.home, TARGET, "2026.1")
    plan = later.plan()
    assert plan.findings == ()
    starts = [step for _, _, step in plan.steps() if step.id == "roll-nova-conductor/new2/80-start"]
    assert [step.params["reports_as"] for step in starts] == [["nova-conductor@ctl2"]]


def carried_on(cloud: Rehearsal, folder: Path, run: str | None, crash_at: str) -> int:
    """Apply the plan, or resume a run, in a process of its own; -9 when it was killed."""

    def carry_on() -> int:
        own = Rehearsal(open_simulation(folder, SOURCE), cloud.home, SOURCE, TARGET)
        return (own.apply(plan_of(own)) if run is None else own.resume(run)).exit_code

    return in_a_child(carry_on, crash_at)


KILLS = (
    "after_effect:accounts/new3/*:3",
    "after_effect:bring/new1/10-configuration",
    "before_outcome:stop-all/ctl2/*",
    "after_effect:load/new1-databases/10-carry:1",
    "after_effect:load/new1-databases/10-carry:2",
    "after_effect:load/new1-databases/10-carry:3",
    "after_effect:load/new1-databases/10-carry",
    "after_effect:load/new1-databases/20-load",
    "after_effect:release-address/ctl1/10-retire:2",
    "after_intent:retire/ctl2/retire",
    "before_outcome:retire/ctl1/retire",
    "after_effect:take-address/new1/10-start-new1:2",
    "after_effect:pass-2025.1/new1/nova-sync",
    "after_effect:roll-keystone/new2/30-switch",
    "after_effect:roll-computes/cmp1/00-addresses",
    "before_outcome:roll-computes/cmp2/*",
)


@pytest.mark.timeout(1200)
def test_however_often_it_is_killed_the_replacement_ends_the_same(folder: Path, done: Rehearsal) -> None:
    three_plus_two(SOURCE, folder, store=[BETWEEN, TARGET], is_kept=True, has_spares=True)
    cloud = Rehearsal(open_simulation(folder, SOURCE), Home(folder / "home"), SOURCE, TARGET)
    run: str | None = None
    for crash_at in KILLS:
        assert carried_on(cloud, folder, run, crash_at) == -signal.SIGKILL, crash_at
        (record,) = list_runs(cloud.home)
        run = record.id
    assert run is not None
    assert carried_on(cloud, folder, run, "") == 0
    cloud = Rehearsal(open_simulation(folder, SOURCE), cloud.home, SOURCE, TARGET)
    history = load_run(run, cloud.home)
    assert history.record.state is RunState.DONE
    assert [loan.name for loan in history.loans if loan.is_open] == []
    assert effects_repeated(history.effects) == []
    assert history.unfinished == ()
    assert kept(cloud) == kept(done)
    assert files_of_new_hosts(cloud) == files_of_new_hosts(done)
    assert running(cloud) == running(done)
    assert place_of(cloud.effects, TWO_HOLD_IT) == []
    assert len(place_of(cloud.effects, "databases to /var/lib/ostler")) == 1


def files_of_new_hosts(cloud: Rehearsal) -> dict[tuple[str, str], tuple[bytes, int, str]]:
    with cloud.simulation.simulated.world() as world:
        return {
            (host, path): (entry.content, entry.mode, entry.owner)
            for host in NEW
            for path, entry in world.state.hosts[host].files.items()
            if path.startswith("/etc/") and entry.kind == "file"
        }


def files_with_passwords(cloud: Rehearsal) -> list[tuple[str, str]]:
    with cloud.simulation.simulated.world() as world:
        return [
            (name, path)
            for name, host in world.state.hosts.items()
            for path in host.files
            if "accounts" in path and path.endswith(".sql")
        ]


def test_no_file_with_passwords_is_left_behind(done: Rehearsal) -> None:
    assert files_with_passwords(done) == []


def test_what_carries_passwords_is_made_when_the_dump_is_there_and_gone_from_its_host_as_soon_as_the_run_fails(
    folder: Path,
) -> None:
    cloud = cloud_in(folder)
    cloud.simulation.simulated.fail_command(FAILURES["accounts"])
    failed = cloud.apply(plan_of(cloud))
    (sent,) = place_of(cloud.effects, "new1: send ", "databases.sql.zst.sha256")
    (made,) = place_of(cloud.effects, "ctl1: dump the accounts")
    assert sent < made
    assert (failed.state, failed.lent) == (RunState.FAILED, ())
    assert "ctl1" not in dict(files_with_passwords(cloud))


@pytest.mark.parametrize("is_reachable", [True, False])
def test_a_killed_run_that_is_taken_back_leaves_no_passwords_where_they_can_be_removed(
    folder: Path, is_reachable: bool
) -> None:
    three_plus_two(SOURCE, folder, store=[BETWEEN, TARGET], is_kept=True, has_spares=True)
    cloud = Rehearsal(open_simulation(folder, SOURCE), Home(folder / "home"), SOURCE, TARGET)
    assert carried_on(cloud, folder, None, "after_effect:load/new1-databases/10-carry:3") == -signal.SIGKILL
    cloud = Rehearsal(open_simulation(folder, SOURCE), cloud.home, SOURCE, TARGET)
    assert set(dict(files_with_passwords(cloud))) == {"ctl1", "new1"}
    if not is_reachable:
        cloud.simulation.simulated.break_host("new1")
    (record,) = list_runs(cloud.home)
    copied = cloud.home.received(record.id) / ".forward-0123456789abcdef"  # where it is killed while it copies a dump
    copied.mkdir(parents=True)
    (copied / "file").write_bytes(b"rows")
    plan = cloud.plan_back(record.id)
    assert any("accounts.sql" in note for note in plan.notes) is not is_reachable
    back = cloud.apply(plan)
    # A host that is away only keeps it from being proved that nothing runs there.
    assert {step.rpartition("/")[2] for step in back.failed} == (set() if is_reachable else {"processes"})
    assert back.lent == ()
    assert set(dict(files_with_passwords(cloud))) == (set() if is_reachable else {"new1"})
    assert not copied.exists()


@pytest.mark.parametrize(
    "pattern", ["new2: systemctl stop keepalived", "ctl1: .*ostler-begin-cluster", "ctl1: systemctl start keepalived"]
)
def test_a_way_back_that_fails_is_gone_on_with(folder: Path, done: Rehearsal, pattern: str) -> None:
    as_it_was, cloud = cloud_in(folder / "before"), copy_of(done, folder)
    before, code = kept(as_it_was), running(as_it_was)
    (upgraded,) = list_runs(cloud.home)
    plan = cloud.plan_back(upgraded.id, "restore")
    cloud.simulation.simulated.fail_command(pattern)
    failed = cloud.apply(plan)
    assert failed.state is RunState.FAILED
    cloud.simulation.simulated.mend()
    assert cloud.resume(failed.run).state is RunState.DONE
    assert running(cloud) == code
    assert differences(before, kept(cloud)) == set()
    assert place_of(cloud.effects, TWO_HOLD_IT) == []


def test_what_users_made_since_is_listed_before_the_way_back(folder: Path, done: Rehearsal) -> None:
    cloud = copy_of(done, folder)
    (upgraded,) = list_runs(cloud.home)
    with cloud.simulation.simulated.world() as world:
        add(world, "networks", {"name": "made-since", "status": "ACTIVE"})
    plan = cloud.plan_back(upgraded.id, "restore")
    assert "network made-since" in [
        finding.subject for finding in plan.findings if finding.code == "rollback.will-be-lost"
    ]
