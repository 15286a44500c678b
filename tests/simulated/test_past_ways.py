"""Ways through releases before 2023.1, and their way back, carried out on simulated clouds."""

from __future__ import annotations

import itertools
import re
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
import pytest
from rehearsing import Rehearsal, copy_of, in_a_child, place_of, rehearsal
from test_simulated_upgrade import differences, kept

from ostler.catalog import load_catalog, projects_of
from ostler.cloud.model import Databases
from ostler.environments.old_releases import PYTHON_OF
from ostler.errors import Finding, InputError, Severity
from ostler.execution.home import Home
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.execution.simulation import Simulation, archives, open_simulation, three_plus_two
from ostler.execution.simulation.archives import INTERPRETER
from ostler.execution.step_book import effects_repeated
from ostler.facts.model import wanted
from ostler.facts.speed import Speed
from ostler.planning.model import Plan
from ostler.planning.rehearsed import Beginning, CommandRun, DiskTaken, HopOutcome
from ostler.planning.rehearsed import Rehearsal as Rehearsed
from ostler.planning.upgrade.request import Strategy
from ostler.remote.simulated.planes import TWO_HOLD_IT
from ostler.remote.simulated.state import Entry
from ostler.steps.model import Step

TAKEN_ON = ("upgrade.past-not-rehearsed", "upgrade.left-undone")
PLACEMENT = {"uid": 64900, "gid": 64900, "group": "placement", "home": "/var/lib/placement", "shell": "/bin/false"}
PLACEMENT_CONF, CINDER_CONF = "/etc/placement/placement.conf", "/etc/cinder/cinder.conf"


def between(source: str, target: str) -> list[str]:
    return [hop.target.id for hop in load_catalog().way(source, target)][:-1]


def make_ready(simulation: Simulation, source: str) -> None:
    """Do what the operator of a past cloud has to do before."""
    with simulation.simulated.world() as world:
        for host in world.state.hosts.values():
            for version in set(PYTHON_OF.values()):
                host.files[INTERPRETER.format(version)] = Entry("file", b"a Python", mode=0o755)
            if host.name.startswith(("new", "ctl")) and "stein" in between(source, "2025.1"):
                host.accounts["placement"] = dict(PLACEMENT)
        world.note("made ready")


def cloud_in(folder: Path, source: str, target: str, *, has_spares: bool = False) -> Rehearsal:
    cloud = rehearsal(folder, source, target, between(source, target), has_spares=has_spares)
    make_ready(cloud.simulation, source)
    return cloud


def plan_of(cloud: Rehearsal, strategy: Strategy) -> Plan:
    plan = cloud.plan(strategy=strategy, accept=TAKEN_ON)
    assert [refusal.code for refusal in plan.refusals] == []
    return plan


def codes_of(cloud: Rehearsal, strategy: Strategy = "fast-forward") -> set[str]:
    return {finding.code for finding in cloud.plan(strategy=strategy, accept=TAKEN_ON).refusals}


def schema_of(cloud: Rehearsal) -> dict[str, set[str]]:
    """What the version tables hold of the databases that are the cloud's now."""
    with cloud.simulation.simulated.world() as world:
        blueprint, schema = world.blueprint, world.state.databases.schema
        return {
            name: set(at.values() if blueprint.is_migrated(name, at) else blueprint.rows(name, at))
            for name, at in schema.items()
        }


def schema_at(release: str) -> dict[str, set[str]]:
    return {d.name: set(p.version_rows(d.name, release)) for p in projects_of(release) for d in p.databases}


def running(cloud: Rehearsal, hosts: Sequence[str]) -> dict[str, set[str]]:
    """The environments that processes of hosts run from."""
    described = cloud.simulation.cloud
    everything = replace(described, hosts={**described.hosts, **cloud.simulation.onto.hosts})
    snapshot = cloud.snapshot([wanted("host.processes", host) for host in hosts], everything)
    return {
        host: {service["environment"] for service in snapshot.known("host.processes", host).values() if service["pids"]}
        for host in hosts
    }


def steps_of(plan: Plan, kind: str) -> list[Step]:
    return [step for _, _, step in plan.steps() if step.kind == kind]


WAYS: list[tuple[str, str, Strategy]] = [
    ("zed", "2023.1", "fast-forward"),
    ("yoga", "2025.1", "replace"),
    ("train", "xena", "replace"),
    ("queens", "train", "fast-forward"),
    ("ocata", "rocky", "fast-forward"),
    ("ocata", "rocky", "replace"),
    ("pike", "2025.1", "fast-forward"),
]


@pytest.mark.long
@pytest.mark.parametrize(("source", "target", "strategy"), WAYS, ids=["-".join(way) for way in WAYS])
def test_a_past_cloud_gets_to_the_target_in_one_plan_and_back_again(
    folder: Path, source: str, target: str, strategy: Strategy
) -> None:
    cloud = cloud_in(folder, source, target, has_spares=strategy == "replace")
    before = kept(cloud)
    done = cloud.apply(plan_of(cloud, strategy))
    assert (done.state, done.failed, done.left, done.lent) == (RunState.DONE, (), (), ())
    assert schema_of(cloud) == schema_at(target)
    # The cloud file says where the cloud is now.
    described = replace(cloud.simulation, cloud=replace(cloud.simulation.cloud, release=target))
    cloud = replace(cloud, simulation=described)
    back = cloud.apply(cloud.plan_back(done.run, "restore"))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert {name: rows for name, rows in schema_of(cloud).items() if name in schema_at(source)} == schema_at(source)
    changed = {path for host, path in differences(before, kept(cloud)) if host.startswith(("ctl", "cmp"))}
    assert changed == set()


@pytest.fixture(scope="module")
def replaced(shared_folder: Path) -> tuple[Rehearsal, Plan]:
    """A cloud of Pike on a new control plane of 2025.1, and the plan that brought it there."""
    cloud = cloud_in(shared_folder, "pike", "2025.1", has_spares=True)
    with cloud.simulation.simulated.world() as world:
        world.state.databases.in_the_way["use_quota"] = 3
    plan = plan_of(cloud, "replace")
    done = cloud.apply(plan)
    assert (done.state, done.failed, done.left, done.lent) == (RunState.DONE, (), (), ())
    return cloud, plan


def test_pike_goes_by_every_release_with_its_own_code_and_the_old_hosts_are_only_stopped(
    replaced: tuple[Rehearsal, Plan],
) -> None:
    cloud, plan = replaced
    assert plan.request["way"] == [*between("pike", "2025.1"), "2025.1"]
    code = running(cloud, ["ctl1", "ctl2", "ctl3", "new1", "new2", "new3", "cmp1", "cmp2"])
    versions = {f"/opt/openstack/venvs/{p.name}-{p.version('2025.1')}" for p in cloud.catalog.projects}
    assert all(code[host] == versions for host in ("new1", "new2", "new3"))
    assert all(code[host] == set() for host in ("ctl1", "ctl2", "ctl3"))
    assert code["cmp1"] == code["cmp2"] < versions
    syncs = [cloud.effects[at] for at in place_of(cloud.effects, "nova-manage sync: nova_cell0")]
    nova = cloud.catalog.reaching("pike").project("nova")
    moved = [nova.heads("nova", release)["main"] for release in plan.request["way"]]
    assert [line.rpartition("=")[2] for line in syncs] == list(dict.fromkeys(moved))


def test_placement_leaves_nova_when_nothing_runs_before_any_schema_of_stein(replaced: tuple[Rehearsal, Plan]) -> None:
    cloud, plan = replaced
    effects = cloud.effects
    (made,), (taken,) = place_of(effects, "make the database placement"), place_of(effects, "are taken out of nova's")
    stopped = max(place_of(effects, "ctl", ": stop nova-placement-api"))
    nova = cloud.catalog.reaching("pike").project("nova")
    (stein,) = place_of(effects, f"nova_api main={nova.heads('nova_api', 'stein')['main']}")
    assert stopped < made < taken < stein
    assert effects[taken].startswith("new1: ")
    text = cloud.simulation.simulated.transport.fetch("new3", PLACEMENT_CONF).decode()
    assert "/placement\n" in text
    assert "password" not in "".join(str(step.params) for _, _, step in plan.steps() if "placement" in step.id)


def test_rows_that_only_show_on_the_way_are_mended_there(replaced: tuple[Rehearsal, Plan]) -> None:
    cloud, plan = replaced
    (mend,) = steps_of(plan, "mend-rows")
    assert mend.id.startswith("pass-2024.1/")
    (mended,) = place_of(cloud.effects, "3 rows of use_quota mended")
    cinder = cloud.catalog.project("cinder")
    (changed,) = place_of(cloud.effects, f"cinder main={cinder.heads('cinder', '2024.1')['main']}")
    assert mended < changed
    assert any("cinder.use-quota-of-deleted-volumes" in note and "by itself" in note for note in plan.notes)


def test_what_shuts_first_begins_work_and_novas_placement_goes_on_until_all_stops(
    replaced: tuple[Rehearsal, Plan],
) -> None:
    stops = [step for step in steps_of(replaced[1], "stop-service") if step.host == "ctl1"]
    by_stage = {
        name: {u for s in stops if s.id.startswith(name) for u in s.params["units"]} for name in ("close", "stop-all")
    }
    assert {"nova-api", "cinder-api"} <= by_stage["close"]
    assert "nova-placement-api" not in by_stage["close"]
    assert {"nova-placement-api", "nova-consoleauth", "glance-registry"} <= by_stage["stop-all"]


def test_the_programs_of_every_past_release_are_tried_by_their_users_before_anything_stops(
    replaced: tuple[Rehearsal, Plan],
) -> None:
    _, plan = replaced
    tried = [(stage.name, step) for stage, _, step in plan.steps() if "/try-" in step.id]
    assert {stage for stage, _ in tried} == {"place"}
    assert {step.host for _, step in tried} == {"new1"}
    assert {step.id.rpartition("-")[2] for _, step in tried} == set(between("pike", "2023.1"))
    assert all(step.params["user"] in step.id for _, step in tried)


def test_what_a_migration_says_counts_where_its_exit_code_proves_nothing(replaced: tuple[Rehearsal, Plan]) -> None:
    steps = {step.id: step.params for step in steps_of(replaced[1], "run-management")}
    told = {name: params["doubts"]["0"][0] for name, params in steps.items() if "doubts" in params}
    assert set(told.values()) == {"Error attempting to run"}
    hops = {name.partition("/")[0] for name in told if "nova-online" in name}
    assert hops == {"ready", "pass-queens", "pass-rocky"}
    left = {name: params["borne"] for name, params in steps.items() if "borne" in params}
    assert set(left) == {f"pass-{release}/new1/cinder-online-data-migrations" for release in ("queens", "rocky")}
    alone = left["pass-rocky/new1/cinder-online-data-migrations"]["2"][0]
    assert re.search(alone, "Error attempting to run shared_targets_online_data_migration")
    assert not re.search(alone, "Error attempting to run service_uuids\nError attempting to run shared_targets_x")


def test_known_blockers_and_the_ways_of_the_catalog_are_told(replaced: tuple[Rehearsal, Plan]) -> None:
    _, plan = replaced
    known = load_catalog().blockers_of("pike", "2025.1")
    told = [b.code for b in known if b.kind == "blocker" and not b.code.startswith("environment.")]
    assert [note.split(": ")[1] for note in plan.notes if note.startswith("known on this way: ")] == told
    assert len(told) > 10
    assert any("libvirt 8.0.0 and QEMU 6.2.0" in note for note in plan.notes)


def test_what_is_taken_on_is_asked_for(folder: Path) -> None:
    plan = cloud_in(folder, "pike", "2025.1").plan(strategy="fast-forward")
    assert {(f.code, f.severity) for f in plan.refusals} == {(code, Severity.WARNING) for code in TAKEN_ON}
    left = [f for f in plan.refusals if f.code == "upgrade.left-undone"]
    assert [f.subject for f in left] == ["cinder on pike → queens", "cinder on queens → rocky"]
    assert all("nothing is lost" in f.do_next for f in left)


def rehearsed(cloud: Rehearsal, stopped: str = "") -> Rehearsed:
    """A rehearsal of the whole way, in which every project came through; cinder on the hop to `stopped` by a fix."""
    stands = cloud.snapshot([wanted("databases.schema")]).known("databases.schema")
    order = [cloud.source, *between(cloud.source, cloud.target), cloud.target]
    fix = Finding(
        "cinder.use-quota-of-deleted-volumes", Severity.WARNING, "cinder", "got over on the copy", do_next="mend"
    )
    run = CommandRun("cinder-manage db sync", "schema", stopped, 0, "done", 1.0, 2.0, "fixed", findings=(fix,))
    hops = tuple(
        HopOutcome(a, b, name, "fixed", (run,))
        if (name, b) == ("cinder", stopped)
        else HopOutcome(a, b, name, "ok", ())
        for a, b in itertools.pairwise(order)
        for name in cloud.catalog.project_names
    )
    taken_at = cloud.simulation.simulated.now() - 60
    sizes = dict.fromkeys(stands, 2_000_000)
    beginning = Beginning(taken_at, {n: tuple(rows) for n, rows in stands.items()}, sizes, Speed(0.03, 0.04), 1.0)
    return Rehearsed(cloud.source, cloud.target, tuple(stands), hops, 60.0, beginning, DiskTaken(1, 1, 1))


def test_a_rehearsal_of_the_whole_way_is_all_the_plan_waits_for(folder: Path) -> None:
    cloud = cloud_in(folder, "xena", "2024.1")
    assert codes_of(cloud) == set()
    without = cloud.plan(strategy="fast-forward")
    assert [refusal.code for refusal in without.refusals] == ["upgrade.past-not-rehearsed"]
    plan = cloud.plan(strategy="fast-forward", rehearsals=(rehearsed(cloud),))
    assert plan.refusals == ()


def test_a_fix_that_the_plan_makes_itself_is_not_asked_for(folder: Path) -> None:
    cloud = cloud_in(folder, "wallaby", "2024.1")
    plan = cloud.plan(strategy="fast-forward", rehearsals=(rehearsed(cloud, stopped="2024.1"),))
    assert plan.refusals == ()
    assert [f.subject for f in plan.findings if f.code == "upgrade.rehearsed-fix-in-plan"] == [
        "cinder on 2023.1 → 2024.1"
    ]


def test_a_schema_that_came_by_plain_sync_is_taken_for_what_it_is(folder: Path) -> None:
    cloud = cloud_in(folder, "pike", "rocky")
    with cloud.simulation.simulated.world() as world:
        world.state.databases.schema["glance"] = {"main": "pike01"}
    about = [f.code for f in cloud.plan(strategy="fast-forward").findings if f.code.startswith("databases.")]
    assert about == []


def test_interpreters_and_users_that_are_not_there_are_told_each(folder: Path) -> None:
    cloud = rehearsal(folder, "rocky", "train", ["stein"])
    refusals = cloud.plan(strategy="fast-forward", accept=TAKEN_ON).refusals
    pythons = [f.subject for f in refusals if f.code == "environments.interpreter-missing"]
    assert pythons == [f"{INTERPRETER.format('3.6')} on {host}" for host in ("ctl1", "ctl2", "ctl3", "cmp1", "cmp2")]
    users = [f.subject for f in refusals if f.code == "upgrade.no-user"]
    assert users == ["placement on ctl1", "placement on ctl2", "placement on ctl3"]


def test_environments_whose_python_only_root_can_reach_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "INTERPRETER", "/root/.pyenv/{0}/bin/python{0}")
    cloud = cloud_in(folder, "yoga", "2023.1")
    (refusal,) = cloud.plan(strategy="fast-forward", accept=TAKEN_ON).refusals
    assert (refusal.code, refusal.subject) == (
        "environments.interpreter-out-of-reach", "/root/.pyenv/3.10/bin/python3.10",
    )  # fmt: skip


def test_a_way_that_ends_where_placement_leaves_is_refused(folder: Path) -> None:
    assert codes_of(cloud_in(folder, "rocky", "stein")) == {"upgrade.ends-without-extraction"}


@pytest.mark.parametrize(
    ("fails", "databases", "made"),
    [("ostler-dump", "stay", {}), ("ostler-take-placement-out", "restore", {"placement": set[str]()})],
)
def test_a_way_back_leaves_no_settings_of_placement_and_tells_of_its_database(
    folder: Path, fails: str, databases: Literal["stay", "restore"], made: dict[str, set[str]]
) -> None:
    cloud = cloud_in(folder, "rocky", "train")
    before = kept(cloud)
    cloud.simulation.simulated.fail_command(fails)
    failed = cloud.apply(plan_of(cloud, "fast-forward"))
    assert failed.state is RunState.FAILED
    assert cloud.simulation.simulated.transport.fetch("ctl3", PLACEMENT_CONF)
    cloud.simulation.simulated.mend()
    plan = cloud.plan_back(failed.run, databases)
    assert any("The database placement, which the run made, stays" in note for note in plan.notes) is bool(made)
    back = cloud.apply(plan)
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert schema_of(cloud) == {**schema_at("rocky"), **made}
    assert differences(before, kept(cloud)) == set()


def test_a_database_that_an_earlier_attempt_left_is_refused(folder: Path) -> None:
    cloud = cloud_in(folder, "rocky", "train")
    with cloud.simulation.simulated.world() as world:
        world.state.databases.schema["placement"] = {"main": "b4ed3a175331"}
    assert codes_of(cloud) == {"upgrade.database-before-extraction"}


def test_rows_that_would_stop_the_run_with_everything_down_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder, "queens", "train")
    with cloud.simulation.simulated.world() as world:
        world.state.databases.in_the_way["instance_group_member"] = 2
    (refusal,) = cloud.plan(strategy="fast-forward", accept=TAKEN_ON).refusals
    assert (refusal.code, refusal.subject) == ("upgrade.rows-in-the-way", "nova.request-specs-of-server-groups")
    assert refusal.found == "2 rows it stops at"


def test_addresses_that_later_code_does_not_understand_are_refused(folder: Path) -> None:
    cloud = cloud_in(folder, "yoga", "2023.1")
    with cloud.simulation.simulated.world() as world:
        for host in ("ctl1", "ctl3"):
            entry = world.state.hosts[host].files[CINDER_CONF]
            entry.content = entry.content.replace(b"mysql+pymysql://", b"mysql://")
    (refusal,) = cloud.plan(strategy="fast-forward", accept=TAKEN_ON).refusals
    assert (refusal.code, refusal.subject) == ("upgrade.database-driver", f"{CINDER_CONF} on ctl1 and 1 more")
    assert "0123456789abcdef" not in repr(refusal)


@pytest.mark.parametrize(
    ("host", "strategy", "is_refused"),
    [("ctl2", "fast-forward", True), ("ctl2", "replace", False), ("new2", "replace", True)],
)
def test_apis_that_a_load_balancer_of_the_target_does_not_know_are_refused(
    folder: Path, host: str, strategy: Strategy, is_refused: bool
) -> None:
    cloud = cloud_in(folder, "yoga", "2023.1", has_spares=True)
    with cloud.simulation.simulated.world() as world:
        del world.state.hosts[host].balancer["nova-metadata"]
    assert ("upgrade.backend-missing" in codes_of(cloud, strategy)) is is_refused


def test_an_environment_of_a_past_release_that_is_missing_is_told_and_one_that_nobody_has_is_not(folder: Path) -> None:
    cloud = rehearsal(folder, "pike", "rocky", between=())
    refusals = cloud.plan(strategy="fast-forward", accept=TAKEN_ON).refusals
    missing = [f for f in refusals if f.code == "environments.missing"]
    assert {f.subject for f in missing} == {f"{name} queens" for name in ("keystone", "cinder", "neutron", "nova")}
    assert all("ostler env build queens --cloud FILE" in f.do_next for f in missing)


def test_a_cloud_file_that_names_no_databases_is_told(folder: Path) -> None:
    cloud = cloud_in(folder, "pike", "2025.1")
    described = replace(cloud.simulation.cloud, databases=Databases())
    cloud = replace(cloud, simulation=replace(cloud.simulation, cloud=described))
    assert "upgrade.not-described" in codes_of(cloud)


def test_rolling_over_a_past_hop_is_refused_with_the_ways_there_are(folder: Path) -> None:
    with pytest.raises(InputError) as refused:
        cloud_in(folder, "yoga", "zed").plan()
    assert refused.value.code == "catalog.release-not-planned"
    assert "--strategy replace" in refused.value.do_next
    assert "--strategy fast-forward" in refused.value.do_next


def test_computes_that_cannot_run_the_code_end_the_run_before_anything_stops(folder: Path) -> None:
    cloud = cloud_in(folder, "yoga", "2023.1", has_spares=True)
    cloud.simulation.simulated.fail_command("cmp2: .*ostler-unpack")
    failed = cloud.apply(plan_of(cloud, "replace"))
    assert failed.state is RunState.FAILED
    assert place_of(cloud.effects, ": stop ") == []


def carried_on(cloud: Rehearsal, folder: Path, run: str | None, crash_at: str) -> int:
    """Apply the plan, or resume a run, in a process of its own; -9 when it was killed."""

    def carry_on() -> int:
        own = Rehearsal(open_simulation(folder, cloud.source), cloud.home, cloud.source, cloud.target)
        return (own.apply(plan_of(own, "replace")) if run is None else own.resume(run)).exit_code

    return in_a_child(carry_on, crash_at)


KILLS = (
    "after_effect:place/new1/try-nova-queens",
    "after_effect:placement-settings/new2/derive",
    "after_intent:pass-queens/new1/cinder-online-data-migrations",
    "after_effect:pass-stein/new1/placement-database",
    "after_effect:pass-stein/new1/placement-extraction",
    "before_outcome:pass-train/new1/keystone-expand",
    "after_effect:pass-zed/new1/keystone-contract",
    "before_outcome:roll-placement-api/new2/80-start",
)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_however_often_it_is_killed_the_way_ends_the_same(folder: Path, replaced: tuple[Rehearsal, Plan]) -> None:
    source, target = "pike", "2025.1"
    simulation = three_plus_two(source, folder, store=[*between(source, target), target], is_kept=True, has_spares=True)
    make_ready(simulation, source)
    cloud = Rehearsal(simulation, Home(folder / "home"), source, target)
    run: str | None = None
    for crash_at in KILLS:
        assert carried_on(cloud, folder, run, crash_at) == -signal.SIGKILL, crash_at
        (record,) = list_runs(cloud.home)
        run = record.id
    assert run is not None
    assert carried_on(cloud, folder, run, "") == 0
    cloud = Rehearsal(open_simulation(folder, source), cloud.home, source, target)
    history = load_run(run, cloud.home)
    assert history.record.state is RunState.DONE
    assert [loan.name for loan in history.loans if loan.is_open] == []
    assert effects_repeated(history.effects) == []
    assert schema_of(cloud) == schema_at(target)
    assert kept(cloud) == kept(replaced[0])
    assert len(place_of(cloud.effects, "are taken out of nova's")) == 1
    assert place_of(cloud.effects, TWO_HOLD_IT) == []


def test_killed_in_the_middle_of_the_way_the_old_control_plane_starts_as_it_was_left(
    folder: Path, replaced: tuple[Rehearsal, Plan]
) -> None:
    cloud = cloud_in(folder, "pike", "2025.1", has_spares=True)
    hosts = ["ctl1", "ctl2", "ctl3", "cmp1", "cmp2"]
    code, before = running(cloud, hosts), kept(cloud)
    cloud.simulation.simulated.fail_command("placement-2.0.1/bin/placement-manage .*db sync")
    failed = cloud.apply(plan_of(cloud, "replace"))
    assert failed.state is RunState.FAILED
    assert not any(running(cloud, hosts).values())
    cloud.simulation.simulated.mend()
    back = cloud.apply(cloud.plan_back(failed.run))
    with cloud.simulation.simulated.world() as world:
        assert not any(PLACEMENT_CONF in world.state.hosts[host].files for host in ("new1", "new2", "new3"))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert running(cloud, hosts) == code
    assert {place for place in differences(before, kept(cloud)) if place[0] in hosts} == set()


def test_a_fast_forward_that_began_to_change_a_past_schema_needs_the_dump(folder: Path) -> None:
    cloud = cloud_in(folder, "train", "xena")
    cloud.simulation.simulated.fail_command("keystone-17.0.1/bin/keystone-manage .*--expand")
    failed = cloud.apply(plan_of(cloud, "fast-forward"))
    assert failed.state is RunState.FAILED
    history = load_run(failed.run, cloud.home)
    assert any(outcome.step.endswith("/keystone-expand") for outcome in history.outcomes)
    cloud.simulation.simulated.mend()
    back = cloud.apply(cloud.plan_back(failed.run, "restore"))
    assert (back.state, back.failed) == (RunState.DONE, ())
    assert schema_of(copy_of(cloud, folder / "copy")) == schema_at("train")
