"""What containers print is read through the envelope of Docker and of CRI."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from ostler.logs.containers import lines_of_cri, lines_of_docker
from ostler.logs.event import Event
from ostler.logs.finding import whose
from ostler.logs.folder import ends_of, open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING
from ostler.reporting.log_words import moment

ID = "4f1c2d3e5a6b" + "0123456789abcdef" * 3 + "0123"
POD = "openstack_nova-api-osapi-7d5c9f8b6-x2x4v_0b7d3c1e-3a52-4b8e-9c55-2f6f3f1d8a10"
OSLO = "2026-01-15 10:05:{:02}.122 7 {} nova.api.openstack [req-{:08}-0000-4000-8000-000000000000 u p - - -] {}"

PRINTED = [
    ("10:05:40.000000001Z", "+ sudo -E kolla_set_configs"),
    ("10:05:40.900000001Z", "INFO:__main__:Loading config file at /var/lib/kolla/config_files/config.json"),
    ("10:05:48.123456789Z", OSLO.format(48, "INFO", 1, "Unexpected error while running command.")),
    ("10:05:48.123460000Z", "Command: qemu-img info x"),
    ("10:05:48.123470000Z", "Exit code: 1"),
    ("10:05:49.130000000Z", OSLO.format(49, "WARNING", 2, "é")),
    ("10:05:55.000000000Z", "Traceback (most recent call last):"),
    ("10:05:55.000010000Z", '  File "/x/nova/cmd/api.py", line 3, in main'),
    ("10:05:55.000020000Z", "ImportError: no module named x"),
    ("10:05:59.5Z", '{"level":"warn","msg":"slow"}'),
]
READ = [
    ("10:05:40.000Z", "INFO", "+ sudo -E kolla_set_configs"),
    ("10:05:40.900Z", "INFO", "INFO:__main__:Loading config file at /var/lib/kolla/config_files/config.json"),
    ("10:05:48.122Z", "INFO", "Unexpected error while running command.\nCommand: qemu-img info x\nExit code: 1"),
    ("10:05:49.122Z", "WARNING", "é"),
    ("10:05:55.000Z", "ERROR", "\n".join(text for _, text in PRINTED[6:9])),
    ("10:05:59.500Z", "WARNING", '{"level":"warn","msg":"slow"}'),
]


def docker(printed: Sequence[tuple[str, str]], end: str = "\n") -> str:
    lines = [{"log": text + end, "stream": "stderr", "time": f"2026-01-15T{at}"} for at, text in printed]
    return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def cri(printed: Sequence[tuple[str, str]], tag: str = "F") -> str:
    return "".join(f"2026-01-15T{at} stderr {tag} {text}\n" for at, text in printed)


def read(root: Path, place: str, content: str) -> list[Event]:
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_text(content)
    tally = Tally()
    events = list(in_order(open_folder(root, tally), EVERYTHING, tally))
    assert tally.problems == []
    return events


@pytest.mark.parametrize("content", [docker(PRINTED), cri(PRINTED), cri(PRINTED).replace("Z stderr", "+00:00 stderr")])
def test_what_a_container_printed_is_read_as_it_is(content: str, tmp_path: Path) -> None:
    events = read(tmp_path, f"{POD}/nova-osapi/0.log", content)
    assert [(moment(event.time)[11:], event.level.name, event.text) for event in events] == READ
    assert {event.service for event in events} == {"nova-osapi"}
    assert [len(event.frames) for event in events] == [0, 0, 0, 0, 1, 0]
    ends = ends_of(open_folder(tmp_path, Tally()))
    assert ends is not None
    assert moment(ends) == "2026-01-15T10:05:59.500Z"


@pytest.mark.parametrize("make", [docker, cri])
def test_a_log_without_any_date_of_its_own_has_those_of_the_envelope(make: object, tmp_path: Path) -> None:
    assert callable(make)
    printed = [(f"10:05:{number}.000001Z", f"said {number}") for number in range(10, 13)]
    events = read(tmp_path, f"{ID}/{ID}-json.log", make(printed))
    assert [(moment(event.time)[11:], event.text) for event in events] == [
        (f"10:05:{number}.000Z", f"said {number}") for number in range(10, 13)
    ]


def test_lines_that_were_cut_for_their_length_are_put_together(tmp_path: Path) -> None:
    line = OSLO.format(48, "INFO", 1, "a" * 20_000 + " end")
    parts = [("10:05:48.2Z", line[:16_384]), ("10:05:48.2Z", line[16_384:])]
    for content in (docker(parts[:1], "") + docker(parts[1:]), cri(parts[:1], "P") + cri(parts[1:])):
        (event,) = read(tmp_path, f"{ID}/{ID}-json.log", content)
        assert event.text == "a" * 20_000 + " end"


def test_times_without_a_zone_are_in_the_zone_of_the_host(tmp_path: Path) -> None:
    (tmp_path / "ctl1").mkdir()
    (tmp_path / "ctl1" / "messages").write_text("2026-01-15T10:05:48+02:00 ctl1 kernel: up\n")
    events = read(tmp_path, f"ctl1/{ID}/{ID}-json.log", docker(PRINTED[2:3]))
    assert [moment(event.time) for event in events] == ["2026-01-15T08:05:48.000Z", "2026-01-15T08:05:48.122Z"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (f"ctl1/var/lib/docker/containers/{ID}/{ID}-json.log.1", ("ctl1", "", ID[:12])),
        (f"containers/{ID}/{ID}-json.log", ("", "", ID[:12])),
        (f"ctl1/var/log/pods/{POD}/nova-osapi/0.log", ("ctl1", "nova", "nova-osapi")),
        (f"ctl1/var/log/pods/{POD}/nova-osapi/0.log.20260115-100548.gz", ("ctl1", "nova", "nova-osapi")),
        (
            f"var/log/containers/nova-api-osapi-7d5c9f8b6-x2x4v_openstack_nova-osapi-{ID}.log",
            ("", "nova", "nova-osapi"),
        ),
        (f"ctl1/var/lib/containers/storage/overlay-containers/{ID}/userdata/ctr.log", ("ctl1", "", ID[:12])),
        ("ctl1/var/log/containers/stdouts/nova_api.log", ("ctl1", "nova", "nova_api")),
    ],
)
def test_the_place_tells_the_container(place: str, expected: tuple[str, str, str]) -> None:
    assert whose(tuple(place.split("/"))) == expected


STRANGE = [
    '{"log":7,"stream":"stdout","time":"2026-01-15T10:05:48Z"}',
    '{"log":"a\\n","stream":null,"time":{}}',
    '{"log":"a\\n"}',
    '{"log":"' + "[" * 5000,
    "[" * 5000,
    "null",
    '{"log":"\\ud800\\n","stream":"stdout","time":"9999-99-99T99:99:99Z"}',
]


def test_strange_entries_are_left_out() -> None:
    lines = b"".join(lines_of_docker(["\n".join(STRANGE).encode()], "nova-api"))
    assert lines == b"?\n"


@pytest.mark.parametrize(
    ("make", "line"),
    [(lines_of_cri, cri([("10:05:48Z", "x")], "P")), (lines_of_docker, docker([("10:05:48Z", "x")], ""))],
)
def test_a_line_without_an_end_is_not_held(make: object, line: str) -> None:
    assert callable(make)
    piece = line.encode() * 1000
    tracemalloc.start()
    try:
        assert b"".join(make((piece for _ in range(30)), "nova-api")) == b""
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
