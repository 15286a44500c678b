"""What is set otherwise than when the cloud was last seen healthy: told with what it may have to do with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.diagnosis.changes import changes_before
from ostler.diagnosis.folding import Broken
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, diagnose_cloud
from ostler.diagnosis.observing import Seen
from ostler.diagnosis.settings_since import Settings, changed_since, differing, settings_in, when
from ostler.diagnosis.unusual import Healthy
from ostler.errors import Finding, Severity
from ostler.execution.home import Home
from ostler.execution.last_healthy import keep_healthy, last_healthy
from ostler.facts.model import Snapshot, Unknown, wanted
from ostler.rules.component import component

sys.path.insert(0, str(Path(__file__).parents[2] / "specs"))
from rule_cases import usual_cloud

NOVA, CINDER = "/etc/nova/nova.conf", "/etc/cinder/cinder.conf"
NOON = 1_795_780_800.0


def settings(**hosts: dict[str, dict[str, str]]) -> Settings:
    return Settings(NOON, hosts)


def snapshot(value: Any) -> Snapshot:
    return Snapshot(usual_cloud(), NOON + 86_400, {wanted("host.settings", "ctl1"): value})


def option(digest: str) -> dict[str, Any]:
    return {"line": 1, "value": None, "digest": digest, "own": digest}


def test_new_gone_and_other_values_are_told_and_nothing_else() -> None:
    before = settings(ctl1={NOVA: {"DEFAULT/a": "1", "DEFAULT/b": "1", "api/c": "1"}, CINDER: {"DEFAULT/a": "1"}})
    now = settings(ctl1={NOVA: {"DEFAULT/a": "1", "DEFAULT/b": "2", "api/d": "1"}, "/etc/x.conf": {"DEFAULT/a": "1"}})
    assert [(each.host, each.what.partition("UTC: ")[2]) for each in changed_since(before, now)] == [
        ("ctl1", f"nothing is left in {CINDER}"),
        ("ctl1", f"[DEFAULT] b has another value in {NOVA}"),
        ("ctl1", f"[api] c is gone in {NOVA}"),
        ("ctl1", f"[api] d is new in {NOVA}"),
        ("ctl1", "everything is new in /etc/x.conf"),
    ]
    assert changed_since(before, before) == ()


def test_a_host_that_was_not_read_has_not_changed() -> None:
    found = settings_in(snapshot({NOVA: {"options": {"DEFAULT/a": option("1")}, "problems": []}}))
    assert found == Settings(NOON + 86_400, {"ctl1": {NOVA: {"DEFAULT/a": "1"}}})
    assert settings_in(snapshot(Unknown("no answer"))).digests == {}
    assert changed_since(settings(ctl1={NOVA: {"DEFAULT/a": "2"}}), settings()) == ()


def test_a_cause_is_told_with_what_is_set_otherwise_for_it_however_long_ago_that_was() -> None:
    before = settings(ctl1={NOVA: {"DEFAULT/a": "1"}, CINDER: {"DEFAULT/a": "1"}}, ctl2={NOVA: {"DEFAULT/a": "1"}})
    now = settings(ctl1={NOVA: {"DEFAULT/a": "2"}, CINDER: {"DEFAULT/a": "2"}}, ctl2={NOVA: {"DEFAULT/a": "2"}})
    changes = changed_since(before, now)
    known = {wanted("host.changed_recently", "ctl1"): {"up_since": 0.0, "packages": [], "files": [], "units": []}}
    broken = Broken(
        component("service:nova-api@ctl1"), (Finding("a.b", Severity.FAILURE, "x", "x"),), True, NOON + 86_000
    )
    seen = Snapshot(usual_cloud(), NOON + 86_400, known)
    told = changes_before(seen, [broken], "nova", (), changes)
    assert [each.what.partition("UTC: ")[2] for each in told] == [f"[DEFAULT] a has another value in {NOVA}"]


def test_all_that_differs_is_a_note_as_long_as_the_cloud_is_not_healthy() -> None:
    seen = snapshot({NOVA: {"options": {"DEFAULT/a": option("2")}, "problems": []}})
    healthy = Healthy(settings(ctl1={NOVA: {"DEFAULT/a": "1"}}), frozenset())
    found = diagnose_cloud(seen, load_catalog(), Seen(), knowledge(), Focus(), healthy=healthy)
    (note,) = [each for each in found.notes if each.code == "diagnosis.settings-differ"]
    assert note.evidence == (f"ctl1: [DEFAULT] a has another value in {NOVA}",)
    assert note.severity is Severity.NOTE
    same = Healthy(settings(ctl1={NOVA: {"DEFAULT/a": "2"}}), frozenset())
    found = diagnose_cloud(seen, load_catalog(), Seen(), knowledge(), Focus(), healthy=same)
    assert [each for each in found.notes if each.code == "diagnosis.settings-differ"] == []


def test_a_note_names_the_first_of_many() -> None:
    before = settings(ctl1={NOVA: {f"DEFAULT/o{n:02}": "1" for n in range(30)}})
    now = settings(ctl1={NOVA: {f"DEFAULT/o{n:02}": "2" for n in range(30)}})
    note = differing(before, changed_since(before, now))
    assert (note.found, len(note.evidence), note.evidence[-1]) == ("30 differences", 21, "and 10 more")


@pytest.mark.parametrize("spoilt", [b"", b"{", b'{"at": "x"}', b"\xff\xfe"])
def test_what_was_kept_is_found_again_and_what_is_spoilt_counts_for_nothing(tmp_path: Path, spoilt: bytes) -> None:
    home = Home(tmp_path / "home")
    kept = Healthy(settings(ctl1={NOVA: {"DEFAULT/a": "1"}}), frozenset(("0123456789ab", "ba9876543210")))
    assert last_healthy("a/b", home) is None
    keep_healthy("a/b", home, kept)
    assert last_healthy("a/b", home) == kept
    assert home.healthy("a/b").stat().st_mode & 0o777 == 0o600
    home.healthy("a/b").write_bytes(spoilt)
    assert last_healthy("a/b", home) is None


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    home = Home(tmp_path / "home")
    keep_healthy("a", home, Healthy(settings(), frozenset()))
    assert last_healthy("a", home) is None


@pytest.mark.parametrize(("at", "said"), [(NOON, "2026-11-27 12:00 UTC"), (-62_135_640_000.0, "????-??-?? ??:?? UTC")])
def test_a_time_is_said_also_when_it_is_in_no_calendar(at: float, said: str) -> None:
    assert when(at) == said
