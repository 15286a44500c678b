"""Folders of logs: what is found, packed or rotated, whose it is, and in which order it comes out."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest
import zstandard

from ostler.errors import InputError
from ostler.logs.event import Level
from ostler.logs.finding import find_logs, whose
from ostler.logs.folder import ends_of, open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING, Wanted
from ostler.reporting.log_words import moment


def lines(hour: int, count: int, text: str = "said") -> bytes:
    return b"".join(
        b"2026-01-15 %02d:%02d:%02d.000 7 INFO nova.api [-] %s %d\n" % (hour, n // 60, n % 60, text.encode(), n)
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("nova/nova-api.log", ("", "nova", "nova-api")),
        ("case1/neutron/server.log", ("case1", "neutron", "neutron-server")),
        ("ctl1/var/log/kolla/cinder/cinder-volume.log.2.gz", ("ctl1", "cinder", "cinder-volume")),
        ("sosreport-ctl2-2026-01-15-abcdefg/var/log/messages", ("ctl2", "", "messages")),
        ("sosreport-ctl2-0412345-2026-01-15-abcdefg/sos_commands/logs/journalctl_--no-pager",
         ("ctl2", "", "journalctl_--no-pager")),
        ("ctl1/nova-compute.log-20260114", ("ctl1", "nova", "nova-compute")),
        ("ctl1/kolla/mariadb/mariadb.log", ("ctl1", "mariadb", "mariadb")),
        ("ctl1/libvirt/qemu/instance-00000001.log", ("ctl1", "libvirt", "instance-00000001")),
        ("apache2/keystone_access.log", ("", "keystone", "keystone_access")),
    ],
)  # fmt: skip
def test_a_place_tells_whose_a_log_is(place: str, expected: tuple[str, str, str]) -> None:
    assert whose(tuple(place.split("/"))) == expected


def test_rotated_and_packed_logs_come_out_in_order(tmp_path: Path) -> None:
    nova = tmp_path / "nova"
    nova.mkdir()
    (nova / "nova-api.log").write_bytes(lines(14, 5))
    (nova / "nova-api.log.1").write_bytes(lines(13, 5))
    (nova / "nova-api.log.2.gz").write_bytes(gzip.compress(lines(12, 5)))
    (nova / "nova-api.log.3.xz").write_bytes(lzma.compress(lines(11, 5)))
    (nova / "nova-api.log.4.zst").write_bytes(zstandard.ZstdCompressor().compress(lines(10, 5)))
    (nova / "nova-api.log.5.bz2").write_bytes(bz2.compress(lines(9, 5)))
    (nova / "nova.conf").write_text("[DEFAULT]\n")
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert len(events) == 30
    assert {event.service for event in events} == {"nova-api"}
    assert (tally.files, tally.lines, tally.problems) == (6, 30, [])


def test_two_members_of_gzip_and_two_streams_of_xz_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(lines(9, 3)) + gzip.compress(lines(10, 3)))
    (tmp_path / "b.log.xz").write_bytes(lzma.compress(lines(11, 3)) + b"\0" * 4 + lzma.compress(lines(12, 3)))
    tally = Tally()
    assert len(list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))) == 12
    assert tally.problems == []


def test_a_broken_packed_log_is_read_as_far_as_it_goes_and_told_of(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(lines(hour, 3000) for hour in range(5)), compresslevel=1)
    (tmp_path / "nova-api.log.gz").write_bytes(packed[: len(packed) // 2])
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    assert len(events) > 1000
    assert [problem.log.name for problem in tally.problems] == ["nova-api.log.gz"]


def test_a_large_log_is_read_from_where_it_matters(tmp_path: Path) -> None:
    (tmp_path / "nova-api.log").write_bytes(b"".join(lines(hour, 3600, "x" * 100) for hour in range(12)))
    tally = Tally()
    logs = open_folder(tmp_path, tally)
    ends = ends_of(logs)
    assert ends is not None
    assert moment(ends) == "2026-01-15T11:59:59.000Z"
    events = list(in_order(logs, Wanted(since=ends - 60), tally))
    assert len(events) == 61
    assert tally.lines < 8000
    assert {event.line for event in events} == {0}
    content = (tmp_path / "nova-api.log").read_bytes()
    assert all(content[event.offset :].startswith(event.raw) for event in events)


def test_places_lead_to_what_was_read(tmp_path: Path) -> None:
    text = b"junk\n" + lines(9, 2000) + b"  more of it\n" + lines(10, 2000)
    (tmp_path / "a.log").write_bytes(text)
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    rows = text.split(b"\n")
    assert len(events) == 4000
    assert all(text[event.offset :].startswith(event.raw) for event in events)
    assert all(rows[event.line - 1] == event.raw.split(b"\n")[0] for event in events)


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.log", tmp_path / "in"
    inside.mkdir()
    outside.write_bytes(lines(9, 1))
    (inside / "a.log").write_bytes(lines(10, 1))
    (inside / "b.log").symlink_to(outside)
    (inside / "c.log").symlink_to(inside / "a.log")
    assert [log.name for log in find_logs(inside)] == ["a.log"]


def test_what_is_no_log_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "strange.log").write_text("nothing\nof the kind\n")
    with pytest.raises(InputError) as raised:
        open_folder(tmp_path, Tally())
    assert raised.value.code == "logs.nothing-understood"
    (tmp_path / "nova-api.log").write_bytes(lines(9, 1))
    tally = Tally()
    open_folder(tmp_path, tally)
    assert [problem.log.name for problem in tally.problems] == ["strange.log"]


def test_exports_of_the_journal_are_read(tmp_path: Path) -> None:
    (tmp_path / "ctl1").mkdir()
    (tmp_path / "ctl1" / "journal.export").write_bytes(
        b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1768471548000000\n_HOSTNAME=ctl1\n_SYSTEMD_UNIT=nova-api.service\n_PID=12\n"
        b"PRIORITY=3\nMESSAGE\n\x09\0\0\0\0\0\0\0two\nlines\n\n"
        b"__CURSOR=s=2\n__REALTIME_TIMESTAMP=1768471549000000\n_HOSTNAME=ctl1\nSYSLOG_IDENTIFIER=kernel\nPRIORITY=6\n"
        b"MESSAGE=all is well\n\n"
    )
    (tmp_path / "ctl1" / "journal.json").write_text(
        '{"__REALTIME_TIMESTAMP":"1768471550000000","_HOSTNAME":"ctl1","_SYSTEMD_UNIT":"nova-api.service","_PID":"12",'
        '"MESSAGE":"2026-01-15 10:05:50.000 12 WARNING nova.api [-] careful","PRIORITY":"6"}\n'
        '{"__REALTIME_TIMESTAMP":"1768471551000000","_HOSTNAME":"ctl1","MESSAGE":[119,255],"PRIORITY":"4"}\n'
    )
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    assert [(event.level, event.service, event.text) for event in events] == [
        (Level.ERROR, "nova-api", "two\nlines"),
        (Level.INFO, "kernel", "all is well"),
        (Level.WARNING, "nova-api", "careful"),
        (Level.WARNING, "-", "w\ufffd"),
    ]
