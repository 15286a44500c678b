"""Work goes side by side, and the first error ends the place for the rest of it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ostler.commands import CommandResult
from ostler.errors import InputError
from ostler.rehearsal import journal as journals
from ostler.rehearsal import side_by_side as room
from ostler.rehearsal.copying import load
from ostler.rehearsal.dumps import Part
from ostler.rehearsal.side_by_side import side_by_side


class Place:
    """Loads two databases only when both are being loaded."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=10)
        self.over = threading.Event()
        self.said = ""

    def end(self) -> None:
        self.over.set()

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        return []

    def load(self, database: str, chunks: object) -> CommandResult:
        self.both.wait()
        return CommandResult(1 if self.said else 0, self.said, "", 0.1)

    def no_space(self, said: str) -> None:
        return None


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "cores", lambda: 2)


def test_what_each_gives_comes_in_order() -> None:
    place: Any = Place()
    both = threading.Barrier(2, timeout=10)

    def give(number: int) -> int:
        both.wait()
        return number

    assert side_by_side(place, [partial(give, number) for number in range(4)]) == [0, 1, 2, 3]
    assert not place.over.is_set()


def test_the_first_error_ends_the_place() -> None:
    place: Any = Place()

    def fail() -> None:
        raise InputError("x.wrong", "wrong")

    def work() -> bool:
        return bool(place.over.wait(10))

    with pytest.raises(InputError):
        side_by_side(place, [work, fail])
    assert place.over.is_set()


def parts(tmp_path: Path) -> list[Part]:
    files = [tmp_path / f"{name}.sql" for name in ("keystone", "glance")]
    for file in files:
        file.write_text("CREATE TABLE t (a int);\n")
    return [Part(file, file.stem, file.stem, "DEFAULT CHARACTER SET utf8mb3", "0") for file in files]


def test_databases_are_loaded_side_by_side_and_once(tmp_path: Path) -> None:
    place: Any = Place()
    said: list[str] = []
    with journals.opened(tmp_path / "r") as journal:
        load(place, journal, parts(tmp_path), said.append)
        assert journal.is_loaded("keystone") and journal.is_loaded("glance")
        load(place, journal, parts(tmp_path), said.append)
    assert len(said) == 2


def test_a_dump_that_is_refused_is_told(tmp_path: Path) -> None:
    place: Any = Place()
    place.said = "ERROR 1064 (42000) at line 1: something"
    with journals.opened(tmp_path / "r") as journal, pytest.raises(InputError) as refused:
        load(place, journal, parts(tmp_path), print)
    assert refused.value.code == "rehearsal.dump-refused"
    assert place.over.is_set()
