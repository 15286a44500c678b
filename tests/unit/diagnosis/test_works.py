"""Which stage of work is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented import line

from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.observing import Said, Seen, observe
from ostler.diagnosis.works import unfinished_in
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

BUILDING, STARTING = "building a server", "starting a guest's system"


def said(at: float) -> Said:
    return Said(at, int(Level.INFO), "nova", "nova-api", "", "", None, None, "", "", 1)


def missing_in(work: str, **times: float) -> list[str]:
    """The missing stage of each such work that did not end, when these signs (`_` for `-`) were seen at these times."""
    seen = Seen(ends=2000.0, marks={name.replace("_", "-"): [said(at)] for name, at in times.items()})
    seen.services = {("", "nova", ""): None, ("", "neutron", ""): None}  # type: ignore[dict-item]
    return [each.missing.sign for each in unfinished_in(seen, knowledge()) if each.work.name == work]


def test_the_first_stage_after_the_last_that_was_seen_is_missing() -> None:
    times = {"server_asked": 1000.0, "hosts_asked": 1001.0, "claim": 1002.0}
    assert missing_in(BUILDING, **times) == ["image"]


def test_a_stage_whose_log_is_not_there_is_not_missing() -> None:
    assert missing_in(BUILDING, server_asked=1000.0, claim=1002.0, image=1003.0) == ["plugged"]


@pytest.mark.parametrize(("claim", "missing"), [(980.0, "dhcp-reloaded"), (700.0, "claim")])
def test_without_what_is_needed_later_signs_are_worth_nothing(claim: float, missing: str) -> None:
    assert missing_in(STARTING, built=1000.0, claim=claim) == [missing]


def test_placement_answers_without_a_version_of_http(tmp_path: Path) -> None:
    text = '192.0.2.9 "GET /placement/allocation_candidates?resources=VCPU%3A1" status: 200 len: 380 microversion: 1.10'
    log = tmp_path / "nova" / "nova-placement-api.log"
    log.parent.mkdir()
    log.write_text(line("10:00:01.000", "INFO", "nova.api.openstack.placement.requestlog", text))
    events = in_order(open_folder(tmp_path, Tally()), Wanted(Level.INFO), Tally())
    assert len(observe(events, knowledge()).marks["hosts-asked"]) == 1
