"""Dumps of databases as operators have them: plain, gzip or zstandard, one database each or all in one file.

A file is looked over once, whole, before anything is loaded: what is broken is told then, not an hour later. Nothing of
its contents is ever shown: rows may hold anything.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import zstandard

from ostler.errors import InputError

SYSTEM = frozenset({"mysql", "information_schema", "performance_schema", "sys"})
"""Databases of the server itself, which a copy does not take over."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SPOILED = (OSError, EOFError, zlib.error, zstandard.ZstdError)
HEADER = re.compile(rb"^-- (?:MariaDB|MySQL) dump ")
OF_HEADER = re.compile(rb"^-- Host: .*Database: (\S+)")
CHANGE = re.compile(rb"^USE `([^`]+)`;")
CREATE = re.compile(rb"^CREATE DATABASE .*?`([^`]+)`(?:.*?(DEFAULT CHARACTER SET \w+(?: COLLATE \w+)?))?")
DROP = re.compile(rb"^(?:/\*!\d+ )?DROP DATABASE ")
TABLE = re.compile(rb"^CREATE TABLE ")
COMPLETED = b"-- Dump completed"
LONGEST_LINE = 256 * 2**20
ENDS = (b";", b"*/")


@dataclass(frozen=True)
class Part:
    """What one file holds of one database. `name` is what the database is called here, `written` in the file ("": the
    file names none); `charset` is what tables of it get that say nothing else, in SQL ("": the file does not say);
    `sha256` is the file's."""

    file: Path
    name: str
    written: str
    charset: str
    sha256: str

    def lines(self) -> Iterator[bytes]:
        """The lines of the file, those empty that are of another database, or choose or make one: a line has the
        number it has in the file. Raises InputError for a file that can no longer be read to its end."""
        current: str | None = None
        try:
            with _opened(self.file) as lines:
                for line in lines:
                    change = CHANGE.match(line) or OF_HEADER.match(line)
                    if change:
                        current = change[1].decode(errors="replace")
                    is_taken = current in (None, self.written) and not (
                        change or CREATE.match(line) or DROP.match(line)
                    )
                    yield line if is_taken else b"\n"
        except SPOILED as error:
            raise _unreadable(self.file, error) from error


def parts_of(file: Path, name: str | None) -> tuple[Part, ...]:
    """The databases in a dump, those of the server itself left out. `name` is what the only one of a file is called;
    None: as the file says, or as the file is called (`nova_api.sql.gz`).

    Raises InputError for what cannot be read, is no dump, is cut off, or holds no table.
    """
    seen = _look_over(file)
    found = {database: tables for database, tables in seen.tables.items() if database not in SYSTEM}
    if not any(found.values()):
        raise InputError(
            "rehearsal.dump-empty",
            f"{file} holds no table of a project",
            do_next="see whether the dump was made of the right server and database",
        )
    if name is not None and len(found) > 1:
        raise InputError(
            "rehearsal.dump-of-several",
            f"{file} holds {len(found)} databases: {', '.join(sorted(found))}",
            do_next="give it without a name: --dump FILE",
        )
    digest = _digest(file)
    return tuple(
        Part(file, name or database or _from_file_name(file), database, seen.charsets.get(database, ""), digest)
        for database, tables in found.items()
        if tables
    )


@dataclass(frozen=True)
class _Seen:
    """The number of tables, and the character set, by database: "" for the one a file does not name."""

    tables: dict[str, int]
    charsets: dict[str, str]


def _look_over(file: Path) -> _Seen:
    current, tables = "", {"": 0}
    charsets: dict[str, str] = {}
    is_commented, is_completed, is_sql, last = False, False, False, b""
    try:
        with _opened(file) as lines:
            for line in lines:
                change = CHANGE.match(line) or OF_HEADER.match(line)
                if change:
                    current = change[1].decode(errors="replace")
                    tables.setdefault(current, 0)
                elif TABLE.match(line):
                    tables[current] += 1
                elif (made := CREATE.match(line)) and made[2]:
                    charsets[made[1].decode(errors="replace")] = made[2].decode()
                is_commented = is_commented or HEADER.match(line) is not None
                is_completed = line.startswith(COMPLETED) or (is_completed and not line.strip())
                is_sql = is_sql or line.startswith((b"--", b"/*!", b"CREATE ", b"INSERT ", b"SET ", b"USE "))
                last = line.strip() or last
    except SPOILED as error:
        raise _unreadable(file, error) from error
    if not last and file.stat().st_size > 0:
        raise _corrupt(file)
    if not is_sql:
        raise InputError(
            "rehearsal.no-dump",
            f"{file} is no dump in SQL" if last else f"{file} is empty",
            do_next="give what mariadb-dump or mysqldump wrote: plain, gzip or zstandard",
        )
    if (is_commented and not is_completed) or not (is_completed or last.endswith(ENDS)):
        raise InputError(
            "rehearsal.dump-cut-off",
            f"{file} ends before it is complete",
            expected="a last line `-- Dump completed`" if is_commented else "a last line that ends a statement",
            do_next="copy it again and compare checksums; or see whether the disk was full when it was made",
        )
    if tables[""] == 0 and len(tables) > 1:
        del tables[""]
    return _Seen(tables, charsets)


def _unreadable(file: Path, error: Exception) -> InputError:
    if isinstance(error, OSError) and error.errno is not None:
        return InputError(
            "rehearsal.dump-not-read", f"{file} cannot be read: {error.strerror}", do_next="name a file you may read"
        )
    return _corrupt(file)


def _corrupt(file: Path) -> InputError:
    return InputError(
        "rehearsal.dump-corrupt",
        f"{file} is damaged: it cannot be unpacked to its end",
        do_next="copy it again and compare checksums",
    )


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a file, unpacked. Raises InputError for one with a line that no memory should hold."""
    with _unpacked(file) as content:
        yield _lines(file, content)


def _lines(file: Path, content: IO[bytes]) -> Iterator[bytes]:
    while line := content.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise InputError(
                "rehearsal.line-too-long",
                f"{file} has a line of more than {LONGEST_LINE // 2**20} MiB",
                do_next="dump it again without --net-buffer-length, or with --skip-extended-insert",
            )
        yield line


@contextmanager
def _unpacked(file: Path) -> Iterator[IO[bytes]]:
    with file.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic.startswith(GZIP):
            with gzip.open(raw, "rb") as unpacked:
                yield cast(IO[bytes], unpacked)
        elif magic == ZSTD:
            with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
                yield io.BufferedReader(cast(io.RawIOBase, stream), 1 << 20)
        else:
            yield raw


def _digest(file: Path) -> str:
    with file.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _from_file_name(file: Path) -> str:
    """`2024.1.nova_api.sql.gz` -> nova_api."""
    stem = re.sub(r"(\.sql)?(\.gz|\.zst)?$", "", file.name)
    return stem.rpartition(".")[2]
