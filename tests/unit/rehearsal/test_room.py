"""A full disk: what shows it, and that the place ends before others feel it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ostler.errors import CommandFailed, NoSpace
from ostler.rehearsal import room
from ostler.rehearsal.room import LEAST_FREE_BYTES, ROOM_TO_GROW_BYTES, no_space, watched


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The room on the disk, by its last number."""
    found = [10 * LEAST_FREE_BYTES]
    monkeypatch.setattr(room, "free_bytes", lambda folder: found[-1])
    return found


@pytest.mark.parametrize(
    "said",
    [
        "tar: usr/x: Cannot write: No space left on device",
        "[ERROR] mariadbd: Disk is full writing './x.MAI' (Errcode: 28)",
        "(pymysql.err.OperationalError) (1114, \"The table 'instances' is full\")",
        "ERROR 1114 (HY000) at line 7: The table 't' is full",
    ],
)
def test_what_programs_say_of_a_full_disk_is_known(said: str, free: list[int], tmp_path: Path) -> None:
    assert no_space(tmp_path, said) is not None
    assert no_space(tmp_path, "ERROR 1064 (42000) at line 28") is None


def test_a_disk_with_next_to_nothing_left_needs_no_words(free: list[int], tmp_path: Path) -> None:
    free.append(LEAST_FREE_BYTES - 1)
    assert no_space(tmp_path) is not None


def test_the_place_ends_when_the_disk_fills_and_what_came_of_it_does_not_count(free: list[int], tmp_path: Path) -> None:
    ended = threading.Event()
    with pytest.raises(NoSpace), watched(tmp_path, ended.set, lambda: None):
        free.append(0)
        assert ended.wait(10)
        raise CommandFailed("x.failed", "a command was ended")
    with pytest.raises(NoSpace), watched(tmp_path, ended.set, lambda: None):
        threading.Event().wait(1)


def test_with_room_left_nothing_ends(free: list[int], tmp_path: Path) -> None:
    ended = threading.Event()
    with pytest.raises(CommandFailed), watched(tmp_path, ended.set, lambda: None):
        raise CommandFailed("x.failed", "it failed by itself")
    assert not ended.is_set()


def test_who_wants_to_look_too_is_called_at_each_look(free: list[int], tmp_path: Path) -> None:
    looked = threading.Event()
    with watched(tmp_path, lambda: None, lambda: None, looked.set):
        assert looked.wait(10)


def test_what_is_only_kept_for_later_gives_way_before_the_place_ends(free: list[int], tmp_path: Path) -> None:
    ended, gave_way = threading.Event(), threading.Event()

    def make_room() -> None:
        free.append(ROOM_TO_GROW_BYTES)
        gave_way.set()

    with watched(tmp_path, ended.set, make_room):
        free.append(0)
        assert gave_way.wait(10)
    assert not ended.is_set()
