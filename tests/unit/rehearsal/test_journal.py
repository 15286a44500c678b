"""What a rehearsal keeps beside its copy."""

from __future__ import annotations

import contextlib
import multiprocessing
from pathlib import Path

import pytest

from ostler.errors import Finding, OutsideError, Refused, Severity
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import Beginning, CommandRun, DiskTaken
from ostler.rehearsal import journal as journals

WARNING = Finding("nova.status-check-x", Severity.WARNING, "nova", "look", evidence=("a line",))
RUN = CommandRun(
    "nova-manage db sync",
    "schema",
    "2025.1",
    0,
    "done",
    1000.0,
    1.5,
    revisions={"nova": ("a", "b")},
    findings=(WARNING,),
)

BEGINNING = Beginning(1000.0, {"nova": ("a", "b")}, {"nova": 4096}, Speed(0.01, 0.02), 0.5)


def test_what_ended_well_is_there_for_the_next_who_opens_it(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        assert journal.beginning() is None
        journal.begun("2024.1", BEGINNING)
        assert journal.data() == ()
        journal.took(DiskTaken(1, 3, 2))
        journal.found((WARNING,))
        journal.loaded("nova")
        journal.ended("a/b", RUN, "nova")
    with journals.opened(tmp_path / "r") as again:
        assert again.beginning() == ("2024.1", BEGINNING)
        assert again.disk() == DiskTaken(1, 3, 2)
        assert again.data() == (WARNING,)
        assert (again.is_loaded("nova"), again.is_loaded("cinder")) == (True, False)
        assert again.done == {"a/b": RUN}


def test_a_line_that_a_kill_cut_off_was_never_written(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        journal.ended("first", RUN, "nova")
        journal.ended("second", RUN, "nova")
    path = tmp_path / "r" / journals.COMMANDS
    path.write_bytes(path.read_bytes()[:-30])
    with journals.opened(tmp_path / "r") as again:
        assert set(again.done) == {"first"}
        again.ended("third", RUN, "nova")
    with journals.opened(tmp_path / "r") as last:
        assert set(last.done) == {"first", "third"}


def test_two_cannot_rehearse_the_same_at_once(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r"), multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(_refused, (tmp_path / "r",)) == "rehearsal.busy"


def _refused(folder: Path) -> str:
    with pytest.raises(Refused) as refused, journals.opened(folder):
        pass
    return refused.value.code


def test_the_folder_is_only_for_its_owner(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r"):
        assert (tmp_path / "r").stat().st_mode & 0o777 == 0o700


def test_a_schema_that_was_being_changed_when_the_kill_came_is_torn_until_its_command_ends(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        journal.begins("nova")
        assert journal.torn() == ("nova",)
        journal.ended("a", RUN, "nova")
        assert journal.torn() == ()


def test_what_begins_again_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        for project in ("nova", "cinder"):
            journal.loaded(project)
            journal.ended(project, RUN, project)
            journal.reached(project, "2025.1")
            journal.begins(project)
        journal.begin_again("nova", ["nova"])
    with journals.opened(tmp_path / "r") as again:
        assert set(again.done) == {"cinder"}
        assert again.torn() == ("cinder",)
        assert [again.is_loaded(name) for name in ("nova", "cinder")] == [False, True]
        assert [again.has_reached(name, "2025.1") for name in ("nova", "cinder")] == [False, True]


def test_nothing_is_left_when_it_is_forgotten(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        journal.ended("first", RUN, "nova")
        journals.forget(tmp_path / "r")
        assert list(tmp_path.iterdir()) == []
        with journals.opened(tmp_path / "r") as anew:
            assert anew.done == {}


def test_one_that_is_killed_while_its_copy_is_removed_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journals.opened(tmp_path / "r") as journal:
        journal.ended("a/b", RUN, "nova")
        with monkeypatch.context() as killed, pytest.raises(Exception, match="still in"):
            killed.setattr("shutil.rmtree", lambda path, ignore_errors: None)
            journals.forget(tmp_path / "r")
    with journals.opened(tmp_path / "r") as again:
        assert again.done == {}
        assert [path.name for path in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("is_well", [True, False])
def test_a_dump_that_cannot_be_removed_is_told_of(
    is_well: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, ignore_errors: bool) -> None:
        """As `rm` on a file system that has become read-only."""

    monkeypatch.setattr("ostler.rehearsal.journal.shutil.rmtree", refuse)
    said: list[str] = []
    with contextlib.suppress(OutsideError), journals.kept_while_stopped(tmp_path, said.append):
        if not is_well:
            raise OutsideError("test.broken", "it broke")
    assert said == [f"the dump is still in {tmp_path}: remove it with rm -r {tmp_path}"]
