"""Dumps of every kind, and broken ones, as they are looked over before anything is loaded."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from ostler.errors import InputError
from ostler.rehearsal.dumps import parts_of

HEADER = "-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB\n--\n-- Host: localhost    Database: {}\n-- ----\n"
TABLES = (
    "/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `t` (\n  `id` int(11)\n);\nINSERT INTO `t` VALUES (1,'hunter2');\n"
)
TRAILER = "-- Dump completed on 2026-11-20  9:40:24\n"
NOVA = HEADER.format("nova") + TABLES + TRAILER
SEVERAL = (
    HEADER.format("")
    + "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `nova` /*!40100 DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin */;\n"
    + f"\nUSE `nova`;\n{TABLES.replace('hunter2', 'of nova')}"
    + f"/*!40000 DROP DATABASE IF EXISTS `mysql`*/;\nCREATE DATABASE `mysql`;\nUSE `mysql`;\n{TABLES}"
    + f"CREATE DATABASE `cinder`;\nUSE `cinder`;\n{TABLES.replace('hunter2', 'of cinder')}{TRAILER}"
)

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "sql": lambda text: text,
    "sql.gz": gzip.compress,
    "sql.zst": zstandard.ZstdCompressor().compress,
}


def dump(folder: Path, text: str | bytes, name: str = "some.sql") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("ending", PACKINGS)
def test_a_dump_of_one_database_is_read_however_it_is_packed(ending: str, tmp_path: Path) -> None:
    (part,) = parts_of(dump(tmp_path, PACKINGS[ending](NOVA.encode()), f"x.{ending}"), None)
    assert (part.name, part.written) == ("nova", "nova")
    expected = ["" if "Database: nova" in line else line for line in NOVA.splitlines()]
    assert b"".join(part.lines()).decode().splitlines() == expected


def test_a_dump_of_all_databases_is_split_and_those_of_the_server_are_left_out(tmp_path: Path) -> None:
    nova, cinder = parts_of(dump(tmp_path, SEVERAL), None)
    assert (nova.name, cinder.name) == ("nova", "cinder")
    assert (nova.charset, cinder.charset) == ("DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", "")
    for part, others in ((nova, ("of cinder", "hunter2")), (cinder, ("of nova", "hunter2"))):
        text = b"".join(part.lines()).decode()
        assert f"of {part.name}" in text
        assert not any(word in text for word in (*others, "USE ", "CREATE DATABASE", "DROP DATABASE"))
        assert "Database" in text, "what stands before the first database is for all of them"


def test_a_name_is_taken_from_the_operator_the_file_or_the_files_name(tmp_path: Path) -> None:
    bare = "CREATE TABLE `t` (`id` int);\n"
    assert [p.name for p in parts_of(dump(tmp_path, bare, "2024.1.nova_api.sql"), None)] == ["nova_api"]
    assert [p.name for p in parts_of(dump(tmp_path, bare), "nova")] == ["nova"]
    own = HEADER.format("nova_prod") + TABLES + TRAILER
    assert [(p.name, p.written) for p in parts_of(dump(tmp_path, own), "nova")] == [("nova", "nova_prod")]


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "rehearsal.no-dump"),
    "binary": (b"\x00\x01binary\n" * 9, "rehearsal.no-dump"),
    "a letter": (b"Dear Bob,\nhere is the dump.\n", "rehearsal.no-dump"),
    "no tables": (HEADER.format("nova").encode() + TRAILER.encode(), "rehearsal.dump-empty"),
    "the server's own": (
        SEVERAL.replace("`nova`", "`mysql`").replace("`cinder`", "`sys`").encode(),
        "rehearsal.dump-empty",
    ),
    "half": (NOVA[: len(NOVA) // 2].encode(), "rehearsal.dump-cut-off"),
    "no last line": (NOVA[: -len(TRAILER)].encode(), "rehearsal.dump-cut-off"),
    "half a row": (b"CREATE TABLE `t` (`id` int);\nINSERT INTO `t` VALUES (1,'hun", "rehearsal.dump-cut-off"),
    "gzip cut off": (gzip.compress(NOVA.encode())[:-20], "rehearsal.dump-corrupt"),
    "gzip damaged": (gzip.compress(NOVA.encode())[:40] + b"x" * 50, "rehearsal.dump-corrupt"),
    "zstd cut off": (PACKINGS["sql.zst"](NOVA.encode() * 50)[:-9], "rehearsal.dump-corrupt"),
    "zstd damaged": (PACKINGS["sql.zst"](NOVA.encode())[:9] + b"x" * 50, "rehearsal.dump-corrupt"),
}


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_told_and_nothing_of_its_contents_is(content: bytes, code: str, tmp_path: Path) -> None:
    path = dump(tmp_path, content)
    with pytest.raises(InputError) as refused:
        parts_of(path, None)
    told = refused.value
    assert told.code == code
    assert str(path) in str(told)
    assert told.do_next
    assert "hun" not in f"{told} {told.found} {told.expected}"


def test_a_file_that_is_not_there_and_a_name_for_several_databases_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        parts_of(tmp_path / "none.sql", None)
    with pytest.raises(InputError, match="2 databases: cinder, nova") as refused:
        parts_of(dump(tmp_path, SEVERAL), "nova")
    assert refused.value.code == "rehearsal.dump-of-several"
