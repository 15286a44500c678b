"""Carrying commands out over hops, gone on with, and where one stands in another's way; the place is a stand-in that
keeps revisions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.release import Hop
from ostler.commands import CommandResult
from ostler.errors import NoSpace
from ostler.planning.rehearsed import HopOutcome
from ostler.planning.upgrade.ready import in_batches
from ostler.rehearsal import journal as journals
from ostler.rehearsal.carrying import Carrying, revisions_of
from ostler.rehearsal.journal import Journal

CATALOG = load_catalog()
HOPS = CATALOG.releases.chain("2024.1", "2026.1")


@dataclass
class Place:
    """Runs nothing: a schema command sets its databases to what the catalog expects of its project's environment."""

    revisions: dict[str, frozenset[str]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    bad: dict[str, int] = field(default_factory=dict)
    says: str = "it broke"
    helps: str = "nothing"
    leaves: str = ""
    counted: int = 1
    tables: dict[str, str] = field(default_factory=dict)
    killed_loading: bool = False
    changed: list[str] = field(default_factory=list)
    killed_after: str = ""
    is_placement_silent: bool = False
    folder: Path = Path("/nowhere")
    unpacked: list[tuple[str, ...]] = field(default_factory=list)
    kept: list[set[str]] = field(default_factory=list)
    dropped: list[set[str]] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool = True, stdin: bytes = b"") -> CommandResult:
        words = " ".join(argv)
        if "--force" in argv and stdin:
            return CommandResult(0, f"0\t{self.counted}\n", "")
        if "/venvs/" not in words:
            return CommandResult(1 if argv[0] == "curl" and self.is_placement_silent else 0, "", "")
        self.ran.append(words)
        for part, code in self.bad.items():
            if part in words:
                if self.leaves:
                    self.tables[self.leaves] = "half done"
                return CommandResult(code, "", self.says, 5.0)
        environment = words.partition("/venvs/")[2].partition("/")[0]
        name, _, release = environment.rpartition("-")
        if (
            any(word in words for word in ("sync", "expand", "migrate", "contract", "upgrade --"))
            and "check" not in words
        ):
            project = CATALOG.project_in(name, release)
            assert project is not None
            for database in project.databases:
                self.revisions[database.name] = project.version_rows(database.name, release)
        if self.killed_after and self.killed_after in words:
            raise KeyboardInterrupt
        return CommandResult(0, "", "", 0.1)

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        if "userstat" in sql and not sql.startswith("SELECT"):
            return []
        if "schemata" in sql:
            return [["nova_api", "utf8mb3_bin"], ["nova", "utf8mb4_bin"]]
        if "rows_changed" in sql:
            return [[name, state] for name, state in self.tables.items()]
        if "information_schema" in sql:
            return [["1"]]
        if sql.startswith("DROP DATABASE"):
            self.tables = {name: state for name, state in self.tables.items() if f"`{name.split('.')[0]}`" not in sql}
        if not sql.startswith(("SELECT", "UPDATE services")):
            self.changed.append(sql)
            if self.helps in sql:
                self.bad = {}
        return [[revision] for revision in sorted(self.revisions.get(database, ()))] if sql.startswith("SELECT") else []

    def save(self, database: str, file: Path) -> None:
        held = {name: state for name, state in self.tables.items() if name.startswith(f"{database}.")}
        file.write_bytes(gzip.compress(json.dumps(held).encode()))

    def load(self, database: str, chunks: Iterable[bytes]) -> CommandResult:
        if self.killed_loading:
            raise KeyboardInterrupt
        self.changed.append(f"LOAD {database}")
        self.tables |= json.loads(b"".join(chunks))
        return CommandResult(0, "", "")

    def start(self, argv: Sequence[str], log: str) -> Any:
        return SimpleNamespace(poll=lambda: 1 if self.is_placement_silent else None, wait=lambda timeout: 0)

    def write(self, path: str, text: str) -> None:
        pass

    def end(self) -> None:
        pass

    def no_space(self, said: str) -> NoSpace | None:
        return NoSpace("rehearsal.no-space", "full") if "is full" in said else None

    def at(self, stored: Any) -> str:
        return f"/opt/openstack/venvs/{called(stored)}"

    def ahead(self, wanted: Sequence[Any]) -> None:
        self.unpacked.append(tuple(map(called, wanted)))

    def keep(self, wanted: Sequence[Any]) -> None:
        self.kept.append(set(map(called, wanted)))

    def drop(self, unwanted: Iterable[Any]) -> None:
        self.dropped.append(set(map(called, unwanted)))

    def log_end(self, log: str) -> tuple[str, ...]:
        return ('  File "/x.py", line 5, in y', "DBDuplicateEntry: \"Duplicate entry 'VALUE'\"", "address in use")


def called(stored: Any) -> str:
    return f"{stored.manifest.project}-{stored.manifest.release}"


def stored(project: str, release: str) -> Any:
    return SimpleNamespace(manifest=SimpleNamespace(project=project, release=release, address=f"{project}@{release}"))


def carried(
    place: Place, journal: Journal, projects: Sequence[str], hops: Sequence[Hop] = HOPS, *, tries_fixes: bool = False
) -> list[HopOutcome]:
    place_and_environments: Any = (place, place)
    carrying = Carrying(CATALOG, *place_and_environments, journal, stored, lambda _: None, tries_fixes=tries_fixes)
    return carrying.way(hops, projects)


def told(outcomes: Sequence[HopOutcome]) -> list[tuple[str, str, str]]:
    return [(outcome.target, outcome.project, outcome.outcome) for outcome in outcomes]


def test_two_hops_come_through(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        outcomes = carried(Place(), journal, ["keystone", "nova", "placement"])
    assert told(outcomes) == [
        (release, project, "ok") for release in ("2025.1", "2026.1") for project in ("placement", "nova", "keystone")
    ]


MOVED = "| migration | needed | completed |\n| populate_uuids | {0} | {0} |\n"


def test_rows_are_moved_in_batches_as_the_plan_has_them_moved_and_all_of_them_count(tmp_path: Path) -> None:
    place, batches = Place(), [1000, 1000, 12]
    runs = place.run

    def run(argv: Sequence[str], **more: Any) -> CommandResult:
        done = runs(argv, **more)
        is_more = "nova-2024.1/bin/nova-manage" in argv[0] and "online_data_migrations" in argv and batches
        return CommandResult(1, MOVED.format(batches.pop()), "", 2.0) if is_more else done

    place.run = run  # type: ignore[method-assign]
    with journals.opened(tmp_path / "r") as journal:
        (outcome,) = carried(place, journal, ["nova"], HOPS[:1])
    first = outcome.commands[0]
    assert (first.words, first.rows) == ("nova-manage db online_data_migrations", 2012)
    assert (first.judged, round(first.seconds, 1)) == ("done", 6.1)
    started = [words for words in place.ran if "online_data_migrations" in words]
    migration = CATALOG.project("nova").online_migration("2024.1")
    assert migration is not None
    ends = " ".join(in_batches(migration))
    assert [words.rpartition("/bin/")[2] for words in started] == [ends] * 5, "four of 2024.1, one of 2025.1"


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
    assert finding.code == "rehearsal.no-placement"
    assert "address in use" in (finding.found or "")
    assert "VALUE" not in (finding.found or "")


def test_a_schema_that_is_not_the_targets_is_a_failure_though_every_command_ended_well(tmp_path: Path) -> None:
    place = Place()
    place.run = lambda argv, **_: CommandResult(0, "", "")  # type: ignore[method-assign]
    place.revisions = {"keystone": frozenset({"half"})}
    with journals.opened(tmp_path / "r") as journal:
        (outcome,) = carried(place, journal, ["keystone"])
        assert not journal.has_reached("keystone", "2025.1")
    assert [finding.code for finding in outcome.findings] == ["rehearsal.schema-not-reached"]


def on_the_way(source: str, target: str) -> tuple[Hop, ...]:
    return CATALOG.all_releases.chain(source, target)


ONLINE = "rocky/bin/nova-manage --config-file /etc/nova/nova.conf db online"
SPECS = "Error attempting to run <function migrate_instances_add_request_spec at 0x1>"


@pytest.mark.parametrize(
    ("tries_fixes", "helps", "outcome"),
    [(False, "members_put_aside", "blocked"), (True, "members_put_aside", "fixed"), (True, "nothing", "blocked")],
)
def test_a_fix_that_is_known_is_made_on_the_copy_where_that_is_wished(
    tries_fixes: bool, helps: str, outcome: str, tmp_path: Path
) -> None:
    place = Place(bad={ONLINE: 2}, says=SPECS, helps=helps, folder=tmp_path)
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(place, journal, ["nova"], on_the_way("queens", "rocky"), tries_fixes=tries_fixes)
        assert found.outcome == outcome
        assert journal.torn() == (("nova",) if tries_fixes and outcome == "blocked" else ())
    (finding,) = found.findings
    assert finding.code == "nova.request-specs-of-server-groups"
    assert finding.do_next.startswith("with Rocky's code")
    assert ("got over on the copy" in finding.summary) == (outcome == "fixed")
    put_aside = [sql for sql in place.changed if "members_put_aside" in sql]
    assert len(put_aside) == (2 if tries_fixes else 0), "what was put aside is put back"


def half_done(folder: Path, **parts: Any) -> Place:
    """A place in which Rocky's row migration fails half way, until its fix is made; there are two databases."""
    folder.mkdir()
    tables = {"nova.instances": "whole", "nova_api.request_specs": "whole"}
    leaves = {"leaves": "nova_api.request_specs", **parts}
    return Place(bad={ONLINE: 2}, says=SPECS, helps="members_put_aside AS", tables=tables, folder=folder, **leaves)


def test_what_a_failed_command_left_is_put_back_before_its_fix_is_made(tmp_path: Path) -> None:
    place = half_done(tmp_path / "place")
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(place, journal, ["nova"], on_the_way("queens", "rocky"), tries_fixes=True)
        assert journal.torn() == ()
        (run,) = [run for run in journal.done.values() if run.outcome == "fixed"]
    assert found.outcome == "fixed"
    assert place.tables == {"nova.instances": "whole", "nova_api.request_specs": "whole"}
    told = [sql.split("`")[0].split(" IF")[0] for sql in place.changed]
    assert told[:3] == ["DROP DATABASE"] * 3, "also one that was not there before"
    assert [sql for sql in place.changed if "COLLATE" in sql or "LOAD" in sql] == [
        "CREATE DATABASE `nova_api` COLLATE utf8mb3_bin",
        "LOAD nova_api",
        "CREATE DATABASE `nova` COLLATE utf8mb4_bin",
        "LOAD nova",
    ]
    assert "members_put_aside" in place.changed[7], "the fix comes after it"
    assert run in found.commands
    assert run.put_back is not None
    assert run.put_back.tables == ("nova_api.request_specs",)
    assert run.seconds == 0.1, "only the last time counts"
    assert list((tmp_path / "place" / "before").iterdir()) == []


def test_where_nothing_was_changed_nothing_is_put_back(tmp_path: Path) -> None:
    place = half_done(tmp_path / "place", leaves="")
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(place, journal, ["nova"], on_the_way("queens", "rocky"), tries_fixes=True)
    assert found.outcome == "fixed"
    assert not [sql for sql in place.changed if "DATABASE" in sql or "LOAD" in sql]
    assert {run.put_back for run in found.commands} == {None}


def test_a_fix_is_not_tried_on_what_cannot_be_put_back(tmp_path: Path) -> None:
    place = half_done(tmp_path / "place", counted=0)
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(place, journal, ["nova"], on_the_way("queens", "rocky"), tries_fixes=True)
    assert found.outcome == "blocked"
    assert place.changed == []
    assert [finding.code for finding in found.findings] == [
        "nova.request-specs-of-server-groups",
        "rehearsal.fix-not-tried",
    ]
    assert found.findings[1].evidence == ("nova_api.request_specs",)


def test_without_a_wish_for_fixes_nothing_is_kept(tmp_path: Path) -> None:
    place = half_done(tmp_path / "place")
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(place, journal, ["nova"], on_the_way("queens", "rocky"))
    assert found.outcome == "blocked"
    assert not (tmp_path / "place" / "before").exists()


def test_a_project_begins_again_when_it_was_killed_while_it_was_put_back(tmp_path: Path) -> None:
    place = half_done(tmp_path / "place", killed_loading=True)
    with journals.opened(tmp_path / "r") as journal:
        with pytest.raises(KeyboardInterrupt):
            carried(place, journal, ["nova"], on_the_way("queens", "rocky"), tries_fixes=True)
        assert journal.torn() == ("nova",)


def test_what_was_kept_when_a_rehearsal_was_killed_goes_when_it_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "place" / "before" / "nova.sql.gz"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with journals.opened(tmp_path / "r") as journal:
        carried(Place(folder=tmp_path / "place"), journal, ["keystone"])
    assert not kept.exists()


def test_what_cannot_be_done_on_a_copy_is_left_and_told(tmp_path: Path) -> None:
    rows = "queens/bin/cinder-manage --config-file /etc/cinder/cinder.conf db online"
    place = Place(bad={rows: 0}, says="Error attempting to run shared_targets_online_data_migration")
    with journals.opened(tmp_path / "r") as journal:
        found = carried(place, journal, ["cinder"], on_the_way("pike", "stein"), tries_fixes=True)
    assert [each.outcome for each in found] == ["fixed", "fixed", "ok"]
    assert {finding.code for each in found for finding in each.findings} == {
        "cinder.shared-targets-wants-volume-services"
    }
    assert place.changed == []
    assert [(command.words, command.seconds) for command in found[0].commands if command.outcome == "fixed"] == [
        ("cinder-manage db online_data_migrations", 5.0)
    ]


def test_another_migration_that_fails_beside_it_is_no_known_blocker(tmp_path: Path) -> None:
    says = (
        "Error attempting to run <function shared_targets at 0x1>\nError attempting to run <function attachment at 0x2>"
    )
    rows = "queens/bin/cinder-manage --config-file /etc/cinder/cinder.conf db online"
    with journals.opened(tmp_path / "r") as journal:
        (found,) = carried(
            Place(bad={rows: 0}, says=says), journal, ["cinder"], on_the_way("pike", "queens"), tries_fixes=True
        )
    assert found.outcome in ("blocked", "failed")
    assert not [finding for finding in found.findings if finding.code.startswith("cinder.shared")]


def test_placement_leaves_nova_on_the_way_and_is_a_project_of_its_own_from_there(tmp_path: Path) -> None:
    place = Place()
    with journals.opened(tmp_path / "r") as journal:
        found = carried(place, journal, ["nova"], on_the_way("queens", "stein"))
    assert told(found) == [("rocky", "nova", "ok"), ("stein", "placement", "ok"), ("stein", "nova", "ok")]
    assert [command.kind for command in found[1].commands][:2] == ["extraction", "schema"]
    checks = [words for words in place.ran if "nova-status" in words]
    assert len(checks) == 4, "nova's own placement answers in Rocky"


def test_a_release_of_which_there_is_no_package_is_passed_over(tmp_path: Path) -> None:
    place = Place()
    with journals.opened(tmp_path / "r") as journal:
        found = carried(place, journal, ["glance"], on_the_way("pike", "rocky"))
    assert told(found) == [("queens", "glance", "ok"), ("rocky", "glance", "ok")]
    assert [finding.code for finding in found[0].findings] == ["rehearsal.no-code"]
    assert found[0].commands == ()
    assert all("-rocky/" in words for words in place.ran)


def test_the_code_of_the_next_hop_is_there_in_time_and_that_of_past_ones_goes(tmp_path: Path) -> None:
    place, hops = Place(), on_the_way("2023.1", "2026.1")
    assert [hop.target.id for hop in hops] == ["2024.1", "2025.1", "2026.1"]
    with journals.opened(tmp_path / "r") as journal:
        carried(place, journal, ["nova"], hops)
    assert place.unpacked == [
        ("nova-2023.1", "nova-2024.1", "nova-2024.1", "nova-2025.1"),
        ("nova-2024.1", "nova-2025.1", "nova-2025.1", "nova-2026.1"),
        ("nova-2025.1", "nova-2026.1"),
    ]
    assert place.kept == [set(ahead) for ahead in place.unpacked]
    assert place.dropped == [{"nova-2023.1"}, {"nova-2024.1"}, {"nova-2025.1", "nova-2026.1"}]


def test_code_of_commands_that_are_on_record_is_not_unpacked_again(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        carried(Place(), journal, ["keystone"], HOPS[:1])
        place = Place()
        carried(place, journal, ["keystone"])
    assert place.unpacked == [("keystone-2026.1",), ("keystone-2026.1",)]


def test_a_disk_that_ran_full_is_no_failure_of_the_upgrade(tmp_path: Path) -> None:
    place = Place(bad={"keystone-2025.1/bin/keystone-manage": 1}, says="(1114, \"The table 'user' is full\")")
    with journals.opened(tmp_path / "r") as journal, pytest.raises(NoSpace):
        carried(place, journal, ["keystone"])


class Tables:
    """A server that has some tables."""

    def __init__(self, **tables: list[list[str]]) -> None:
        self.tables = tables

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        if "information_schema" in sql:
            return [["1"]] if any(f"'{name}'" in sql for name in self.tables) else []
        return next(rows for name, rows in self.tables.items() if f"`{name}`" in sql)


@pytest.mark.parametrize(
    ("tables", "revisions"),
    [
        ({}, set()),
        ({"alembic_version": [["b30f573d3377"]], "migrate_version": [["nova_api", "87"]]}, {"b30f573d3377"}),
        ({"alembic_version": [], "migrate_version": [["nova_api", "61"]]}, {"61"}),
        (
            {"migrate_version": [["keystone", "109"], ["keystone_expand", "52"], ["keystone_contract", "52"]]},
            {"52"},
        ),
        ({"migrate_version": [["keystone", "97"]]}, {"97"}),
    ],
)
def test_the_revisions_are_those_of_the_newest_way_to_keep_them(
    tables: dict[str, list[list[str]]], revisions: set[str]
) -> None:
    database = CATALOG.project("keystone").database("keystone")
    assert revisions_of(Tables(**tables), database) == revisions  # type: ignore[arg-type]
