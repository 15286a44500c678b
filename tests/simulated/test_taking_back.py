"""What a way back keeps, proves and refuses, on a simulated cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from rehearsing import Rehearsal, copy_of, rehearsal
from test_simulated_upgrade import running

from ostler.commands import ApiRequest
from ostler.errors import Refused
from ostler.execution.proofs.registry import read_results
from ostler.execution.records import RunState
from ostler.execution.run_data import read_run
from ostler.execution.runs import list_runs, load_run
from ostler.facts.model import wanted
from ostler.remote.simulated.api_state import SETTLES_AFTER_S, add
from ostler.remote.simulated.machine import World
from ostler.reporting.report_findings import config_diffs_of
from ostler.reporting.run_text import show_run


def records(cloud: Rehearsal) -> dict[str, object]:
    """What the databases hold of versions that old code minds."""
    snapshot = cloud.snapshot([wanted("nova.services"), wanted("nova.object_versions")])
    services = {name: record["version"] for name, record in snapshot.known("nova.services").items()}
    return {"services": services, "objects": snapshot.known("nova.object_versions")}


def test_rows_edited_on_the_way_back_are_kept_on_the_database_host_and_given_back_exactly(
    folder: Path, waiting: Rehearsal
) -> None:
    cloud = copy_of(waiting, folder)
    (run,) = list_runs(cloud.home)
    with cloud.simulation.simulated.world() as world:
        world.state.databases.objects["ImageMetaProps"] = {"1.39": 3, "1.37": 4}
    upgraded = records(cloud)
    # No service of nova goes back: the edits are made, and no service writes a version of its own.
    cloud.simulation.simulated.fail_command("systemctl stop nova")
    stopped = cloud.apply(cloud.plan_back(run.id))
    assert stopped.state is RunState.FAILED
    assert records(cloud) != upgraded
    with cloud.simulation.simulated.world() as world:
        kept = {path: entry for path, entry in world.state.hosts["ctl1"].files.items() if "/edits/" in path}
        assert {entry.mode for path, entry in kept.items() if entry.kind == "file"} == {0o600}
        rows = [len(json.loads(entry.content)) for entry in kept.values() if entry.kind == "file"]
    assert 3 in rows
    given_back = cloud.apply(cloud.plan_back(stopped.run))
    assert given_back.state is RunState.DONE
    assert records(cloud) == upgraded


def test_a_way_back_that_was_planned_before_the_upgrade_went_on_is_refused_and_the_cloud_is_left_alone(
    folder: Path, waiting: Rehearsal
) -> None:
    cloud = copy_of(waiting, folder)
    (run,) = list_runs(cloud.home)
    stay, restore = cloud.plan_back(run.id), cloud.plan_back(run.id, "restore")
    assert cloud.resume(run.id).state is RunState.DONE
    before = list(cloud.effects)
    for planned in (stay, restore):
        with pytest.raises(Refused) as refused:
            cloud.apply(planned)
        assert refused.value.code == "execution.stale"
        assert ("waiting", "done") in {(finding.expected, finding.found) for finding in refused.value.findings}
    assert cloud.effects == before


def test_a_restore_is_refused_when_somebody_created_something_since_it_was_planned(
    folder: Path, upgraded: Rehearsal
) -> None:
    cloud = copy_of(upgraded, folder)
    (run,) = list_runs(cloud.home)
    planned = cloud.plan_back(run.id, "restore")
    assert planned.findings == ()
    body = {"volume": {"name": "precious", "size": 1}}
    cloud.simulation.simulated.api.call(ApiRequest("volumev3", "POST", "/volumes", body=body))
    cloud.simulation.simulated.api.call(ApiRequest("network", "POST", "/v2.0/ports", body={"port": {"name": "mine"}}))
    with pytest.raises(Refused) as refused:
        cloud.apply(planned)
    assert [finding.subject for finding in refused.value.findings] == ["volume precious", "port mine"]
    again = cloud.plan_back(run.id, "restore")
    assert [finding.subject for finding in again.findings] == ["volume precious", "port mine"]
    assert cloud.apply(again).state is RunState.DONE


LATER = {
    "routers": {"name": "edge"},
    "floatingips": {"floating_ip_address": "203.0.113.7"},
    "server_groups": {"name": "apart"},
    "volume_types": {"name": "fast"},
    "backups": {"name": None},
}
"""What a user makes after the dump, besides what the other tests make."""


def test_the_plan_of_a_restore_names_every_kind_that_is_lost_and_what_comes_back(
    folder: Path, upgraded: Rehearsal
) -> None:
    cloud = copy_of(upgraded, folder)
    (run,) = list_runs(cloud.home)
    simulated = cloud.simulation.simulated
    with simulated.world() as world:
        made = [add(world, kind, dict(values))["id"] for kind, values in LATER.items()]
        servers = {thing.values["name"]: key for key, thing in world.state.things["servers"].items()}
        volume = next(thing.values for thing in world.state.things["volumes"].values() if thing.values["attachments"])
    owner = next(name for name, key in servers.items() if key == volume["attachments"][0]["server_id"])
    simulated.api.call(ApiRequest("compute", "DELETE", f"/servers/{servers[owner]}"))
    cloud.simulation.clock.sleep(SETTLES_AFTER_S)
    planned = cloud.plan_back(run.id, "restore")
    told = {finding.subject: finding.code.removeprefix("rollback.") for finding in planned.findings}
    assert told == {
        **dict.fromkeys(("router edge", "floating IP 203.0.113.7", "server group apart"), "will-be-lost"),
        **dict.fromkeys(("volume type fast", f"backup {made[-1]}"), "will-be-lost"),
        **dict.fromkeys((f"server {owner}", f"attachment of {volume['name']} to {owner}"), "comes-back"),
    }
    assert cloud.apply(planned).state is RunState.DONE
    with simulated.world() as world:
        assert servers[owner] in world.state.things["servers"]
        assert not any(world.state.things.get(kind) for kind in LATER)


def test_a_restore_leads_to_the_schemas_of_the_dump_which_an_earlier_way_back_had_left_newer(folder: Path) -> None:
    """Taken back with the databases as they were, the cloud runs old code on new schemas; so does its next dump."""
    cloud = rehearsal(folder)
    cloud.simulation.simulated.fail_command("systemctl stop keystone")  # the schemas are expanded by then
    first = cloud.apply(cloud.plan())
    cloud.simulation.simulated.mend()
    assert cloud.apply(cloud.plan_back(first.run)).state is RunState.DONE
    at_the_dump = cloud.snapshot([wanted("databases.schema")]).known("databases.schema")
    cloud.simulation.simulated.fail_command("systemctl stop keystone")
    again = cloud.apply(cloud.plan())
    cloud.simulation.simulated.mend()
    planned = cloud.plan_back(again.run, "restore")
    assert any("as an earlier way back leaves it" in note for note in planned.notes)
    assert cloud.apply(planned).state is RunState.DONE
    assert cloud.snapshot([wanted("databases.schema")]).known("databases.schema") == at_the_dump


HELD = {"glance": "image", "nova": "compute"}
"""Projects whose old and new code must not run side by side, with the API each serves."""


class Unmixed(Rehearsal):
    """A cloud that tells of every moment at which two versions of such a project run on its controllers."""

    def _watch(self, world: World, changes: Sequence[str]) -> None:
        super()._watch(world, changes)
        units = [unit for host in ("ctl1", "ctl2", "ctl3") for unit in world.state.hosts[host].units.values()]
        running = {str(unit.environment).rpartition("/")[2] for unit in units if unit.runs}
        for project in HELD:
            versions = sorted(each for each in running if each.startswith(f"{project}-"))
            if len(versions) > 1:
                self.outages.append(f"{versions} ran after {changes[-1]}")


@pytest.mark.long
def test_projects_that_must_not_overlap_do_not_on_the_way_back_either_and_requests_to_them_wait(folder: Path) -> None:
    made = rehearsal(folder)
    cloud = Unmixed(made.simulation, made.home, made.source, made.target)
    before = running(cloud)
    there = cloud.apply(cloud.plan(no_overlap=tuple(HELD)), approve=())
    assert there.state is RunState.WAITING
    assert {answer.split(" after ")[0] for answer in cloud.outages} == {f"{api} answered 0" for api in HELD.values()}

    planned = cloud.plan_back(there.run)
    assert any(note.startswith("Requests to nova, glance wait") for note in planned.notes)
    troubled = copy_of(cloud, folder / "troubled")
    cloud.outages.clear()
    back = cloud.apply(planned)
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert {answer.split(" after ")[0] for answer in cloud.outages} == {f"{api} answered 0" for api in HELD.values()}
    assert running(cloud) == before

    troubled.outages.clear()
    run = ""
    for failure in ("ctl2: systemctl stop nova-conductor", "ctl1: systemctl start glance"):
        troubled.simulation.simulated.fail_command(failure)
        back = troubled.resume(run) if run else troubled.apply(troubled.plan_back(there.run))
        run = back.run
        assert back.state is RunState.FAILED
        troubled.simulation.simulated.mend()
    back = troubled.resume(run)
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert [outage for outage in troubled.outages if " ran after " in outage] == []
    assert running(troubled) == before


def test_a_way_back_ends_with_a_checksum_of_each_hosts_files_and_tells_it(
    waiting: Rehearsal, taken_back: Rehearsal
) -> None:
    home = taken_back.home
    (upgrade,) = [record.id for record in list_runs(waiting.home)]
    (back,) = [record.id for record in list_runs(home) if record.id != upgrade]
    (proof,) = [result for result in read_results(home.run_folder(back)) if result.name == "bytes"]
    assert (proof.ok, [row.name for row in proof.rows]) == (True, ["cmp1", "cmp2", "ctl1", "ctl2", "ctl3"])
    shown = show_run(load_run(back, home))
    assert len(re.findall("^      (?:ctl|cmp)[1-3] [0-9a-f]{64}$", shown, re.MULTILINE)) == 5
    units = {diff.path for diff in config_diffs_of(read_run(home, upgrade)) if "/systemd/" in diff.path}
    assert units


def test_the_operators_limits_for_computes_hold_on_the_way_there_and_back(folder: Path) -> None:
    cloud = rehearsal(folder)
    plan = cloud.plan(batch=1, per_domain=1)
    cloud.simulation.simulated.fail_command("cmp2: systemctl stop nova-compute")
    stopped = cloud.apply(plan)
    assert stopped.failed == ("roll-computes/cmp2/nova-compute-20-stop",)
    there = next(stage for stage in plan.stages if stage.name == "roll-computes")
    back = [stage for stage in cloud.plan_back(stopped.run).stages if stage.name in ("back-agents", "back-computes")]
    assert (there.in_flight, there.per_domain) == (1, 1)
    assert [(stage.in_flight, stage.per_domain) for stage in back] == [(1, 1), (1, 1)]


def test_a_compute_that_the_operator_disables_meanwhile_is_left_so_and_the_run_comes_to_its_end(
    folder: Path, waiting: Rehearsal
) -> None:
    cloud = copy_of(waiting, folder)
    (run,) = list_runs(cloud.home)
    service = cloud.snapshot([wanted("api.compute_services")]).known("api.compute_services")["nova-compute@cmp2"]
    body = {"status": "disabled", "disabled_reason": "a disk is to be replaced"}
    cloud.simulation.simulated.api.call(ApiRequest("compute", "PUT", f"/os-services/{service['id']}", body=body))
    ended = cloud.resume(run.id)
    assert (ended.state, ended.failed, ended.lent) == (RunState.DONE, (), ())
    now = cloud.snapshot([wanted("api.compute_services")]).known("api.compute_services")
    assert {name: each["status"] for name, each in now.items() if name.startswith("nova-compute@")} == {
        "nova-compute@cmp1": "enabled",
        "nova-compute@cmp2": "disabled",
    }
    assert now["nova-compute@cmp2"]["disabled_reason"] == "a disk is to be replaced"


def test_what_ran_on_each_host_is_on_record_before_anything_is_changed(upgraded: Rehearsal) -> None:
    (run,) = list_runs(upgraded.home)
    before = read_run(upgraded.home, run.id).ran_before
    assert set(before) == set(upgraded.simulation.cloud.hosts)
    assert before["ctl2"]["nova-api"].startswith("nova-29.")
    assert before["cmp1"]["nova-compute"].startswith("nova-29.")
