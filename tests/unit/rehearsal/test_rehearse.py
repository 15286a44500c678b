"""What becomes of a rehearsal's folder: while another goes on in it, after an error, after an interruption."""

from __future__ import annotations

import errno
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.environments.store import StoredEnvironment
from ostler.environments.unpacked import UnpackedStore
from ostler.errors import CommandFailed, InputError, NoSpace, OstlerError, Stopped
from ostler.rehearsal import journal as journals
from ostler.rehearsal import rehearse as room
from ostler.rehearsal.rehearse import Stage, Wish, rehearse
from ostler.rehearsal.standing import Said

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
    return Wish(tuple(dumps), "2025.1", Said("2024.1"))


def stage(tmp_path: Path, said: list[str]) -> Stage:
    unpacked = UnpackedStore(tmp_path / "unpacked")
    return Stage(lambda: tmp_path / "image", tuple, lambda needed: {}, tmp_path / "rehearsals", unpacked, said.append)


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


SAYS = ["-- Host: db1    Database: {}\n" + TABLES, "CREATE DATABASE `{0}`;\nUSE `{0}`;\n" + TABLES]


@pytest.mark.parametrize("text", SAYS, ids=["comment", "use"])
@pytest.mark.parametrize(
    ("given", "written", "is_taken"),
    [
        ("keystone", "keystone", True),
        ("keystone", "keystone_prod", True),
        ("keystone", "cinder", False),
        ("nova", "nova_cell0", False),
    ],
)
def test_a_dump_that_says_it_is_of_another_known_database_is_not_taken_for_the_one_that_was_named(
    text: str, given: str, written: str, is_taken: bool, tmp_path: Path, said: list[str]
) -> None:
    path = tmp_path / "some.sql"
    path.write_text(text.format(written))
    asked = Wish(((given, path),), "2025.1")
    if is_taken:
        assert [part.name for part in room._parts(load_catalog(), asked, said.append)] == [given]
        return
    with pytest.raises(InputError) as refused:
        rehearse(load_catalog(), asked, stage(tmp_path, said))
    assert refused.value.code == "rehearsal.another-database"
    assert f"given as {given}, and says itself that it is of {written}" in str(refused.value)


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        (Said("2024.1"), {"2025.1": ("keystone",)}),
        (Said("yoga"), dict.fromkeys(("zed", "2023.1", "2024.1", "2025.1"), ("keystone",))),
        (None, {"2025.1": ("keystone",)}),
    ],
)
def test_code_that_is_needed_for_sure_is_made_before_anything_is_loaded(
    said: Said | None, needed: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    asked: list[Mapping[str, Sequence[str]]] = []

    def archives(needed: Mapping[str, Sequence[str]]) -> dict[str, dict[str, StoredEnvironment]]:
        asked.append(needed)
        raise InputError("environments.no-interpreter", "no")

    where = replace(stage(tmp_path, []), archives=archives)
    with pytest.raises(InputError):
        rehearse(load_catalog(), replace(wish(tmp_path, "keystone"), source=said), where)
    assert asked == [needed]
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        ("2025.1", "2025.1", "rehearsal.not-before-target"),
        ("2024.1", "2025.1", "rehearsal.not-before-target"),
        ("2025.1", "newton", "rehearsal.too-old"),
        ("ocata", None, "rehearsal.too-old"),
        ("2025.1", "2025.11", "catalog.unknown-release"),
    ],
)
def test_where_no_way_leads_is_told_before_the_dumps_are_read(
    target: str, said: str | None, code: str, tmp_path: Path
) -> None:
    asked = Wish(((None, tmp_path / "not there"),), target, Said(said) if said else None)
    with pytest.raises(InputError) as refused:
        rehearse(load_catalog(), asked, stage(tmp_path, []))
    assert refused.value.code == code


def test_our_own_writing_to_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    with pytest.raises(NoSpace) as told:
        rehearse(load_catalog(), wish(tmp_path, "keystone"), stage(tmp_path, said))
    assert told.value.code == "rehearsal.no-space"
    assert "OSTLER_STATE_DIR" in told.value.do_next
    assert left(tmp_path) == []


def test_others_databases_in_a_dump_of_all_are_left_out_and_said_so(tmp_path: Path, said: list[str]) -> None:
    text = "".join(f"USE `{name}`;\n{TABLES}" for name in ("keystone", "heat", "zabbix"))
    parts = room._parts(load_catalog(), wish(tmp_path, "all", text=text), said.append)
    assert [part.name for part in parts] == ["keystone"]
    assert said == ["left out of all.sql: heat, zabbix"]
    with pytest.raises(InputError, match="in more than one dump"):
        room._parts(load_catalog(), wish(tmp_path, "all", "other", text=text), said.append)
