"""Carrying commands out over hops, gone on with, and where one stands in another's way; the place is a stand-in that
keeps revisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.commands import CommandResult
from ostler.rehearsal import journal as journals
from ostler.rehearsal.carrying import Carrying
from ostler.rehearsal.journal import Journal
from ostler.reporting.rehearsal_model import HopOutcome

CATALOG = load_catalog()
HOPS = CATALOG.releases.chain("2024.1", "2026.1")


@dataclass
class Place:
    """Runs nothing: a schema command sets its databases to what the catalog expects of its project's environment."""

    revisions: dict[str, frozenset[str]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    bad: dict[str, int] = field(default_factory=dict)
    killed_after: str = ""
    is_placement_silent: bool = False
    folder: Path = Path("/nowhere")

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool = True, stdin: bytes = b"") -> CommandResult:
        words = " ".join(argv)
        if "/venvs/" not in words:
            return CommandResult(1 if argv[0] == "curl" and self.is_placement_silent else 0, "", "")
        self.ran.append(words)
        for part, code in self.bad.items():
            if part in words:
                return CommandResult(code, "", "it broke")
        environment = words.partition("/venvs/")[2].partition("/")[0]
        name, _, release = environment.rpartition("-")
        project = CATALOG.project(name)
        if (
            any(word in words for word in ("sync", "expand", "migrate", "contract", "upgrade --"))
            and "check" not in words
        ):
            for database in project.databases:
                self.revisions[database.name] = project.version_rows(database.name, release)
        if self.killed_after and self.killed_after in words:
            raise KeyboardInterrupt
        return CommandResult(0, "", "", 0.1)

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        if "information_schema" in sql:
            return [["1"]]
        return [[revision] for revision in sorted(self.revisions.get(database, ()))] if sql.startswith("SELECT") else []

    def environment(self, stored: Any) -> str:
        return f"/opt/openstack/venvs/{stored.manifest.project}-{stored.manifest.release}"

    def start(self, argv: Sequence[str], log: str) -> Any:
        return SimpleNamespace(poll=lambda: 1 if self.is_placement_silent else None, wait=lambda timeout: 0)

    def write(self, path: str, text: str) -> None:
        pass

    def end(self) -> None:
        pass

    def log_end(self, log: str) -> str:
        return "address in use"


def stored(project: str, release: str) -> Any:
    return SimpleNamespace(manifest=SimpleNamespace(project=project, release=release, address=f"{project}@{release}"))


def carried(place: Place, journal: Journal, projects: Sequence[str]) -> list[HopOutcome]:
    carrying = Carrying(CATALOG, place, journal, stored, lambda _: None)  # type: ignore[arg-type]
    outcomes: list[HopOutcome] = []
    names = list(projects)
    for hop in HOPS:
        outcomes += carrying.hop(hop, names)
        names = [name for name in names if all(o.outcome == "ok" for o in outcomes if o.project == name)]
    return outcomes


def told(outcomes: Sequence[HopOutcome]) -> list[tuple[str, str, str]]:
    return [(outcome.target, outcome.project, outcome.outcome) for outcome in outcomes]


def test_two_hops_come_through(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        outcomes = carried(Place(), journal, ["keystone", "nova", "placement"])
    assert told(outcomes) == [
        (release, project, "ok") for release in ("2025.1", "2026.1") for project in ("placement", "nova", "keystone")
    ]


def test_one_that_was_killed_in_the_second_hop_goes_on_there(tmp_path: Path) -> None:
    place = Place(
        killed_after="keystone-2026.1/bin/keystone-manage --config-file /etc/keystone/keystone.conf db_sync --exp"
    )
    with journals.opened(tmp_path / "r") as journal, pytest.raises(KeyboardInterrupt):
        carried(place, journal, ["keystone"])
    place.killed_after, before = "", len(place.ran)
    with journals.opened(tmp_path / "r") as journal:
        assert journal.torn() == ("keystone",)
        journal.begins("keystone")
        assert told(carried(place, journal, ["keystone"])) == [
            ("2025.1", "keystone", "ok"),
            ("2026.1", "keystone", "ok"),
        ]
        assert journal.torn() == ()
    assert not any("keystone-2025.1" in words for words in place.ran[before:])


def test_nova_is_not_judged_by_a_placement_that_did_not_come_through(tmp_path: Path) -> None:
    place = Place(bad={"placement-2025.1/bin/placement-manage": 255})
    with journals.opened(tmp_path / "r") as journal:
        outcomes = carried(place, journal, ["placement", "nova"])
    assert told(outcomes) == [("2025.1", "placement", "failed"), ("2025.1", "nova", "ok"), ("2026.1", "nova", "ok")]
    assert {f.code for outcome in outcomes[1:] for f in outcome.findings} == {"rehearsal.not-checked"}
    assert not any("nova-status" in words for words in place.ran)


def test_a_placement_that_does_not_answer_is_novas_failure_and_ends_nothing_else(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        outcomes = carried(Place(is_placement_silent=True), journal, ["placement", "nova", "keystone"])
    assert ("2025.1", "nova", "failed") in told(outcomes)
    assert ("2026.1", "keystone", "ok") in told(outcomes)
    (finding,) = next(outcome.findings for outcome in outcomes if outcome.outcome == "failed")
    assert (finding.code, finding.found) == ("rehearsal.no-placement", "address in use")


def test_a_schema_that_is_not_the_targets_is_a_failure_though_every_command_ended_well(tmp_path: Path) -> None:
    place = Place()
    place.run = lambda argv, **_: CommandResult(0, "", "")  # type: ignore[method-assign]
    place.revisions = {"keystone": frozenset({"half"})}
    with journals.opened(tmp_path / "r") as journal:
        (outcome,) = carried(place, journal, ["keystone"])
        assert not journal.has_reached("keystone", "2025.1")
    assert [finding.code for finding in outcome.findings] == ["rehearsal.schema-not-reached"]
