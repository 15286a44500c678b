"""Unpacking environments ahead and at once, on a disk that only counts them, and what is shown in the place."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zstandard

from ostler.commands import CommandResult
from ostler.environments import unpacked
from ostler.environments.unpacked import UnpackedStore
from ostler.errors import CommandFailed, NoSpace
from ostler.rehearsal import unpacking as room
from ostler.rehearsal.unpacking import Unpacking, extract, unpacking

GIB = 2**30


class Place:
    """Every environment takes 1 GiB of a disk; they are unpacked only while they `may_go_on`."""

    def __init__(self, folder: Path, size: int = 100 * GIB) -> None:
        self.folder, self.store = folder, UnpackedStore(folder / "unpacked")
        self.size = size
        self.shown: dict[str, str] = {}
        self.order: list[str] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.begun = threading.Event()
        self.broken: dict[str, str] = {}
        self.has_python = True
        self.has_ended = False
        self._lock = threading.Lock()

    @property
    def there(self) -> set[str]:
        """The environments that are unpacked, whole or not."""
        return {path.name.rpartition("-")[0] for path in self.store.folder.glob("*") if path.is_dir()}

    def free(self, folder: Path) -> int:
        return self.size - GIB * len(self.there)

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool = True) -> CommandResult:
        """What runs in the place: an environment is shown there."""
        if argv[0] == "test":
            return CommandResult(0 if self.has_python else 1, "", "")
        assert list(argv[:-2]) == list(room.SHOW)
        self.shown[argv[-1]] = argv[-2]
        return CommandResult(0, "", "")

    def extract(self, scratch: object, stored: Any, folder: Path, before: Sequence[str] = ()) -> str | None:
        """What runs outside."""
        self.begun.set()
        assert self.may_go_on.wait(10)
        with self._lock:
            name = stored.archive.name
            self.order.append(f"{name} ahead" if before else name)
            if said := self.broken.pop(name, None):
                return said
        (folder / "opt/openstack/venvs" / name).mkdir(parents=True)
        return None

    def demand_place(self) -> None:
        if self.has_ended:
            raise CommandFailed("rehearsal.place-ended", "it has ended")


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[str], Any]:
    def made(name: str) -> Any:
        (tmp_path / name).touch()
        project, _, version = name.partition("-")
        told = SimpleNamespace(
            project=project, version=version, release="x", python="3", unpacked_bytes=GIB * 4 // 5, sha256="abc",
            path=f"/opt/openstack/venvs/{name}",
        )  # fmt: skip
        return SimpleNamespace(manifest=told, archive=tmp_path / name)

    return made


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    found = Place(tmp_path)
    monkeypatch.setattr(room, "free_bytes", found.free)
    monkeypatch.setattr("ostler.rehearsal.room.free_bytes", found.free)
    monkeypatch.setattr(room, "extract", found.extract)
    monkeypatch.setattr(room, "cores", lambda: 2)
    return found


@pytest.fixture
def environments(place: Place) -> Iterator[Unpacking]:
    stands_in: Any = place
    with unpacking(stands_in, place.store) as found:
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
    unpacked = place.store.folder / "nova-1-abc/opt/openstack/venvs/nova-1"
    assert place.shown == {"/opt/openstack/venvs/nova-1": str(unpacked)}
    assert unpacked.is_dir()


def test_what_is_unpacked_ahead_is_there_when_it_is_wanted(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    environments.ahead([archive("nova-1"), archive("glance-1")])
    until(lambda: len(place.shown) == 2)
    environments.at(archive("glance-1"))
    assert place.order == ["nova-1 ahead", "glance-1 ahead"]


def test_what_an_earlier_rehearsal_has_unpacked_is_not_unpacked_again(place: Place, archive: Archive) -> None:
    stands_in: Any = place
    for _ in range(2):
        place.shown.clear()
        with unpacking(stands_in, place.store) as environments:
            environments.at(archive("nova-1"))
            assert list(place.shown) == ["/opt/openstack/venvs/nova-1"]
    assert place.order == ["nova-1"]


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
    until(lambda: len(place.shown) == 3)
    assert "glance-1" in place.order, "it was taken out of the queue"


@pytest.mark.parametrize("is_dropped", [True, False])
def test_what_nothing_runs_in_any_more_makes_room_and_the_rest_stays(
    place: Place, environments: Unpacking, archive: Archive, is_dropped: bool
) -> None:
    place.size = 3 * GIB + GIB // 2
    environments.at(archive("nova-1"))
    environments.at(archive("nova-2"))
    if is_dropped:
        environments.drop([archive("nova-1"), archive("never-there")])
    else:
        environments.keep([archive("nova-2")])
    assert place.there == {"nova-1", "nova-2"}, "as long as there is room"
    environments.at(archive("nova-3"))
    environments.at(archive("nova-2"))
    assert place.there == {"nova-1", "nova-2", "nova-3"}
    environments.drop([archive("nova-3")])
    environments.at(archive("nova-4"))
    assert place.there == {"nova-2", "nova-3", "nova-4"}, "the one that was held longest ago goes first"


def test_nothing_is_unpacked_ahead_into_the_room_of_the_databases(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.size = 2 * GIB
    environments.at(archive("glance-1"))
    environments.ahead([archive("nova-1")])
    until(lambda: environments._work["/opt/openstack/venvs/nova-1"].done())
    assert place.order == ["glance-1"]


def test_two_at_once_are_not_promised_the_same_room(place: Place, environments: Unpacking, archive: Archive) -> None:
    place.size = 2 * GIB
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


def test_one_that_failed_ahead_is_tried_again_when_it_is_wanted(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.broken["nova-1"] = "tar: it is damaged"
    environments.ahead([archive("nova-1")])
    until(lambda: environments._work["/opt/openstack/venvs/nova-1"].done())
    environments.at(archive("nova-1"))
    assert place.order == ["nova-1 ahead", "nova-1"]


def test_who_needs_one_is_not_refused_the_room_that_was_too_little_ahead(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.broken["nova-1"] = "tar: usr/x: Cannot write: No space left on device"
    place.may_go_on.clear()
    environments.ahead([archive("nova-1")])
    place.begun.wait(10)
    with ThreadPoolExecutor(1) as pool:
        wanted = pool.submit(environments.at, archive("nova-1"))
        place.may_go_on.set()
        wanted.result(10)
    assert place.order == ["nova-1 ahead", "nova-1"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("tar: it is damaged", "rehearsal.not-unpacked"),
        ("tar: usr/x: Cannot write: No space left on device", "rehearsal.no-space"),
    ],
)
def test_one_that_cannot_be_unpacked_is_told_and_nothing_of_it_stays(
    place: Place, environments: Unpacking, archive: Archive, said: str, code: str
) -> None:
    place.broken["cinder-1"] = said
    with pytest.raises(CommandFailed if code == "rehearsal.not-unpacked" else NoSpace) as failed:
        environments.at(archive("cinder-1"))
    assert failed.value.code == code
    assert place.there == set()


def test_what_a_place_that_ended_has_unpacked_counts_for_nothing(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.has_ended = True
    with pytest.raises(CommandFailed) as failed:
        environments.at(archive("nova-1"))
    assert failed.value.code == "rehearsal.place-ended"
    assert place.there == set()


def test_no_more_are_kept_on_a_long_way_than_are_worth_their_room(
    place: Place, environments: Unpacking, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacked, "KEPT", 2)
    for version in range(5):
        environments.at(archive(f"nova-{version}"))
        environments.keep([archive(f"nova-{version}")])
    until(lambda: place.there == {"nova-3", "nova-4"})


def test_one_whose_python_is_not_in_the_place_is_told_and_may_be_removed(
    place: Place, environments: Unpacking, archive: Archive
) -> None:
    place.has_python = False
    with pytest.raises(CommandFailed) as failed:
        environments.at(archive("nova-1"))
    assert failed.value.code == "rehearsal.no-interpreter"
    place.store.make_room(lambda: False)
    assert place.there == set()


NSENTER = """#!/bin/sh
shift 3
exec "$@"
"""


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A real archive, unpacked by what would enter the place."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/nsenter").write_text(NSENTER)
    (tmp_path / "bin/nsenter").chmod(0o755)
    monkeypatch.setattr(room, "CLEAN", {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name in ("one", "two"):
            told = tarfile.TarInfo(name)
            told.size = 300_000
            tar.addfile(told, io.BytesIO(os.urandom(told.size)))
    archive = tmp_path / "environment.tar.zst"
    archive.write_bytes(zstandard.ZstdCompressor().compress(made.getvalue()))
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    return SimpleNamespace(archive=archive, manifest=SimpleNamespace(sha256=sha256))


HERE: Any = SimpleNamespace(pid=1)


def test_an_archive_is_unpacked_whole(packed: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert extract(HERE, packed, tmp_path / "out") is None
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "two"]


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[:400_000], lambda whole: whole[:9] + b"x" + whole[10:], bytes.upper]
)
def test_one_that_is_damaged_is_never_taken_for_whole(
    packed: Any, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "out").mkdir()
    packed.archive.write_bytes(spoil(packed.archive.read_bytes()))
    assert extract(HERE, packed, tmp_path / "out")


def test_one_that_is_gone_is_told(packed: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    packed.archive.unlink()
    assert "No such file" in str(extract(HERE, packed, tmp_path / "out"))


def test_a_tar_that_was_killed_says_nothing_of_the_archive(packed: Any, tmp_path: Path) -> None:
    (tmp_path / "bin/nsenter").write_text("#!/bin/sh\nkill -KILL $$\n")
    with pytest.raises(CommandFailed) as failed:
        extract(HERE, packed, tmp_path)
    assert failed.value.code == "rehearsal.unpacking-ended"
