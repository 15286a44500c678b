"""Work goes side by side, and the first error ends the place for the rest of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
        self.said_first = ""

    def end(self) -> None:
        self.over.set()

    def run(self, argv: Sequence[str], **_: object) -> CommandResult:
        return CommandResult(0, "", self.said_first)

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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ERROR 1273 (HY000) at line 35: Unknown collation: 'utf8mb4_0900_ai_ci'", ("utf8mb4_0900_ai_ci", "MySQL 8.0")),
        ("ERROR 1115 (42000) at line 35: Unknown character set: 'gb18030'", ("gb18030", "MySQL 5.7")),
        ("ERROR 1273 (HY000) at line 35: Unknown collation: 'utf8mb4_uca9999_ci'", ("uca9999", "or a newer one")),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_dump_of_another_kind_of_server_is_told_with_how_to_dump_again(
    said: str, shown: tuple[str, ...], is_first: bool, tmp_path: Path
) -> None:
    """In a table, or as that of the whole database (with the statement before it, as the client has it)."""
    place: Any = Place()
    statement = f"--------------\nCREATE DATABASE keystone\n--------------\n\n{said}\n"
    place.said, place.said_first = ("", statement) if is_first else (said, "")
    with journals.opened(tmp_path / "r") as journal, pytest.raises(InputError) as refused:
        load(place, journal, parts(tmp_path), print)
    error = refused.value
    assert (error.code, error.exit_code) == ("rehearsal.dump-of-another-server", 2)
    told = f"{error.summary} {error.found}"
    assert all(word in told for word in shown)
    assert "mysqldump --single-transaction" in error.do_next
    assert "| sed 's/" in error.do_next


def test_a_row_that_speaks_of_collations_is_not_shown(tmp_path: Path) -> None:
    place: Any = Place()
    place.said = "ERROR 1062 (23000) at line 3: Duplicate entry 'Unknown collation: 'alice'' for key 'u'"
    with journals.opened(tmp_path / "r") as journal, pytest.raises(InputError) as refused:
        load(place, journal, parts(tmp_path), print)
    assert refused.value.code == "rehearsal.dump-refused"
    assert "alice" not in f"{refused.value} {refused.value.found} {refused.value.do_next}"
