"""What is unusual in logs: who fell silent, trouble that is new or far more frequent. Notes, and no verdict."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, LiveDiagnosis, diagnose_cloud
from ostler.diagnosis.observing import MOST_KEPT, MOST_TIMES, Kind, Said, Seen, observe
from ostler.diagnosis.of_logs import diagnose_logs
from ostler.diagnosis.settings_since import Settings
from ostler.diagnosis.unusual import Healthy, trouble_in, unusual_in
from ostler.errors import Severity
from ostler.facts.model import Snapshot
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

sys.path.insert(0, str(Path(__file__).parents[2] / "specs"))
from rule_cases import usual_cloud

MINUTES = 60
NOW = 1_768_471_200.0 + 60 * MINUTES


def line(minute: float, level: str, text: str) -> str:
    at = datetime.fromtimestamp(1_768_471_200 + 60 * minute, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.000 77 {level} nova.somewhere [-] {text}\n"


def logs(folder: Path, **said: str) -> Seen:
    """What was seen of logs, one for each service on its host: `cmp1_nova_compute`."""
    for name, text in said.items():
        host, _, service = name.partition("_")
        path = folder / host / "nova" / f"{service.replace('_', '-')}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tally = Tally()
    return observe(in_order(open_folder(folder, tally), Wanted(Level.INFO), tally), knowledge())


def audits(until: float = MINUTES) -> str:
    """A line each minute."""
    return "".join(line(minute, "INFO", "Auditing locally available resources") for minute in range(int(until)))


def told(seen: Seen) -> list[tuple[str, str, str]]:
    return [(each.code.partition(".")[2], each.subject, each.found) for each in unusual_in(seen)]


def test_a_service_that_said_something_each_minute_and_then_nothing_fell_silent(tmp_path: Path) -> None:
    seen = logs(tmp_path, cmp1_nova_compute=audits(40), cmp1_neutron_agent=audits(), ctl1_nova_conductor=audits())
    assert told(seen) == [("fell-silent", "nova-compute on cmp1", "silent for 20 min")]


def test_a_host_of_which_nothing_is_heard_any_more_is_told_once(tmp_path: Path) -> None:
    seen = logs(tmp_path, cmp1_nova_compute=audits(40), cmp1_neutron_agent=audits(41), ctl1_nova_conductor=audits())
    assert told(seen) == [("fell-silent", "every service on cmp1", "silent for 19 min")]


@pytest.mark.parametrize("year", ["0001", "2099"])
def test_a_wild_date_moves_neither_end_of_what_was_seen(year: str, tmp_path: Path) -> None:
    wild = line(3, "INFO", "Auditing").replace("2026", year)
    seen = logs(tmp_path, ctl1_nova_conductor=audits() + wild)
    assert (seen.begins, seen.ends) == (1_768_471_200.0, 1_768_471_200.0 + 59 * 60)
    assert logs(tmp_path / "alone", ctl1_nova_conductor=wild).ends == logs(tmp_path / "alone").begins != 0.0


@pytest.mark.parametrize(
    "quiet",
    [
        audits(20),  # too little to know what is usual for it
        "".join(line(second / 60, "INFO", "an option and its value") for second in range(40)),  # as it started
        audits(20) + "".join(line(30 + minute, "INFO", "again") for minute in range(25)),  # as long as before
    ],
)
def test_who_is_often_silent_or_said_little_did_not_fall_silent(tmp_path: Path, quiet: str) -> None:
    assert told(logs(tmp_path, ctl1_nova_conductor=audits(), ctl1_nova_api=quiet)) == []


def test_trouble_that_is_new_in_the_last_part_and_trouble_that_became_frequent_are_told_apart(tmp_path: Path) -> None:
    often = "".join(line(minute, "WARNING", f"No answer of peer {minute}") for minute in (5, 25))
    often += "".join(line(46 + minute / 3, "WARNING", f"No answer of peer {minute}") for minute in range(30))
    new = line(50, "ERROR", "Cannot reach the cell") + line(51, "WARNING", "It is slow")
    usual = "".join(line(minute, "WARNING", "Something is deprecated") for minute in range(MINUTES))
    seen = logs(tmp_path, ctl1_nova_conductor=audits(), ctl1_nova_scheduler=often + new, ctl1_nova_api=usual)
    assert [(each.summary.split(" since")[0], each.found) for each in unusual_in(seen)] == [
        ("trouble is logged for the first time", "nova-scheduler: Cannot reach the cell, and 1 other kind"),
        ("trouble is logged far more often than before", "nova-scheduler: No answer of peer 5"),
    ]
    (first, more) = unusual_in(seen)
    assert first.evidence == (
        "1 times nova-scheduler on ctl1: Cannot reach the cell",
        "1 times nova-scheduler on ctl1: It is slow",
    )
    assert more.evidence == ("32 times nova-scheduler on ctl1: No answer of peer 5",)
    assert diagnose_logs(seen, knowledge()).notes == unusual_in(seen)


def test_short_logs_do_not_tell_what_is_usual(tmp_path: Path) -> None:
    seen = logs(tmp_path, ctl1_nova_conductor=audits(5) + line(4, "ERROR", "Cannot reach the cell"))
    assert told(seen) == []


def test_of_many_alike_about_as_many_are_known_to_be_late_as_were() -> None:
    said = Said(0.0, int(Level.ERROR), "nova", "nova-api", "ctl1", "nova.api", None, None, "x", "f", 1)
    kind = Kind(said)
    for second in range(10_000):
        kind.again(float(second))
    assert kind.count == 10_000
    assert abs(kind.since(7_500.0) - 2_500) <= 10_000 // MOST_TIMES * 2
    assert kind.since(0.0) == 10_000


def test_kinds_are_bounded(tmp_path: Path) -> None:
    words = "".join(line(1, "ERROR", f"{chr(103 + n % 20) * (1 + n // 20)} failed") for n in range(9_000))
    seen = logs(tmp_path, ctl1_nova_conductor=words)
    assert len(seen.kinds) == 2 * MOST_KEPT


def living(seen: Seen, healthy: Healthy | None = None, *, is_all: bool = True) -> LiveDiagnosis:
    """What is found in a cloud of which only warnings and worse of a quarter of an hour were fetched, and nothing is
    found to be broken."""
    snapshot = Snapshot(usual_cloud(), NOW, {})
    since = NOW - 15 * 60 if is_all else None
    return diagnose_cloud(
        snapshot, load_catalog(), seen, knowledge(), Focus(), logs_since=since, healthy=healthy
    )  # fmt: skip


def notes(found: LiveDiagnosis) -> list[tuple[str, str]]:
    about = ("diagnosis.new-trouble", "diagnosis.trouble-never-seen")
    return [(each.code.partition(".")[2], each.found) for each in found.notes if each.code in about]


def test_a_living_cloud_tells_of_trouble_that_began_just_now(tmp_path: Path) -> None:
    """Of which there need not have been any before."""
    errors = "".join(line(57 + n / 60, "ERROR", "Cell is gone") for n in range(30))
    seen = logs(tmp_path, ctl1_nova_conductor=errors)
    assert notes(living(seen)) == [("new-trouble", "nova-conductor: Cell is gone")]
    assert notes(living(seen, is_all=False)) == []
    assert notes(living(seen, Healthy(Settings(0.0, {}), frozenset()))) == [
        ("trouble-never-seen", "nova-conductor: Cell is gone")
    ]
    (often,) = living(seen, Healthy(Settings(0.0, {}), trouble_in(seen))).notes
    assert often.summary.startswith("trouble is logged far more often than before since")


def test_what_a_healthy_cloud_always_says_is_not_unusual_there(tmp_path: Path) -> None:
    usual = "".join(line(45 + n / 4, "WARNING", f"Peer 192.0.2.{n} is slow") for n in range(60))
    seen = logs(tmp_path, ctl1_nova_api=usual)
    assert notes(living(seen)) == []
    assert notes(living(seen, Healthy(Settings(0.0, {}), trouble_in(seen)))) == []


def test_many_kinds_of_new_trouble_are_one_note(tmp_path: Path) -> None:
    words = "".join(line(58, "WARNING", f"{chr(103 + n % 20) * (1 + n // 20)} is odd") for n in range(200))
    found = living(logs(tmp_path, ctl1_nova_api=words))
    assert [found for found, _ in notes(found)] == ["new-trouble"]
    assert {each.severity for each in found.notes} == {Severity.NOTE}
    assert found.causes == ()


def test_trouble_that_was_there_in_a_healthy_cloud_is_not_told_of_an_ill_one(tmp_path: Path) -> None:
    before = logs(tmp_path / "before", ctl1_nova_api=line(1, "WARNING", "Peer 192.0.2.7 is slow"))
    now = logs(
        tmp_path / "now", ctl1_nova_api=line(1, "WARNING", "Peer 192.0.2.99 is slow") + line(2, "ERROR", "No cell")
    )
    healthy = Healthy(Settings(0.0, {}), trouble_in(before))
    found = living(now, healthy)
    (note,) = [each for each in found.notes if each.code == "diagnosis.trouble-never-seen"]
    assert (note.found, note.evidence) == ("nova-api: No cell", ("1 times nova-api on ctl1: No cell",))
    assert healthy.again(now) == trouble_in(before) | trouble_in(now)
    assert not any("slow" in digest or "cell" in digest for digest in healthy.again(now))
