"""A simulated cloud is looked into as a living one: what was broken is told, with what follows, and nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from ostler.catalog import load_catalog
from ostler.commands import WebAnswer
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, diagnose_cloud
from ostler.diagnosis.observing import Seen
from ostler.execution.live_logs import LiveWanted
from ostler.execution.looking_into import Doors, diagnosis_requests, look_through
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.execution.time_limits import TimeLimit
from ostler.logs.reading import Tally
from ostler.remote.simulated.state import CloudState
from ostler.reporting.diagnosis_document import DiagnosisShown, diagnosis_to_json
from ostler.reporting.diagnosis_html import diagnosis_to_html
from ostler.reporting.diagnosis_living import living_shown
from ostler.reporting.diagnosis_text import diagnosis_text
from ostler.rules.component import Component

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "diagnosis.json"


def answers(url: str) -> WebAnswer:
    """The APIs at the virtual address, as a client on this machine sees them."""
    return WebAnswer(200, 0.1)


def diagnosed(made: Simulation, focus: Focus | None = None) -> DiagnosisShown:
    transport, api, clock = made.simulated.transport, made.simulated.api, made.clock
    doors = Doors(transport, api, transport, answers, clock.now, clock.sleep)
    with tempfile.TemporaryDirectory() as folder:
        logs = LiveWanted(clock.now() - 900, "warning")
        looked = look_through(made.cloud, doors, diagnosis_requests(made.cloud), logs, (), Path(folder), TimeLimit(60))
    found = diagnose_cloud(looked.snapshot, load_catalog(), Seen(), knowledge(), focus or Focus())
    return living_shown(found, Tally(), made.cloud.name)


def stopped(host: str, unit: str) -> Callable[[CloudState], None]:
    def stop(state: CloudState) -> None:
        there = state.hosts[host].units[unit]
        there.active, there.sub, there.main_pid = "inactive", "dead", 0

    return stop


def a_clock_is_wrong(state: CloudState) -> None:
    state.hosts["cmp2"].clock_offset_s = 30.0


def a_disk_is_full(state: CloudState) -> None:
    state.hosts["ctl3"].free_bytes = 10 * 2**20


def broken(*faults: Callable[[CloudState], None]) -> Simulation:
    made = three_plus_two()
    with made.simulated.world() as world:
        for fault in faults:
            fault(world.state)
    return made


@pytest.mark.parametrize(
    ("fault", "component"),
    [
        (stopped("ctl1", "nova-scheduler"), "service:nova-scheduler@ctl1"),
        (stopped("cmp1", "nova-compute"), "service:nova-compute@cmp1"),
        (stopped("ctl2", "glance-api"), "service:glance-api@ctl2"),
        (a_clock_is_wrong, "clock:@cmp2"),
        (a_disk_is_full, "disk:/@ctl3"),
    ],
)
def test_the_cause_comes_first(fault: Callable[[CloudState], None], component: str) -> None:
    document = diagnosed(broken(fault))
    assert document.verdict == "failure"
    assert document.findings[0].component == component
    assert document.findings[0].do_next
    assert len([each for each in document.findings if each.severity]) == 1


def test_two_faults_are_two_causes() -> None:
    document = diagnosed(broken(stopped("cmp1", "nova-compute"), a_clock_is_wrong))
    assert {each.component for each in document.findings[:2]} == {"service:nova-compute@cmp1", "clock:@cmp2"}


def test_a_host_that_is_gone_is_the_cause_of_all_that_others_see_of_it() -> None:
    made = three_plus_two()
    made.simulated.break_host("ctl3")
    document = diagnosed(made)
    assert [each.component for each in document.findings] == ["host:@ctl3"]
    assert document.findings[0].code == "host.unreachable"
    followed = json.dumps([each.model_dump() for each in document.findings[0].cause_of])
    assert "backend:nova-api@ctl3" in followed


def test_what_is_asked_about_comes_first() -> None:
    faults = stopped("cmp1", "nova-compute"), stopped("ctl2", "glance-api")
    for focus, component in (
        (Focus(hosts=frozenset(["cmp1"])), "service:nova-compute@cmp1"),
        (Focus(projects=frozenset(["glance"])), "service:glance-api@ctl2"),
        (Focus(parts=(Component("service", "nova-compute", "cmp1"),)), "service:nova-compute@cmp1"),
        (Focus(parts=(Component("image", "x"),)), "service:glance-api@ctl2"),
    ):
        assert diagnosed(broken(*faults), focus).findings[0].component == component


def test_the_document_is_as_published_and_the_text_and_page_say_the_same() -> None:
    document = diagnosed(broken(stopped("ctl1", "nova-scheduler")))
    jsonschema.validate(json.loads(diagnosis_to_json(document)), json.loads(SCHEMA.read_text()))
    text = "\n".join(diagnosis_text(document))
    assert text.startswith("Broken: nova-scheduler is not running on ctl1 (")
    assert "systemctl start nova-scheduler" in text
    page = diagnosis_to_html(document, "example")
    assert "<h2>nova-scheduler is not running on ctl1</h2>" in page
    assert "has not reported" in page and "In the order of time" not in page


def test_a_cloud_is_healthy_when_all_was_read_and_nothing_is_wrong() -> None:
    document = diagnosed(broken())
    assert (document.verdict, document.findings, document.unread) == ("healthy", [], [])
    assert "all of simulated was read" in next(iter(diagnosis_text(document)))


def test_what_cannot_be_read_is_never_healthy() -> None:
    made = three_plus_two()
    made.simulated.fail_command("cmp2: .*ostler-host.clock")
    document = diagnosed(made)
    assert document.verdict == "unsure"
    assert any(note.subject == "cmp2" for note in document.unread)
    assert next(iter(diagnosis_text(document))).startswith("Unsure: ")
