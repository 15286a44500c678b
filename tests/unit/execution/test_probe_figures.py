"""What a probe's records add up to."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ostler.catalog import load_catalog
from ostler.execution.probe.figures import ApiFigures, add_up, figures, merge_stalls, over_budget
from ostler.execution.probe.limits import beyond_limits, held_apis
from ostler.execution.probe.records import RECORDS_NAME, Record, Recorder, from_line, to_line
from ostler.planning.model import Lane, Plan, Stage
from ostler.steps.model import Step


def request(at: float, seconds: float = 0.1, *, api: str = "nova", error: str = "", own_s: float = 0.0) -> Record:
    return Record(at, api, "servers", seconds, 503 if error else 200, not error, error, own_s)


def outcome(at: float, error: str = "", op: str = "server-active") -> Record:
    return Record(at, "nova", op, 20.0, 0, not error, error, kind="outcome")


def test_an_api_nobody_asked_has_no_stall_and_no_percentage_rather_than_good_ones() -> None:
    seen = add_up([])
    assert set(seen.apis) == {"keystone", "glance", "placement", "nova", "neutron", "cinder"}
    assert seen.apis["nova"].longest_stall_s is None
    assert seen.apis["nova"].available_percent is None
    assert seen.begins is None


def test_requests_and_failures_are_counted_with_first_last_and_causes() -> None:
    seen = add_up([request(1), request(2, error="503 no server"), request(3), request(4, error="503 no server")])
    nova = seen.apis["nova"]
    assert (nova.requests, nova.failed, nova.available_percent) == (4, 2, 50.0)
    assert nova.first_failure is not None and nova.first_failure.at == 2
    assert nova.last_failure is not None and nova.last_failure.at == 4
    assert nova.causes == {"servers: 503 no server": 2}


def test_causes_that_differ_only_in_ids_are_one() -> None:
    ids = ("0d0e6ad4-3f5b-4c4e-9f8c-111111111111", "5a0e6ad4-3f5b-4c4e-9f8c-222222222222")
    nova = add_up([request(n, error=f"server {key} is gone [req-{key}]") for n, key in enumerate(ids)]).apis["nova"]
    assert nova.causes == {"servers: server is gone": 2}


def test_waiting_for_a_server_is_no_stall_of_the_api_and_no_request() -> None:
    nova = add_up([request(1, 0.2), outcome(1)]).apis["nova"]
    assert (nova.requests, nova.outcomes, nova.longest_stall_s) == (1, 1, 0.2)


def test_the_pauses_of_a_slow_upload_are_not_counted_as_a_stall() -> None:
    glance = add_up([request(1, 5.3, api="glance", own_s=5.0)]).apis["glance"]
    assert glance.longest_stall_s == 0.3
    assert glance.stalls == ()


def test_servers_in_error_are_counted_as_wrong_outcomes_and_not_as_failed_requests() -> None:
    seen = add_up([request(1), outcome(1), outcome(2, "server x is in ERROR: No valid host")])
    assert (seen.servers_booted, seen.servers_in_error, seen.failed, seen.outcomes_failed) == (1, 1, 0, 1)


def test_requests_that_wait_at_the_same_time_are_one_stall_from_the_first_to_the_last() -> None:
    stalls = merge_stalls([request(10, 4.0), request(11, 6.0), request(12, 0.1), request(30, 2.0)])
    assert [(s.at, s.seconds) for s in stalls] == [(10, 7.0), (30, 2.0)]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=30))
def test_merged_stalls_never_overlap_and_hold_every_long_wait(waits: list[tuple[float, float]]) -> None:
    requests = [request(at, seconds) for at, seconds in sorted(waits)]
    stalls = merge_stalls(requests)
    assert all(a.at + a.seconds < b.at for a, b in itertools.pairwise(stalls))
    for record in requests:
        if record.seconds > 1.0:
            assert any(
                s.at <= record.at + 1e-6 and record.at + record.seconds <= s.at + s.seconds + 1e-6 for s in stalls
            )


def test_each_second_says_how_many_were_asked_how_many_failed_and_how_long_the_longest_waited() -> None:
    buckets = add_up([request(7.1), request(7.9, 3.0), request(9.0, error="reset")]).apis["nova"].buckets
    assert [(b.second, b.asked, b.failed, b.longest_s) for b in buckets] == [(7, 2, 0, 3.0), (9, 1, 1, 0.1)]


def test_direct_requests_count_per_controller_and_not_among_the_requests_of_the_api() -> None:
    direct = [Record(t, "nova-api", "health", 0.1, 200, t < 3, kind="direct", host="ctl1") for t in range(4)]
    seen = add_up([*direct, request(5)])
    assert seen.requests == 1
    assert [(d.api, d.host, d.asked, d.answered, d.available_percent) for d in seen.direct] == [
        ("nova-api", "ctl1", 4, 3, 75.0)
    ]


def test_a_stretch_of_time_takes_what_began_in_it(tmp_path: Path) -> None:
    lines = [to_line(request(at)) for at in (1.0, 2.0, 3.0)]
    random.Random(1).shuffle(lines)
    (tmp_path / RECORDS_NAME).write_text("".join(lines) + '{"at": 4, "ap')
    assert figures(tmp_path).requests == 3
    assert figures(tmp_path, since=2.0).requests == 2
    assert figures(tmp_path, until=2.0).requests == 1


def test_a_folder_without_records_says_that_nothing_was_seen(tmp_path: Path) -> None:
    assert figures(tmp_path).requests == 0


def test_a_record_survives_its_line() -> None:
    record = Record(1.5, "nova", "boot", 0.25, 0, False, "ConnectionResetError: ", 0.0, "direct", "ctl1", True)
    assert from_line(to_line(record)) == record


def test_the_budget_speaks_up_at_one_more_than_allowed_and_names_the_api_and_the_last_cause() -> None:
    seen = add_up(
        [request(1, error="503 a"), request(2, api="glance", error="reset b"), outcome(3, "x is in ERROR: c")]
    )
    assert over_budget(seen, 3) is None
    said = over_budget(seen, 2)
    assert said is not None
    assert "glance 1" in said and "nova 2" in said and "x is in ERROR: c" in said


def phase(at: float, op: str) -> Record:
    return Record(at, "", op, 0.0, 0, True, kind="phase")


def test_how_often_was_asked_is_told_of_the_time_in_which_the_probe_was_asking() -> None:
    setup = [request(n) for n in range(10)]
    asked = [request(10 + n / 5) for n in range(1, 50)]
    again = [request(120 + n / 5) for n in range(1, 50)]
    phases = [phase(10, "asking"), phase(20, "ending"), phase(120, "asking"), phase(130, "ending")]
    seen = add_up(sorted([*setup, *asked, *again, *phases], key=lambda record: record.at))
    assert (seen.apis["nova"].requests, seen.apis["nova"].per_second) == (108, 4.9)
    assert (seen.begins, seen.requests) == (0, 108)


def test_a_probe_that_was_killed_was_asking_until_its_last_request() -> None:
    asked = [*(request(n / 5) for n in range(51)), *(request(100 + n / 5) for n in range(51))]
    seen = add_up(sorted([phase(0, "asking"), phase(100, "asking"), *asked], key=lambda record: record.at))
    assert seen.apis["nova"].per_second == 5.1


def often(seconds: float = 0.1, api: str = "nova", per_second: int = 6) -> ApiFigures:
    return add_up([request(n / per_second, seconds if n == 9 else 0.1, api=api) for n in range(60)]).apis[api]


def test_a_wait_at_its_limit_is_as_demanded_and_a_longer_one_is_told_with_the_limit() -> None:
    assert beyond_limits(often(6.0), ()) == []
    assert beyond_limits(often(6.2), ()) == ["a request waited 6.2 s (servers), over 6 s"]


def test_an_api_whose_requests_the_plan_holds_may_wait_longer() -> None:
    assert beyond_limits(often(14.0), {"nova"}) == []
    assert beyond_limits(often(14.0), {"glance"}) != []
    assert beyond_limits(often(15.1), {"nova"}) == ["a request waited 15.1 s (servers), over 15 s"]


def test_an_api_that_is_asked_too_seldom_is_not_as_demanded_nor_is_one_nobody_asked() -> None:
    assert beyond_limits(often(per_second=4), ()) == ["asked 4.1 times a second, under 5"]
    assert beyond_limits(add_up([]).apis["nova"], ()) == ["asked 0.0 times a second, under 5"]


def test_the_apis_a_plan_holds_are_known_by_the_names_the_probe_has_for_them() -> None:
    hold = Step("hold/ctl1/a", "hold-requests", None, "", "", 1.0, params={"backend": "nova-api"})
    other = Step("roll/ctl1/b", "take-out-of-balancer", "ctl1", "", "", 1.0, params={"backends": ["glance-api"]})
    stage = Stage("hold", "", "", "", (Lane("ctl1", (hold, other)),))
    plan = Plan("upgrade", "", "c", "", 0.0, "", {}, (stage,))
    assert held_apis(load_catalog(), plan) == {"nova"}


def test_a_request_that_waits_when_the_probe_ends_has_failed_and_a_late_answer_does_not_count(tmp_path: Path) -> None:
    now = [100.0]
    recorder = Recorder(tmp_path, lambda: now[0])
    recorder.begin("nova", "boot", 100.0)
    now[0] = 114.0
    recorder.give_up(15.0)
    assert figures(tmp_path).requests == 0
    now[0] = 116.0
    recorder.give_up(15.0)
    recorder.add(request(100.0, 17.0))
    recorder.add(request(117.0))
    recorder.close()
    nova = figures(tmp_path).apis["nova"]
    assert (nova.requests, nova.failed, nova.longest_stall_s) == (2, 1, 16.0)
    assert nova.causes == {"boot: no answer yet after 16 s": 1}
