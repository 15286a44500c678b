"""The store of unpacked environments: what is held stays, what is not makes room, a kill leaves nothing for long."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.environments import unpacked
from ostler.environments.unpacked import UnpackedStore


@pytest.fixture
def store(tmp_path: Path) -> UnpackedStore:
    return UnpackedStore(tmp_path / "unpacked")


def stored(project: str, sha256: str = "abc") -> Any:
    path = f"/opt/openstack/venvs/{project}-1"
    return SimpleNamespace(manifest=SimpleNamespace(project=project, version="1", sha256=sha256, path=path))


def unpacks(project: str) -> Callable[[Path], None]:
    def unpack(folder: Path) -> None:
        (folder / f"opt/openstack/venvs/{project}-1/bin").mkdir(parents=True)

    return unpack


def there(store: UnpackedStore) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir() if path.is_dir())


def test_what_was_added_is_found_by_its_archive(store: UnpackedStore) -> None:
    assert store.hold(stored("nova")) is None
    added = store.add(stored("nova"), unpacks("nova"))
    found = store.hold(stored("nova"))
    assert found is not None
    assert found.path == added.path == store.folder / "nova-1-abc/opt/openstack/venvs/nova-1"
    assert (found.path / "bin").is_dir()
    assert store.hold(stored("nova", "other")) is None


def test_nothing_is_left_of_what_could_not_be_unpacked(store: UnpackedStore) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("damaged")

    with pytest.raises(OSError, match="damaged"):
        store.add(stored("nova"), fails)
    assert there(store) == []


def test_the_slower_of_two_takes_what_the_faster_has_put_there(store: UnpackedStore) -> None:
    def slow(folder: Path) -> None:
        unpacks("nova")(folder)
        store.add(stored("nova"), unpacks("nova")).release()

    held = store.add(stored("nova"), slow)
    assert held.path.is_dir()
    assert there(store) == ["nova-1-abc"]


def test_what_is_held_stays_and_the_one_held_longest_ago_goes_first(store: UnpackedStore) -> None:
    kept = store.add(stored("kept"), unpacks("kept"))
    for age, name in enumerate(("new", "old")):
        store.add(stored(name), unpacks(name)).release()
        os.utime(store.folder / f"{name}-1-abc", (0, 1000 - age))
    assert store.make_room(lambda: len(there(store)) <= 2)
    assert there(store) == ["kept-1-abc", "new-1-abc"]
    assert not store.make_room(lambda: False)
    assert there(store) == ["kept-1-abc"]
    kept.release()
    store.make_room(lambda: False)
    assert there(store) == []


def test_holding_one_counts_as_using_it(store: UnpackedStore) -> None:
    for name in ("first", "second"):
        store.add(stored(name), unpacks(name)).release()
        os.utime(store.folder / f"{name}-1-abc", (0, 1000))
    again = store.hold(stored("first"))
    assert again is not None
    again.release()
    store.make_room(lambda: len(there(store)) == 1)
    assert there(store) == ["first-1-abc"]


def test_two_that_hold_the_same_one_let_it_go_one_by_one(store: UnpackedStore) -> None:
    first, second = store.add(stored("nova"), unpacks("nova")), store.hold(stored("nova"))
    assert second is not None
    first.release()
    store.make_room(lambda: False)
    assert there(store) == ["nova-1-abc"]


def test_no_more_are_kept_than_are_worth_their_room(store: UnpackedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked, "KEPT", 2)
    for name in ("a", "b", "c"):
        store.add(stored(name), unpacks(name)).release()
    store.prune()
    assert len(there(store)) == 2


def test_what_was_unpacked_before_the_machine_last_started_counts_for_nothing(
    store: UnpackedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(stored("nova"), unpacks("nova")).release()
    (tmp_path / "boot").write_text("another boot, with words enough\n")
    monkeypatch.setattr(unpacked, "BOOT_ID", tmp_path / "boot")
    assert store.hold(stored("nova")) is None
    held = store.add(stored("nova"), unpacks("nova"))
    assert held.path.is_dir()
    store.prune()
    assert there(store) == ["nova-1-abc"]


def test_room_that_somebody_is_making_is_waited_for(store: UnpackedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        store.add(stored(name), unpacks(name)).release()
    begun, may_go_on, remove = threading.Event(), threading.Event(), shutil.rmtree

    def slowly(path: Path, ignore_errors: bool) -> None:
        begun.set()
        assert may_go_on.wait(10)
        remove(path)

    monkeypatch.setattr(unpacked.shutil, "rmtree", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(store.make_room, lambda: len(there(store)) <= 1)
        assert begun.wait(10)
        second = pool.submit(store.make_room, lambda: len(there(store)) <= 1)
        with pytest.raises(FutureTimeout):
            second.result(0.3)
        may_go_on.set()
        assert first.result(10)
        assert second.result(10)
    assert len(there(store)) == 1


def test_who_only_gives_way_waits_for_nobody(store: UnpackedStore) -> None:
    for name in ("a", "b", "c"):
        store.add(stored(name), unpacks(name)).release()
    store.give_way()
    assert len(there(store)) == 2
    with store._locked(unpacked.REMOVING):
        store.give_way()
    assert len(there(store)) == 2


def _unpack_for_ever(folder: Path, begun: Any) -> None:
    def unpack(partial: Path) -> None:
        (partial / "half").touch()
        begun.set()
        time.sleep(60)

    UnpackedStore(folder).add(stored("nova"), unpack)


def test_what_another_process_unpacks_stays_until_it_is_killed(store: UnpackedStore) -> None:
    spawning = multiprocessing.get_context("spawn")
    begun = spawning.Event()
    other = spawning.Process(target=_unpack_for_ever, args=(store.folder, begun))
    other.start()
    try:
        assert begun.wait(30)
        store.prune()
        store.make_room(lambda: False)
        assert len(there(store)) == 1
    finally:
        other.kill()
        other.join()
    assert store.hold(stored("nova")) is None
    store.prune()
    assert there(store) == []
