"""Upgrades over several hops with the services stopped, and their way back, carried out on a simulated cloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rehearsing import Rehearsal, copy_of, place_of, rehearsal
from test_simulated_upgrade import differences, kept, running

from ostler.deployment.paths import environment_path
from ostler.errors import Refused
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs
from ostler.facts.model import wanted
from ostler.facts.predicate import holds
from ostler.planning.model import Plan
from ostler.steps.model import Step

SOURCE, BETWEEN, TARGET = "2023.1", "2024.1", "2025.1"
NOVA_CONF = "/etc/nova/nova.conf"
UNCHECKED = "disable_compute_service_check_for_ffu"


def cloud_in(folder: Path, target: str = TARGET, between: tuple[str, ...] = (BETWEEN,)) -> Rehearsal:
    return rehearsal(folder, SOURCE, target, between=between)


def plan_of(cloud: Rehearsal) -> Plan:
    plan = cloud.plan(strategy="fast-forward")
    assert plan.refusals == ()
    return plan


def schema_of(cloud: Rehearsal) -> dict[str, set[str]]:
    schema = cloud.snapshot([wanted("databases.schema")]).known("databases.schema")
    return {name: set(rows) for name, rows in schema.items()}


def schema_at(cloud: Rehearsal, release: str) -> dict[str, set[str]]:
    return {
        database.name: set(project.version_rows(database.name, release))
        for project in cloud.catalog.projects
        for database in project.databases
    }


def steps_of(plan: Plan, kind: str) -> list[Step]:
    return [step for _, _, step in plan.steps() if step.kind == kind]


@pytest.fixture(scope="module")
def done(shared_folder: Path) -> Rehearsal:
    cloud = cloud_in(shared_folder / "done")
    result = cloud.apply(plan_of(cloud))
    assert (result.state, result.failed, result.left, result.lent) == (RunState.DONE, (), (), ())
    return cloud


@pytest.fixture(scope="module")
def planned(shared_folder: Path) -> tuple[Rehearsal, Plan]:
    """A cloud that nothing was done to, and its plan."""
    cloud = cloud_in(shared_folder / "planned")
    return cloud, plan_of(cloud)


def test_every_process_and_every_database_is_at_the_target(done: Rehearsal) -> None:
    nova, neutron = (environment_path(name, done.catalog.project(name).version(TARGET)) for name in ("nova", "neutron"))
    assert running(done)["cmp1"] == {nova, neutron}
    assert all(len(paths) == 6 for host, paths in running(done).items() if host.startswith("ctl"))
    assert schema_of(done) == schema_at(done, TARGET)


def test_all_is_stopped_before_the_dump_and_the_code_of_each_release_runs_in_turn(done: Rehearsal) -> None:
    effects = done.effects
    (dump,) = place_of(effects, "databases to /var/lib/ostler")
    heads = [done.catalog.project("nova").heads("nova", release)["main"] for release in (BETWEEN, TARGET)]
    (at_between,), (at_target,) = (place_of(effects, "nova-manage sync", f"nova main={head}") for head in heads)
    first_start = place_of(effects, ": start ")[0]
    stops = [at for at in place_of(effects, ": stop ") if at < first_start]
    assert len(stops) == 3 * 11 + 2 * 2
    assert max(stops) < dump < at_between < at_target < first_start


def test_the_plan_tells_the_way_what_stops_where_and_how_long_the_apis_are_away(
    planned: tuple[Rehearsal, Plan],
) -> None:
    _, plan = planned
    assert plan.title.endswith(f"from {SOURCE} to {TARGET} over {BETWEEN}, with its services stopped")
    assert plan.request["way"] == [BETWEEN, TARGET]
    assert re.search(r"the APIs do not answer for about \d+ min", plan.notes[0])
    assert any(note.startswith(f"the databases stop at {BETWEEN}: ") for note in plan.notes)
    (gate,) = [stage for stage in plan.stages if stage.gate]
    assert gate.name == "close"
    assert gate.is_point_of_no_return


def test_what_steps_rely_on_is_so_when_the_plan_is_made(planned: tuple[Rehearsal, Plan]) -> None:
    cloud, plan = planned
    relied_on = [e for _, _, step in plan.steps() for e in step.relies_on if e.request.fact == "databases.schema"]
    schema = {name: sorted(rows) for name, rows in schema_of(cloud).items()}
    assert {e.path[0] for e in relied_on} == set(schema)
    assert all(holds(expectation, schema) for expectation in relied_on)


def test_a_hop_that_fails_is_gone_on_with_and_done_once(folder: Path) -> None:
    cloud = cloud_in(folder)
    version = cloud.catalog.project("neutron").version(TARGET)
    cloud.simulation.simulated.fail_command(f"neutron-{version}/bin/neutron-db-manage")
    failed = cloud.apply(plan_of(cloud))
    assert failed.state is RunState.FAILED
    assert not any(running(cloud).values())
    cloud.simulation.simulated.mend()
    assert cloud.resume(failed.run).state is RunState.DONE
    assert schema_of(cloud) == schema_at(cloud, TARGET)
    assert len(place_of(cloud.effects, "databases to /var/lib/ostler")) == 1


def test_builds_and_volumes_are_waited_for_by_steps_of_their_own(planned: tuple[Rehearsal, Plan]) -> None:
    ids = [step.id for _, _, step in planned[1].steps()]
    assert len(ids) == len(set(ids))
    assert "let-work-end/ctl1/cinder-05-wait-for-idle" in ids
    assert "let-work-end/cmp1/nova-05-wait-for-idle" in ids


def test_a_compute_that_was_left_behind_is_borne_as_well(folder: Path) -> None:
    cloud = cloud_in(folder)
    with cloud.simulation.simulated.world() as world:
        for record in world.state.databases.records:
            if record.binary == "nova-compute" and record.host == "cmp2":
                record.version = 60
    lent = [step for step in steps_of(plan_of(cloud), "edit-config") if step.lends]
    assert {step.host for step in lent} >= {"ctl1", "cmp2"}


def test_a_changed_database_leads_back_only_by_the_dump_which_brings_all_back(
    folder: Path, done: Rehearsal, planned: tuple[Rehearsal, Plan]
) -> None:
    as_it_was, cloud = planned[0], copy_of(done, folder)
    before, code = kept(as_it_was), running(as_it_was)
    (run,) = [record.id for record in list_runs(cloud.home)]
    with pytest.raises(Refused) as refused:
        cloud.plan_back(run)
    assert refused.value.code == "rollback.contracted"
    assert "--databases restore" in refused.value.findings[0].do_next
    back = cloud.apply(cloud.plan_back(run, "restore"))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert running(cloud) == code
    assert schema_of(cloud) == schema_at(cloud, SOURCE)
    assert differences(before, kept(cloud)) == set()


def test_before_any_database_is_changed_everything_just_starts_again(folder: Path) -> None:
    cloud = cloud_in(folder)
    code = running(cloud)
    cloud.simulation.simulated.fail_command("protect/2023.1")
    failed = cloud.apply(plan_of(cloud))
    assert failed.state is RunState.FAILED
    assert not any(running(cloud).values())
    cloud.simulation.simulated.mend()
    plan = cloud.plan_back(failed.run)
    assert [stage.name for stage in plan.stages] == ["start-all", "prove"]
    back = cloud.apply(plan)
    assert (back.state, back.failed) == (RunState.DONE, ())
    assert running(cloud) == code


def test_nova_does_not_check_its_computes_while_their_records_are_older_than_its_floor(folder: Path) -> None:
    cloud = cloud_in(folder, "2026.1", between=(BETWEEN, "2025.1"))
    nova = cloud.catalog.nova
    assert nova.at(SOURCE).service_version < nova.at("2026.1").compute_floor
    plan = plan_of(cloud)
    lent = [step for step in steps_of(plan, "edit-config") if step.lends]
    assert {step.host for step in lent} == {"ctl1", "ctl2", "ctl3", "cmp1", "cmp2"}
    assert {tuple(edit) for step in lent for edit in step.params["edits"]} == {
        ("set", "workarounds", UNCHECKED, "True")
    }
    result = cloud.apply(plan)
    assert (result.state, result.failed, result.lent) == (RunState.DONE, (), ())
    assert not [path for (_, path), entry in kept(cloud).items() if UNCHECKED.encode() in (entry[1] or b"")]  # type: ignore[operator]


def test_nothing_is_lent_where_the_floor_allows_the_computes(planned: tuple[Rehearsal, Plan]) -> None:
    assert [step.id for step in steps_of(planned[1], "edit-config") if step.lends] == []


def test_an_environment_that_is_missing_on_the_way_is_told(folder: Path) -> None:
    plan = cloud_in(folder, between=()).plan(strategy="fast-forward")
    missing = {finding.subject for finding in plan.refusals if finding.code == "environments.missing"}
    assert missing == {f"{project.name} {BETWEEN}" for project in plan_projects(plan)}


def plan_projects(plan: Plan) -> list[object]:
    from ostler.catalog import load_catalog

    return list(load_catalog().projects)
