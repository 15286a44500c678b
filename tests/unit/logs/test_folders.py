"""Folders of logs: what is found, packed or rotated, whose it is, and in which order it comes out."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import shutil
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from ostler.errors import InputError
from ostler.logs.event import Level
from ostler.logs.finding import find_logs, whose
from ostler.logs.folder import ends_of, open_folder
from ostler.logs.frames import BEGINS, raised_in
from ostler.logs.journal import lines_of_export
from ostler.logs.moments import moment
from ostler.logs.novelty import new_since
from ostler.logs.reading import Tally, read_events
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING, Wanted
from ostler.reporting.log_document import event_line
from ostler.reporting.log_text import Lines


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


@pytest.mark.parametrize("year", [b"2099", b"0001"])
@pytest.mark.parametrize("place", ["nova-api.log", "other.log"])
def test_a_line_with_a_wild_date_does_not_say_when_logs_end(year: bytes, place: str, tmp_path: Path) -> None:
    (tmp_path / "nova-api.log").write_bytes(lines(9, 5))
    with (tmp_path / place).open("ab") as log:
        log.write(lines(9, 1).replace(b"2026", year))
    ends = ends_of(open_folder(tmp_path, Tally()))
    assert ends is not None and moment(ends) == "2026-01-15T09:00:04.000Z"


def test_logs_in_which_all_dates_are_wild_end_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "nova-api.log").write_bytes(lines(9, 5).replace(b"2026", b"2099"))
    ends = ends_of(open_folder(tmp_path, Tally()))
    assert ends is not None and moment(ends) == "2099-01-15T09:00:04.000Z"


def test_places_lead_to_what_was_read(tmp_path: Path) -> None:
    text = b"junk\n" + lines(9, 2000) + b"  more of it\n" + lines(10, 2000)
    (tmp_path / "a.log").write_bytes(text)
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    rows = text.split(b"\n")
    assert len(events) == 4000
    assert all(text[event.offset :].startswith(event.raw) for event in events)
    assert all(rows[event.line - 1] == event.raw.split(b"\n")[0] for event in events)


@pytest.mark.parametrize("more", [b"A" * 600_000 + b"\n", b"  more of it\n" * 60_000], ids=["one-line", "many-lines"])
def test_lines_are_counted_right_after_an_event_that_is_too_long(more: bytes, tmp_path: Path) -> None:
    text = lines(9, 3) + more + lines(10, 3) + more.rstrip(b"\n")
    (tmp_path / "a.log").write_bytes(text)
    tally = Tally()
    (log,) = open_folder(tmp_path, tally)
    events = [event for batch in read_events(log, EVERYTHING, tally, 1 << 14) for event in batch]
    rows = text.split(b"\n")
    assert [event.is_whole for event in events].count(False) == 2
    assert all(rows[event.line - 1] == event.raw.split(b"\n")[0] for event in events)
    assert tally.lines == len(rows)


def test_a_name_that_is_no_text_is_shown_as_one(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"nova-\x9b31m.log")).write_bytes(lines(9, 1))
    tally = Tally()
    (event,) = in_order(open_folder(tmp_path, tally), EVERYTHING, tally)
    shown = [event_line(event), *Lines(width=None, is_full=True, has_hosts=False).of([event])]
    assert "\n".join(shown).encode().count(b"nova-?31m") == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_folders_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    secret = tmp_path / "in" / "secret"
    secret.mkdir(parents=True)
    (tmp_path / "in" / "a.log").write_bytes(lines(9, 1))
    secret.chmod(0o700)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "in").chmod(0o755)
    tally = Tally()
    os.seteuid(65534)
    try:
        open_folder(tmp_path / "in", tally)
        for refused in (secret, secret / "below"):
            with pytest.raises(InputError) as raised:
                find_logs(refused)
            assert raised.value.code == "logs.cannot-read"
    finally:
        os.seteuid(0)
    assert [(problem.log.name, problem.says) for problem in tally.problems] == [
        ("secret", "it cannot be read: Permission denied")
    ]


def test_a_name_that_no_file_can_have_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        find_logs(tmp_path / ("x" * 300))
    assert raised.value.code == "logs.cannot-read"


def test_links_that_lead_out_of_the_folder_are_not_followed_but_told_of(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "in"
    (inside / "nova").mkdir(parents=True)
    outside.mkdir()
    (outside / "a.log").write_bytes(lines(9, 1))
    (inside / "a.log").write_bytes(lines(10, 1))
    (inside / "b.log").symlink_to(outside / "a.log")
    (inside / "c.log").symlink_to(inside / "a.log")
    (inside / "nova" / "gone.log").symlink_to("/nowhere/gone.log")
    (inside / "README").symlink_to(outside / "a.log")
    (inside / "ctl1").symlink_to(outside)
    (inside / "ctl2").symlink_to(inside / "nova")
    tally = Tally()
    assert [each.log.name for each in open_folder(inside, tally)] == ["a.log"]
    why = "it cannot be read: a link that leads out of the folder is not followed"
    assert sorted((each.log.name, each.says) for each in tally.problems) == [
        ("b.log", why), ("ctl1", why), ("nova/gone.log", why),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["logs.tar", "logs.tgz", "logs.tar.xz", "nova-api", "logs.zip"])
def test_an_archive_is_told_to_be_one(name: str, tmp_path: Path) -> None:
    packed, folder = tmp_path / name, tmp_path / "in"
    (folder / "nova").mkdir(parents=True)
    (folder / "nova" / "nova-api.log").write_bytes(lines(9, 5))
    way = {"logs.zip": "zip", "logs.tgz": "gztar", "logs.tar.xz": "xztar"}.get(name, "tar")
    Path(shutil.make_archive(str(tmp_path / "made"), way, folder)).rename(packed)
    with pytest.raises(InputError) as raised:
        open_folder(packed, Tally())
    assert f"{name}: it is an archive of files: unpack it first" in raised.value.found
    packed.rename(folder / name)
    tally = Tally()
    assert [each.log.name for each in open_folder(folder, tally)] == ["nova/nova-api.log"]
    assert [(each.log.name, each.says) for each in tally.problems] == [
        (name, "it is an archive of files: unpack it first")
    ]


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


def test_tracebacks_that_one_process_wrote_line_by_line_are_read_from_the_journal(tmp_path: Path) -> None:
    """Each is one event with its frames; one that leads over to another is one with it."""
    frame = '  File "/x/nova/wsgi.py", line 3, in load'
    first = [BEGINS + ":", frame, "KeyError: 'a'"]
    over = "During handling of the above exception, another exception occurred:"
    texts = [*first, over, BEGINS + ":", frame, "ImportError: b", "in between", *first]
    (tmp_path / "journal.json").write_text(
        "".join(
            json.dumps({"__REALTIME_TIMESTAMP": f"17684715500000{n:02}", "_HOSTNAME": "ctl1", "_PID": "12",
                        "_SYSTEMD_UNIT": "nova-api.service", "PRIORITY": "6", "MESSAGE": text}) + "\n"
            for n, text in enumerate(texts)
        )
    )  # fmt: skip
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), Wanted(level=Level.ERROR), tally))
    assert [(raised_in(event.text), len(event.frames)) for event in events] == [
        ("ImportError: b", 2),
        ("KeyError: 'a'", 1),
    ]


def test_a_message_that_the_journal_left_out_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_text(
        '{"__REALTIME_TIMESTAMP":"1768471550000000","_HOSTNAME":"ctl1","MESSAGE":null}\n'
    )
    tally = Tally()
    (event,) = in_order(open_folder(tmp_path, tally), EVERYTHING, tally)
    assert "--all" in event.text


def test_an_entry_of_the_journal_without_an_end_is_not_held() -> None:
    endless = (b"".join(b"FIELD_%d=%s\n" % (number, b"x" * 1000) for number in range(start, start + 1000))
               for start in range(0, 40_000, 1000))  # fmt: skip
    tracemalloc.start()
    try:
        assert b"".join(lines_of_export(endless)) == b""
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_kinds_that_could_not_be_told_apart_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ostler.logs.templates.MOST_TEMPLATES", 1)
    (tmp_path / "a.log").write_bytes(lines(9, 2) + lines(10, 2, "and now for something else"))
    tally = Tally()
    assert len(new_since(0.0, open_folder(tmp_path, tally), EVERYTHING, tally)) == 1
    assert [problem.says for problem in tally.problems] == ["2 events are of more kinds than are told apart"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.log", lines(9, 1)),
        ("two.log", lines(9, 1) + b"more of it\n" * 200_000),
        ("one.log.gz", gzip.compress(lines(8, 3600) + b"x" * (1_048_560 - 3600 * 60) + b"\n" + lines(9, 1))),
        ("journal.export", b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1768467600000000\n_HOSTNAME=ctl1\nMESSAGE=said\n\n"),
        ("journal.json", b'{"__REALTIME_TIMESTAMP":"1768467600000000","_HOSTNAME":"ctl1","MESSAGE":"said"}\n'),
    ],
)  # fmt: skip
def test_the_last_event_is_known(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    ends = ends_of(open_folder(tmp_path, Tally()))
    assert ends is not None
    assert moment(ends) == "2026-01-15T09:00:00.000Z"
