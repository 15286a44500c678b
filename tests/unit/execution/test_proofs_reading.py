"""The proofs that only look: processes, schema, APIs, inventory, availability."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud, Host
from ostler.execution.clock import Clock
from ostler.execution.probe.records import RECORDS_NAME, Record, to_line
from ostler.execution.proofs import ProofContext, ProofResult, prove
from ostler.facts.model import FactRequest, Unknown
from ostler.facts.service_units import expected_services

HOSTS = {"ctl1": Host("ctl1", "10.0.0.1", ("controller",)), "cmp1": Host("cmp1", "10.0.0.2", ("compute",))}
CLOUD = Cloud("c", "2024.1", "venv", HOSTS)
Facts = dict[tuple[str, str | None], Any]


def context_with(facts: Facts, folder: Path, **more: Any) -> ProofContext:
    """A context whose facts are as given, and unknown otherwise."""

    def read(cloud: Cloud, transport: object, api: object, requests: Iterable[FactRequest]) -> Any:
        return {r: facts.get((r.fact, r.host), Unknown("no answer")) for r in requests}

    more = {"clock": Clock(now=lambda: 1010.0), **more}
    return ProofContext(CLOUD, None, FakeApi("cmp1"), folder, 1000.0, read=read, **more)  # type: ignore[arg-type]


def processes_at(release: str, host: str) -> dict[str, Any]:
    return {
        service.name: running(project, load_catalog().project(project).version(release))
        for project, service in expected_services(CLOUD, host, release)
    }


def running(project: str, version: str) -> dict[str, Any]:
    path = f"/opt/openstack/venvs/{project}-{version}"
    return {"environment": path, "environments": [path], "pids": [1, 2]}


def bad_rows(result: ProofResult) -> dict[str, str]:
    return {row.name: row.detail for row in result.rows if not row.ok}


class TestProcesses:
    @pytest.fixture
    def facts(self) -> Facts:
        return {("host.processes", host): processes_at("2025.1", host) for host in HOSTS}

    def test_all_of_the_release_holds(self, facts: Facts, tmp_path: Path) -> None:
        assert prove(context_with(facts, tmp_path), "processes", "2025.1").ok

    def test_one_service_of_the_old_release_is_named_with_its_host(self, facts: Facts, tmp_path: Path) -> None:
        facts["host.processes", "cmp1"]["nova-compute"] = running("nova", "29.4.0")
        result = prove(context_with(facts, tmp_path), "processes", "2025.1")
        assert bad_rows(result) == {"nova-compute on cmp1": "runs /opt/openstack/venvs/nova-29.4.0"}

    def test_processes_from_two_environments_are_not_taken_for_the_new_one(self, facts: Facts, tmp_path: Path) -> None:
        both = ["/opt/openstack/venvs/nova-29.4.0", "/opt/openstack/venvs/nova-31.3.1"]
        facts["host.processes", "cmp1"]["nova-compute"] = {"environment": None, "environments": both, "pids": [1, 2]}
        result = prove(context_with(facts, tmp_path), "processes", "2025.1")
        assert "several environments" in bad_rows(result)["nova-compute on cmp1"]

    def test_a_service_without_a_process_is_missed(self, facts: Facts, tmp_path: Path) -> None:
        facts["host.processes", "ctl1"]["nova-conductor"]["pids"] = []
        result = prove(context_with(facts, tmp_path), "processes", "2025.1")
        assert bad_rows(result) == {"nova-conductor on ctl1": "no process runs"}

    def test_a_service_the_release_no_longer_has_must_not_run(self, facts: Facts, tmp_path: Path) -> None:
        facts["host.processes", "ctl1"]["neutron-server"] = running("neutron", "26.0.3")
        result = prove(context_with(facts, tmp_path), "processes", "2025.1")
        assert bad_rows(result) == {"neutron-server on ctl1": "2025.1 has no such service, but it runs"}

    def test_a_host_that_cannot_be_read_proves_nothing(self, facts: Facts, tmp_path: Path) -> None:
        del facts["host.processes", "cmp1"]
        result = prove(context_with(facts, tmp_path), "processes", "2025.1")
        assert not result.ok and "no answer" in bad_rows(result)["cmp1"]


class TestSchema:
    @pytest.fixture
    def heads(self) -> dict[str, list[str]]:
        return {
            database.name: sorted(project.version_rows(database.name, "2025.1"))
            for project in load_catalog().projects
            for database in project.databases
        }

    def test_all_revisions_of_the_release_hold(self, heads: dict[str, list[str]], tmp_path: Path) -> None:
        facts = {("databases.schema", None): heads}
        assert prove(context_with(facts, tmp_path), "schema", "2025.1").ok

    def test_the_database_left_behind_is_named_with_both_revisions(
        self, heads: dict[str, list[str]], tmp_path: Path
    ) -> None:
        heads["nova"] = ["13863f4e1612"]
        result = prove(context_with({("databases.schema", None): heads}, tmp_path), "schema", "2025.1")
        assert bad_rows(result) == {"nova": "13863f4e1612; expected 2903cd72dc14"}

    def test_a_database_that_does_not_exist_fails(self, heads: dict[str, list[str]], tmp_path: Path) -> None:
        del heads["glance"]
        result = prove(context_with({("databases.schema", None): heads}, tmp_path), "schema", "2025.1")
        assert bad_rows(result)["glance"].startswith("no such database")


class TestApis:
    def test_an_api_that_answers_with_an_error_on_one_controller_is_named(self, tmp_path: Path) -> None:
        answers = {"keystone": {"status": 300, "seconds": 0.1}, "nova-api": {"status": 503, "seconds": 0.1}}
        result = prove(context_with({("host.answers", "ctl1"): answers}, tmp_path), "apis", "2024.1")
        assert bad_rows(result) == {"nova-api on ctl1": "503 in 0.10 s"}

    def test_an_endpoint_that_fails_through_the_virtual_address_is_named(self, tmp_path: Path) -> None:
        context = context_with({("host.answers", "ctl1"): {}}, tmp_path)
        context.api.fault = lambda request: 503 if request.service == "image" else None  # type: ignore[union-attr]
        assert list(bad_rows(prove(context, "apis", "2024.1"))) == ["image through its endpoint"]


class TestInventory:
    @pytest.fixture
    def facts(self) -> Facts:
        server = {"name": "web", "status": "ACTIVE", "host": "cmp1", "volumes": ["v"], "created": "t", "tags": []}
        probes = {"name": "ostler-probe-r1-9-0", "status": "ACTIVE"}
        return {
            ("api.servers", None): {"s": server, "p": probes},
            ("api.volumes", None): {"v": {"name": None, "status": "in-use", "size": 1, "attachments": ["s"]}},
            ("api.images", None): {},
            ("api.networks", None): {"n": {"name": "lan", "status": "ACTIVE"}},
        }

    def test_what_is_equal_and_what_is_new_holds_and_the_probes_own_objects_may_go(
        self, facts: Facts, tmp_path: Path
    ) -> None:
        assert "1 server, 1 volume" in prove(context_with(facts, tmp_path), "record-inventory", "2024.1").detail
        del facts["api.servers", None]["p"]
        facts["api.networks", None]["new"] = {"name": "x", "status": "ACTIVE"}
        assert prove(context_with(facts, tmp_path), "inventory", "2025.1").ok

    def test_what_is_gone_and_what_changed_is_told_with_before_and_after(self, facts: Facts, tmp_path: Path) -> None:
        prove(context_with(facts, tmp_path), "record-inventory", "2024.1")
        facts["api.servers", None]["s"]["status"] = "SHUTOFF"
        del facts["api.volumes", None]["v"]
        result = prove(context_with(facts, tmp_path), "inventory", "2025.1")
        assert bad_rows(result) == {
            "servers": "web (s): status was 'ACTIVE', is 'SHUTOFF'",
            "volumes": "without a name (v) is gone",
        }

    def test_recording_again_after_a_crash_keeps_the_first_state(self, facts: Facts, tmp_path: Path) -> None:
        prove(context_with(facts, tmp_path), "record-inventory", "2024.1")
        facts["api.servers", None]["s"]["status"] = "ERROR"
        prove(context_with(facts, tmp_path), "record-inventory", "2024.1")
        assert not prove(context_with(facts, tmp_path), "inventory", "2025.1").ok

    def test_without_a_recorded_inventory_nothing_is_proved(self, facts: Facts, tmp_path: Path) -> None:
        result = prove(context_with(facts, tmp_path), "inventory", "2025.1")
        assert not result.ok and "no inventory was recorded" in result.detail

    def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(self, facts: Facts, tmp_path: Path) -> None:
        del facts["api.volumes", None]
        assert not prove(context_with(facts, tmp_path), "record-inventory", "2024.1").ok
        assert not (tmp_path / "inventory.json").exists()


class TestAvailability:
    @staticmethod
    def probe_that_saw(folder: Path, *records: Record) -> Path:
        probe = folder / "probe"
        probe.mkdir()
        (probe / RECORDS_NAME).write_text("".join(map(to_line, records)))
        return probe

    def test_the_table_holds_users_and_controllers_under_the_balancers_name(self, tmp_path: Path) -> None:
        apis = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
        probe = self.probe_that_saw(
            tmp_path,
            *(Record(1001, api, "x", 0.1, 200, True) for api in apis),
            Record(1002, "nova-api", "health", 0.1, 200, True, kind="direct", host="ctl1"),
            Record(1005, "nova-api", "health", 0.1, 0, False, "refused", kind="direct", host="ctl1"),
        )
        result = prove(context_with({}, tmp_path, probe_folder=probe), "availability", "2024.1")
        assert result.ok, result.detail
        assert result.data["percent"]["nova-api"] == {"for users": 100.0, "ctl1": 50.0}

    @pytest.mark.parametrize(("allowed", "ok"), [(0, False), (1, True)])
    def test_failures_for_users_beyond_the_budget_fail_it(self, tmp_path: Path, allowed: int, ok: bool) -> None:
        apis = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
        probe = self.probe_that_saw(
            tmp_path,
            *(Record(1001, api, "x", 0.1, 200, True) for api in apis),
            Record(1002, "nova", "x", 0.1, 503, False, "503"),
            Record(900, "nova", "before-the-run", 0.1, 503, False, "503"),
        )
        context = context_with({}, tmp_path, probe_folder=probe, max_failed=allowed)
        result = prove(context, "availability", "2024.1")
        assert (result.ok, result.detail) == (ok, "1 of 7 requests failed, 0 servers in ERROR")

    @pytest.mark.parametrize(("silent_s", "is_probed", "ok"), [(59, True, True), (61, True, False), (900, False, True)])
    def test_a_probe_that_fell_silent_before_the_proof_fails_it(
        self, tmp_path: Path, silent_s: int, is_probed: bool, ok: bool
    ) -> None:
        apis = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
        probe = self.probe_that_saw(tmp_path, *(Record(1000, api, "x", 0.0, 200, True) for api in apis))
        clock = Clock(now=lambda: 1000.0 + silent_s)
        context = context_with({}, tmp_path, probe_folder=probe, clock=clock, is_probed=is_probed)
        result = prove(context, "availability", "2024.1")
        assert (result.ok, "not measured" in result.detail) == (ok, not ok)

    def test_without_a_probe_it_says_that_nothing_was_measured(self, tmp_path: Path) -> None:
        facts = {("host.answers", "ctl1"): {"keystone": {"status": 300, "seconds": 0.1}}}
        result = prove(context_with(facts, tmp_path), "availability", "2024.1")
        assert result.ok and "nothing was measured" in result.detail

    def test_a_probe_that_wrote_nothing_is_a_failure(self, tmp_path: Path) -> None:
        probe = self.probe_that_saw(tmp_path)
        assert not prove(context_with({}, tmp_path, probe_folder=probe), "availability", "2024.1").ok


def test_every_result_can_be_written_as_json(tmp_path: Path) -> None:
    prove(context_with({("host.answers", "ctl1"): {}}, tmp_path), "apis", "2024.1")
    assert json.loads((tmp_path / "proofs" / "apis.json").read_text())["release"] == "2024.1"
