"""One request through six services on five hosts, one clock off by a minute and a half: it comes out in its order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostler.logs.folder import compare_clocks, open_folder, with_clocks
from ostler.logs.joining import family_of
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING

BOOT = "req-11111111-1111-1111-1111-111111111111"
PORT = "req-22222222-2222-2222-2222-222222222222"
IMAGE = "req-33333333-3333-3333-3333-333333333333"
VOLUME = "req-44444444-4444-4444-4444-444444444444"
BEGINS = datetime(2026, 1, 15, 10, 5, 48, tzinfo=UTC).timestamp()

STORY = (
    (0.9, "ctl1", "nova/nova-api.log", "nova.osapi_compute.wsgi.server", BOOT,
     '10.0.0.7 "POST /v2.1/servers HTTP/1.1" status: 202 len: 785 time: 0.8000000'),
    (1.1, "ctl2", "nova/nova-scheduler.log", "nova.scheduler.manager", BOOT, "selected cmp1"),
    (1.3, "ctl2", "nova/nova-conductor.log", "nova.conductor.manager", BOOT, "building"),
    (2.0, "cmp1", "nova/nova-compute.log", "nova.compute.claims", BOOT, "Claim successful"),
    (3.0, "ctl3", "neutron/neutron-server.log", "neutron.wsgi", f"{BOOT} {PORT}",
     '10.0.0.9 "POST /v2.0/ports HTTP/1.1" status: 201  len: 1 time: 0.5000000'),
    (4.0, "ctl3", "glance/glance-api.log", "eventlet.wsgi.server", f"{BOOT} {IMAGE}",
     '10.0.0.9 - - [x] "GET /v2/images/1 HTTP/1.1" 200 4550 0.300000'),
    (6.0, "sto1", "cinder/cinder-api.log", "cinder.api.wsgi", f"{BOOT} {VOLUME}",
     '10.0.0.9 "POST /v3/attachments HTTP/1.1" status: 200  len: 1 time: 1.0000000'),
    (9.0, "cmp1", "nova/nova-compute.log", "nova.compute.manager", BOOT, "Took 7.1 seconds to build instance."),
)  # fmt: skip
"""When, where, by whom, in which request, what: in the order in which it happened."""


def id_of(number: int) -> str:
    return f"req-aaaaaaaa-0000-0000-0000-{number:012}"


def daily_life() -> Iterator[tuple[float, str, str, str, str, str]]:
    """What else is going on: quick requests of nova-api to neutron, of nova-compute to cinder."""
    for number in range(20):
        at, own, called, third = 20.0 + number, id_of(number), id_of(100 + number), id_of(200 + number)
        yield (at + 0.3, "ctl3", "neutron/neutron-server.log", "neutron.wsgi", f"{own} {called}",
               '10.0.0.9 "GET /v2.0/ports HTTP/1.1" status: 200  len: 1 time: 0.2000000')  # fmt: skip
        yield (at + 0.4, "ctl1", "nova/nova-api.log", "nova.osapi_compute.wsgi.server", own,
               '10.0.0.7 "GET /v2.1/servers HTTP/1.1" status: 200 len: 785 time: 0.4000000')  # fmt: skip
        yield at + 0.5, "cmp1", "nova/nova-compute.log", "nova.compute.manager", third, "Attaching"
        for name, log in (("sto1", "cinder/cinder-api.log"), ("ctl3", "neutron/neutron-server.log")):
            yield (at + 0.8, name, log, "x.wsgi", f"{third} {id_of(300 + number + 50 * (name == 'ctl3'))}",
                   '10.0.0.9 "POST /x HTTP/1.1" status: 200  len: 1 time: 0.2000000')  # fmt: skip
        yield at + 0.9, "cmp1", "nova/nova-compute.log", "nova.compute.manager", third, "Attached"


def write_story(folder: Path, off: dict[str, float]) -> list[str]:
    """Write the logs of the hosts, each by its own clock; return what was said, in order."""
    texts = []
    for at, host, log, module, request, text in (*STORY, *daily_life()):
        path = folder / host / "var/log" / log
        path.parent.mkdir(parents=True, exist_ok=True)
        written = datetime.fromtimestamp(BEGINS + at + off.get(host, 0.0), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
        with path.open("a") as file:
            file.write(f"{written} 7 INFO {module} [{request} u p - - -] {text}\n")
            file.write(f"{written} 7 INFO {module} [-] something else\n")
        texts.append(text)
    return texts[: len(STORY)]


@pytest.mark.parametrize("off", [{}, {"cmp1": 90.0}, {"cmp1": -90.0}, {"ctl3": 90.0}, {"sto1": -90.0}])
def test_a_request_comes_out_in_its_order(off: dict[str, float], tmp_path: Path) -> None:
    expected = write_story(tmp_path, off)
    tally = Tally()
    logs = open_folder(tmp_path, tally)
    clocks = {clock.host: clock for clock in compare_clocks(logs, tally)}
    logs = with_clocks(logs, list(clocks.values()))
    family = family_of([PORT], logs, tally)
    assert family.ids == {BOOT, PORT, IMAGE, VOLUME}
    assert family.calls == {(BOOT, PORT), (BOOT, IMAGE), (BOOT, VOLUME)}
    assert [event.text for event in in_order(logs, family.wanted(EVERYTHING), tally)] == expected
    for host, seconds in off.items():
        assert clocks[host].ahead_s == pytest.approx(seconds, abs=1.0)
    assert [host for host, clock in clocks.items() if clock.ahead_s and host not in off] == []


def test_the_clock_of_a_host_that_answers_nobody_is_bounded_from_one_side(tmp_path: Path) -> None:
    write_story(tmp_path, {"ctl2": -90.0})
    (clock,) = [each for each in compare_clocks(open_folder(tmp_path, Tally()), Tally()) if each.ahead_s]
    assert (clock.host, clock.least_s) == ("ctl2", None)
    assert clock.ahead_s == pytest.approx(-90.0, abs=1.5)


def test_a_scheduler_that_speaks_of_a_build_only_when_it_failed_has_no_wrong_clock(tmp_path: Path) -> None:
    write_story(tmp_path, {})
    failed = "req-55555555-5555-5555-5555-555555555555"
    for host, log, at, text in (
        ("cmp1", "nova/nova-compute.log", "10:07:00", "Claim successful"),
        ("ctl2", "nova/nova-conductor.log", "10:07:44", "Error from last host: cmp1"),
        ("ctl2", "nova/nova-scheduler.log", "10:07:45", "Filter RetryFilter returned 0 hosts"),
    ):
        with (tmp_path / host / "var/log" / log).open("a") as file:
            file.write(f"2026-01-15 {at}.000 7 INFO nova [{failed} u p - - -] {text}\n")
    assert [each for each in compare_clocks(open_folder(tmp_path, Tally()), Tally()) if each.ahead_s] == []


def test_hosts_of_another_time_zone_are_said_to_be(tmp_path: Path) -> None:
    write_story(tmp_path, {"cmp1": 7200.0})
    (clock,) = [each for each in compare_clocks(open_folder(tmp_path, Tally()), Tally()) if each.ahead_s]
    assert (clock.host, clock.is_zone) == ("cmp1", True)
    assert clock.least_s is not None
    assert clock.most_s is not None
    assert clock.least_s <= 7200.0 <= clock.most_s


def test_a_zone_that_one_log_of_a_host_states_is_that_of_its_others(tmp_path: Path) -> None:
    logs = tmp_path / "ctl1" / "var" / "log"
    (logs / "nova").mkdir(parents=True)
    (logs / "httpd").mkdir()
    (logs / "nova" / "nova-api.log").write_text("2026-01-15 12:05:48.000 7 INFO nova [-] local\n")
    (logs / "httpd" / "access.log").write_text('::1 - - [15/Jan/2026:12:05:49 +0200] "GET / HTTP/1.1" 200 1\n')
    tally = Tally()
    events = list(in_order(open_folder(tmp_path, tally), EVERYTHING, tally))
    assert [(event.service, event.time - BEGINS) for event in events] == [("nova-api", 0.0), ("access", 1.0)]
