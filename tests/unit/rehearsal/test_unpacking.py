"""Unpacking environments ahead and at once, and removing them, in a place that only notes what is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, NoSpace
from ostler.rehearsal import unpacking as room
from ostler.rehearsal.unpacking import Unpacking, unpacking

GIB = 2**30


class Place:
    """Environments take what they say of a disk; `slow` ones are unpacked only when they may go on."""

    def __init__(self, folder: Path, free: int = 100 * GIB) -> None:
        self.folder = folder
        self.free = free
        self.there: dict[str, int] = {}
        self.marked: set[str] = set()
        self.order: list[str] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = threading.Event()
        self.broken = ""
        self._lock = threading.Lock()

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool = True, stdin: Any = b"") -> CommandResult:
        words = list(argv)
        if "tar" in words:
            return self._unpack(Path(stdin.name).name, is_ahead="nice" in words)
        path = words[-1]
        if words[0] == "touch":
            self.marked.add(path.rpartition("/")[0])
        if words[0] == "ls":
            return CommandResult(0, "".join(f"{Path(each).name}\n" for each in self.there), "")
        if "sh" in words:
            self.free += self.there.pop(path)
            self.marked.discard(path)
        if words[:2] == ["test", "-e"]:
            return CommandResult(0 if path.rpartition("/")[0] in self.marked else 1, "", "")
        return CommandResult(0, "", "")

    def _unpack(self, name: str, *, is_ahead: bool) -> CommandResult:
        self.begun.set()
        assert self.may_go_on.wait(10)
        with self._lock:
            self.order.append(f"{name} ahead" if is_ahead else name)
            if name == self.broken:
                self.broken = ""
                return CommandResult(2, "", "tar: it is damaged")
            self.there[f"/opt/openstack/venvs/{name}"] = GIB
            self.free -= GIB
        return CommandResult(0, "", "")

    def no_space(self, said: str) -> None:
        return None


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[str], Any]:
    def made(name: str, unpacked_bytes: int = GIB) -> Any:
        (tmp_path / name).touch()
        project, _, version = name.partition("-")
        told = SimpleNamespace(project=project, version=version, release="x", python="3", unpacked_bytes=unpacked_bytes)
        return SimpleNamespace(manifest=told, archive=tmp_path / name)

    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    found = Place(tmp_path)
    monkeypatch.setattr(room, "free_bytes", lambda folder: found.free)
    monkeypatch.setattr("ostler.rehearsal.room.free_bytes", lambda folder: found.free)
    monkeypatch.setattr(room, "cores", lambda: 2)
    return found


@pytest.fixture
def environments(place: Place) -> Iterator[Unpacking]:
    stands_in: Any = place
    with unpacking(stands_in) as found:
        yield found


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


Archive = Callable[[str], Any]


def test_one_is_unpacked_once_however_many_ask_for_it(place: Place, environments: Unpacking, archive: Archive) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(environments.at, [archive("nova-1")] * 8))
    assert paths == {"/opt/openstack/venvs/nova-1"}
    assert place.order == ["nova-1"]


def test_what_is_unpacked_ahead_is_there_when_it_is_wanted(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    environments.ahead([archive("nova-1"), archive("glance-1")])
    until(lambda: len(place.marked) == 2)
    environments.at(archive("glance-1"))
    assert place.order == ["nova-1 ahead", "glance-1 ahead"]


def test_what_is_wanted_now_waits_for_none_of_those_ahead(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.may_go_on.clear()
    environments.ahead([archive("nova-1"), archive("cinder-1"), archive("glance-1")])
    place.begun.wait(10)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(environments.at, archive("glance-1"))
        until(lambda: environments._work["/opt/openstack/venvs/glance-1"].running())
        place.may_go_on.set()
        waiting.result(10)
    until(lambda: len(place.marked) == 3)
    assert "glance-1" in place.order, "it was taken out of the queue"


def test_what_is_not_kept_is_removed_also_what_a_killed_rehearsal_left(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.there["/opt/openstack/venvs/old-1"] = 0
    environments.at(archive("nova-1"))
    environments.at(archive("nova-2"))
    environments.keep([archive("nova-2")])
    until(lambda: list(place.there) == ["/opt/openstack/venvs/nova-2"])


def test_what_nothing_runs_in_any_more_is_removed_and_the_rest_stays(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    environments.at(archive("nova-1"))
    environments.at(archive("nova-2"))
    environments.drop([archive("nova-1"), archive("never-there")])
    until(lambda: list(place.there) == ["/opt/openstack/venvs/nova-2"])
    assert place.marked == {"/opt/openstack/venvs/nova-2"}


@pytest.mark.parametrize("is_dropped", [True, False])
def test_what_is_wanted_again_before_its_removal_had_its_turn_stays(
    place: Place, environments: Unpacking, archive: Archive, is_dropped: bool
) -> None:
    environments.at(archive("nova-1"))
    place.may_go_on.clear()
    place.begun.clear()
    environments.ahead([archive("cinder-1")])
    place.begun.wait(10)
    if is_dropped:
        environments.drop([archive("nova-1")])
    else:
        environments.keep([archive("cinder-1")])
    environments.at(archive("nova-1"))
    place.may_go_on.set()
    environments.ahead([archive("last-1")])
    until(lambda: "/opt/openstack/venvs/last-1" in place.marked)
    assert {"/opt/openstack/venvs/nova-1", "/opt/openstack/venvs/cinder-1"} <= place.there.keys() & place.marked


def test_nothing_is_unpacked_ahead_into_the_room_of_the_databases(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.free = 2 * GIB
    environments.ahead([archive("nova-1")])
    environments.at(archive("glance-1"))
    until(lambda: environments._work["/opt/openstack/venvs/nova-1"].done())
    assert place.order == ["glance-1"]


def test_two_at_once_are_not_promised_the_same_room(place: Place, environments: Unpacking, archive: Archive) -> None:
    place.free = 2 * GIB
    place.may_go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(environments.at, archive("nova-1"))
        place.begun.wait(10)
        with pytest.raises(NoSpace) as full:
            environments.at(archive("cinder-1"))
        place.may_go_on.set()
        first.result(10)
    assert full.value.code == "rehearsal.no-space"
    assert place.order == ["nova-1"]


def test_room_that_is_being_made_is_waited_for(place: Place, environments: Unpacking, archive: Archive) -> None:
    environments.at(archive("nova-1"))
    place.free = GIB
    environments.keep([])
    environments.at(archive("nova-2"))
    assert list(place.there) == ["/opt/openstack/venvs/nova-2"]


def test_one_that_failed_ahead_is_tried_again_when_it_is_wanted(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.broken = "nova-1"
    environments.ahead([archive("nova-1")])
    until(lambda: environments._work["/opt/openstack/venvs/nova-1"].done())
    environments.at(archive("nova-1"))
    assert place.order == ["nova-1 ahead", "nova-1"]
    place.broken = "cinder-1"
    with pytest.raises(CommandFailed) as failed:
        environments.at(archive("cinder-1"))
    assert failed.value.code == "rehearsal.not-unpacked"
