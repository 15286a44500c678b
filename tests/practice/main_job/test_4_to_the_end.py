"""The gate is approved: the upgrade goes to its end, and its report says so."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import twin
from cloud_users import CloudUsers
from practice_operator import APIS, LONG_S, SOURCE, TARGET, PracticeOperator
from test_1_looking import schema

from ostler.cloud.file import read_cloud_file
from ostler.execution.home import Home
from ostler.planning.model import plan_from_json

pytestmark = [pytest.mark.practice, pytest.mark.timeout(2400)]
BUILDS_ON_BEFORE = True

PROVED = {"processes", "schema", "apis", "functional", "inventory", "logs", "availability"}


def test_it_goes_to_the_end(cloud: PracticeOperator) -> None:
    run = cloud.kept["run"]
    cloud.ostler("approve", run)
    done = cloud.ostler("resume", run, timeout_s=LONG_S)
    print(f"from the gate to the end: {done.seconds:.0f} s")
    assert done.result["state"] == "done"
    assert cloud.loans_open(run) == []
    cloud.kept["events"] = done.events


def test_its_events_fit_their_schema_and_tell_what_the_probe_saw(cloud: PracticeOperator) -> None:
    told = cloud.kept["events"]
    fitting = jsonschema.Draft202012Validator(schema("events"))
    assert [event for event in told if not fitting.is_valid(event)] == []
    seen = [event for event in told if event["event"] == "probe_seen"]
    assert {api["failed"] for event in seen for api in event["apis"].values()} == {0}
    assert set(seen[-1]["apis"]) == APIS
    for earlier, later in pairwise(seen):
        assert later["at"] - earlier["at"] >= 5


def test_its_report_is_whole_and_every_proof_passes(cloud: PracticeOperator) -> None:
    run = cloud.kept["run"]
    report = cloud.report_of(run, code=0)
    jsonschema.validate(report, schema("report"))
    assert {proof["name"] for proof in report["proofs"]} >= PROVED
    assert cloud.failed_proofs(report) == []
    assert report["loans_open"] == []
    assert [step["id"] for step in report["steps"] if step["outcome"] in ("not_run", "failed", "interrupted")] == []


def test_the_page_fetches_nothing_from_anywhere(cloud: PracticeOperator) -> None:
    page = _Page()
    page.feed((cloud.work / f"{cloud.kept['run']}.report.html").read_text())
    assert page.fetched == []


class _Page(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "src" or (name == "href" and tag == "link"):
                self.fetched += [value or ""] if not (value or "").startswith("data:") else []


def test_nobody_saw_a_failed_request_and_nothing_of_the_users_is_gone(cloud: PracticeOperator) -> None:
    cloud.demand_no_failed_request(cloud.kept["run"])
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.wait_until_all_report()
    document = cloud.ostler("status", "--json").document
    assert {service["release"] for service in document["services"]} == {TARGET}


def test_the_same_plan_does_the_same_on_a_simulated_cloud(cloud: PracticeOperator, tmp_path: Path) -> None:
    """Each command, file and switch of every step, whether it changed anything, and in which order, after all those
    kills and the failure too."""
    simulated = twin.twin_of(tmp_path, SOURCE, TARGET)
    real, plan = plan_from_json((cloud.work / "upgrade.plan").read_text()), simulated.plan()
    subnet = twin.addresses(read_cloud_file(cloud.cloud_file), simulated.simulation.cloud)
    assert twin.differences(real, plan, subnet) == []
    result = simulated.apply(plan)
    assert result.state == "done"
    expected = twin.done_in(result.run, simulated.home, {})
    done = twin.done_in(cloud.kept["run"], Home(cloud.home), twin.ids(real, plan) | subnet)
    assert done.effects == expected.effects
    assert (done.lanes, done.stages) == (expected.lanes, expected.stages)
    assert sum(map(len, expected.effects.values())) > 200
