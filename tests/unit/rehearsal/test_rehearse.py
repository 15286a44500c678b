"""What becomes of a rehearsal's folder: while another goes on in it, after an error, after an interruption."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.errors import CommandFailed, InputError, OstlerError, Stopped
from ostler.rehearsal import journal as journals
from ostler.rehearsal import rehearse as room
from ostler.rehearsal.rehearse import Stage, Wish, rehearse

TABLES = "CREATE TABLE `t` (\n  `id` int\n);\n"


@pytest.fixture
def said() -> list[str]:
    return []


def wish(tmp_path: Path, *names: str, text: str = TABLES) -> Wish:
    dumps = []
    for name in names:
        path = tmp_path / f"{name}.sql"
        path.write_text(text)
        dumps.append((None, path))
    return Wish(tuple(dumps), "2025.1", "2024.1")


def stage(tmp_path: Path, said: list[str]) -> Stage:
    return Stage(lambda: tmp_path / "image", tuple, lambda release, names: {}, tmp_path / "rehearsals", said.append)


def fails_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def entered(folder: Path, image: Path, shown: Sequence[Path]) -> Iterator[Any]:
        (folder / "a row of somebody").touch()
        raise error
        yield

    monkeypatch.setattr(room, "entered", entered)


def left(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "rehearsals").glob("*"))


def test_after_an_error_nothing_of_the_copy_is_left(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(CommandFailed("rehearsal.no-place", "no"), monkeypatch)
    with pytest.raises(CommandFailed):
        rehearse(load_catalog(), wish(tmp_path, "keystone"), stage(tmp_path, said))
    assert left(tmp_path) == []


def test_after_an_interruption_the_copy_is_there_and_its_place_is_told(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(KeyboardInterrupt(), monkeypatch)
    with pytest.raises(Stopped) as stopped:
        rehearse(load_catalog(), wish(tmp_path, "keystone"), stage(tmp_path, said))
    (folder,) = left(tmp_path)
    assert str(folder) in f"{stopped.value} {stopped.value.do_next}"


def test_a_second_one_is_refused_and_leaves_the_first_alone(tmp_path: Path, said: list[str]) -> None:
    asked = wish(tmp_path, "keystone")
    parts = room._parts(load_catalog(), asked, said.append)
    folder = tmp_path / "rehearsals" / room._name(asked, parts)
    with journals.opened(folder):
        (folder / "of the first").touch()
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.apply(_code_of, (tmp_path, asked)) == "rehearsal.busy"
        assert (folder / "of the first").exists()


def _code_of(tmp_path: Path, asked: Wish) -> str:
    try:
        rehearse(load_catalog(), asked, stage(tmp_path, []))
    except OstlerError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("names", "projects", "code"),
    [
        (("nova",), (), "rehearsal.database-missing"),
        (("shop",), (), "rehearsal.unknown-database"),
        (("keystone",), ("nova",), "rehearsal.no-dump-of-project"),
        (("keystone",), ("shop",), "catalog.unknown-project"),
    ],
)
def test_dumps_that_cannot_be_rehearsed_with_are_refused_before_anything_is_made(
    names: tuple[str, ...], projects: tuple[str, ...], code: str, tmp_path: Path, said: list[str]
) -> None:
    asked = wish(tmp_path, *names)
    with pytest.raises(InputError) as refused:
        rehearse(load_catalog(), Wish(asked.dumps, "2025.1", None, projects), stage(tmp_path, said))
    assert refused.value.code == code
    assert left(tmp_path) == []


def test_others_databases_in_a_dump_of_all_are_left_out_and_said_so(tmp_path: Path, said: list[str]) -> None:
    text = "".join(f"USE `{name}`;\n{TABLES}" for name in ("keystone", "heat", "zabbix"))
    parts = room._parts(load_catalog(), wish(tmp_path, "all", text=text), said.append)
    assert [part.name for part in parts] == ["keystone"]
    assert said == ["left out of all.sql: heat, zabbix"]
    with pytest.raises(InputError, match="in more than one dump"):
        room._parts(load_catalog(), wish(tmp_path, "all", "other", text=text), said.append)
