"""Seconds since the start of a host become times, and that they are estimated is told."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostler.logs import since_boot
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.moments import moment
from ostler.logs.opening import PIECE_BYTES, pieces
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.reporting.log_text import problems_text

WRITTEN_AT = 1_768_471_548.0
"""2026-01-15T10:05:48Z."""

FIRST = "[    0.000000] Linux version 6.1.0\n"
CLOCK = "[    2.000000] rtc_cmos 00:00: setting system clock to 2026-01-15T09:00:00 UTC (1768467600)\n"
FILLING = "[   10.000000] eth0: is up\n" * 250_000
LAST = "[  102.000000] Out of memory: Killed process 1 (mysqld)\n"


def last_event(folder: Path, name: str, content: bytes) -> tuple[str, Tally]:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (WRITTEN_AT, WRITTEN_AT))
    tally = Tally()
    (event,) = in_order(open_folder(folder, tally), Wanted(Level.ERROR), tally)
    return moment(event.time), tally


def test_the_kernel_said_what_its_clock_was_set_to(tmp_path: Path) -> None:
    at, tally = last_event(tmp_path, "dmesg", (FIRST + CLOCK + LAST).encode())
    assert at == "2026-01-15T09:01:40.000Z"
    assert list(problems_text(tally)) == [
        "dmesg: its times are estimated: they count from the start of the host, which is told by the kernel's word on "
        "its clock"
    ]
    assert tally.problems == []


def test_else_the_last_event_is_of_the_time_of_the_file(tmp_path: Path) -> None:
    at, tally = last_event(tmp_path, "dmesg", (FIRST + LAST).encode())
    assert at == "2026-01-15T10:05:48.000Z"
    assert tally.notes[0].says.endswith("told by the time of the file")


def test_the_end_of_a_large_log_is_found_without_reading_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (FIRST + FILLING + LAST).encode()
    read: list[int] = []

    def counted(path: str, start: int = 0) -> Iterator[bytes]:
        for piece in pieces(path, start):
            read.append(len(piece))
            yield piece

    monkeypatch.setattr(since_boot, "pieces", counted)
    assert last_event(tmp_path, "dmesg", content)[0] == "2026-01-15T10:05:48.000Z"
    most = since_boot.BEGINNING_BYTES + since_boot.END_BYTES + PIECE_BYTES
    assert since_boot.BEGINNING_BYTES < sum(read) <= most < len(content)


def test_a_packed_log_is_dated_by_its_end(tmp_path: Path) -> None:
    packed = gzip.compress((FIRST + FILLING + LAST).encode(), 1)
    assert last_event(tmp_path, "dmesg.1.gz", packed)[0] == "2026-01-15T10:05:48.000Z"


def test_times_of_the_day_are_no_estimate(tmp_path: Path) -> None:
    at, tally = last_event(tmp_path, "dmesg", b"[Thu Jan 15 10:02:00 2026] Out of memory: Killed process 1 (mysqld)\n")
    assert (at, tally.notes) == ("2026-01-15T10:02:00.000Z", [])
