"""Faults are on record before they are made, are made once, and are mended from the record."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from broken_hosts import BrokenHosts

from ostler.errors import InputError, OutsideError
from ostler.practice.faults.fault import CLOUD
from ostler.practice.faults.making import Workshop
from ostler.practice.faults.record import FILE
from ostler.practice.faults.registry import FAULTS, find
from ostler.practice.layout import Layout

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def hosts() -> BrokenHosts:
    return BrokenHosts()


@pytest.fixture
def shop(tmp_path: Path, hosts: BrokenHosts) -> Workshop:
    layout = Layout(name="trial", state_root=tmp_path)
    layout.state_dir.mkdir(parents=True)
    clock = Clock()
    return Workshop(layout, hosts, lambda line: None, lambda: NOON, lambda: clock.seconds, clock.sleep)


def make(shop: Workshop, name: str, host: str | None = None) -> list[str]:
    return [made.place for made in shop.make(find(name), host, lambda: ["ctl2"])]


def on_record(shop: Workshop) -> list[tuple[str, str]]:
    return [(made.fault, made.place) for made in shop.record.all()]


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(InputError) as error:
        work()
    assert error.value.do_next
    return error.value.code


def test_a_fault_is_made_where_it_makes_sense(shop: Workshop) -> None:
    assert make(shop, "nova-compute-hung") == ["cmp1"]
    assert make(shop, "nova-scheduler-stopped") == ["ctl1", "ctl2", "ctl3"]
    assert make(shop, "rabbitmq-node-stopped", "ctl1") == ["ctl1"]
    assert make(shop, "haproxy-stopped") == ["ctl2"]
    assert make(shop, "endpoint-wrong") == [CLOUD]


@pytest.mark.parametrize(("holders", "place"), [(["ctl2"], "ctl3"), (["ctl3"], "ctl2"), ([], "ctl3")])
def test_a_second_controller_is_not_the_one_that_has_the_address(
    shop: Workshop, holders: list[str], place: str
) -> None:
    assert [made.place for made in shop.make(find("vip-twice"), None, lambda: holders)] == [place]


def test_it_is_on_record_before_it_is_made(shop: Workshop, hosts: BrokenHosts) -> None:
    seen: list[list[tuple[str, str]]] = []
    hosts.before = lambda what: seen.append(on_record(shop)) if what == "made" else None
    make(shop, "nova-compute-stopped")
    assert seen == [[("nova-compute-stopped", "cmp1")]]


def test_what_is_begun_and_cut_off_can_be_mended(shop: Workshop, hosts: BrokenHosts) -> None:
    def cut(what: str) -> None:
        if what == "made":
            raise KeyboardInterrupt

    hosts.before = cut
    with pytest.raises(KeyboardInterrupt):
        make(shop, "nova-compute-stopped")
    (begun,) = shop.record.all()
    assert not begun.is_seen

    hosts.before = lambda what: None
    shop.mend(shop.chosen("nova-compute-stopped", every=False))
    assert on_record(shop) == []
    assert hosts.given["mended"] == b"what was there\n"


def test_mending_gets_what_was_remembered(shop: Workshop, hosts: BrokenHosts) -> None:
    make(shop, "fernet-keys-unequal")
    shop.mend(shop.chosen("fernet-keys-unequal", every=False))
    assert hosts.given == {"remember": None, "made": b"what was there\n", "mended": b"what was there\n"}
    assert (hosts.there, on_record(shop)) == (set(), [])


def test_what_is_remembered_is_for_its_owner_only(shop: Workshop) -> None:
    (made,) = shop.make(find("fernet-keys-unequal"), None, list)
    assert "what was there" not in repr(made)
    assert (shop.layout.state_dir / FILE).stat().st_mode & 0o777 == 0o600


def test_nothing_is_broken_twice(shop: Workshop, hosts: BrokenHosts) -> None:
    make(shop, "nova-compute-hung")
    assert refusal(lambda: make(shop, "nova-compute-hung")) == "practice.fault-made-already"
    assert make(shop, "nova-compute-hung", "cmp2") == ["cmp2"]
    assert len([done for done in hosts.done if done[0] == "made"]) == 2


def test_what_was_not_broken_is_not_mended(shop: Workshop) -> None:
    assert refusal(lambda: shop.chosen("nova-compute-hung", every=False)) == "practice.fault-not-made"
    assert refusal(lambda: shop.chosen(None, every=False)) == "practice.no-fault-named"
    assert shop.chosen(None, every=True) == []


def test_two_faults_at_once_unless_they_change_the_same(shop: Workshop) -> None:
    make(shop, "nova-compute-hung", "cmp1")
    make(shop, "host-mapping-deleted", "cmp1")
    make(shop, "nova-compute-stopped", "cmp2")
    assert refusal(lambda: make(shop, "nova-compute-stopped", "cmp1")) == "practice.fault-in-the-way"


def test_what_haproxy_forgets_in_a_reload_is_not_left_to_one(shop: Workshop) -> None:
    make(shop, "haproxy-left-in-maintenance")
    assert refusal(lambda: make(shop, "haproxy-backend-wrong")) == "practice.fault-in-the-way"


def test_all_are_mended_the_last_one_first(shop: Workshop, hosts: BrokenHosts) -> None:
    for name in ("memcached-stopped", "nova-compute-hung", "vip-twice"):
        make(shop, name)
    shop.mend(shop.chosen(None, every=True))
    order = list(dict.fromkeys(fault for what, fault, _ in hosts.done if what == "mended"))
    assert order == ["vip-twice", "nova-compute-hung", "memcached-stopped"]
    assert on_record(shop) == []


def test_one_that_cannot_be_mended_does_not_keep_the_others(shop: Workshop, hosts: BrokenHosts) -> None:
    make(shop, "nova-compute-hung")
    make(shop, "vip-twice")
    hosts.failing.add("mended")
    fails_once = iter([True])

    def first_only(what: str) -> None:
        if what == "mended" and not next(fails_once, False):
            hosts.failing.discard("mended")

    hosts.before = first_only
    with pytest.raises(OutsideError) as error:
        shop.mend(shop.chosen(None, every=True))
    assert error.value.code == "practice.fault-script-failed"
    assert "geheim12" not in error.value.found
    assert on_record(shop) == [("vip-twice", "ctl3")]


def test_a_fault_that_is_not_seen_is_a_failure_and_stays_on_record(shop: Workshop, hosts: BrokenHosts) -> None:
    hosts.deaf.add("made")
    with pytest.raises(OutsideError) as error:
        make(shop, "nova-compute-hung")
    assert error.value.code == "practice.fault-unseen"
    assert "mend nova-compute-hung" in error.value.do_next
    assert on_record(shop) == [("nova-compute-hung", "cmp1")]


def test_a_fault_that_stays_is_a_failure_and_stays_on_record(shop: Workshop, hosts: BrokenHosts) -> None:
    make(shop, "nova-compute-hung")
    hosts.deaf.add("mended")
    with pytest.raises(OutsideError) as error:
        shop.mend(shop.chosen("nova-compute-hung", every=False))
    assert error.value.code == "practice.fault-still-there"
    assert on_record(shop) == [("nova-compute-hung", "cmp1")]


def test_what_is_broken_by_itself_is_left_alone(shop: Workshop, hosts: BrokenHosts) -> None:
    hosts.there.add(("nova-compute-hung", "cmp1"))
    assert refusal(lambda: make(shop, "nova-compute-hung")) == "practice.fault-there-already"
    assert ([what for what, *_ in hosts.done], on_record(shop)) == (["remember"], [])


def test_where_there_is_nothing_to_break_nothing_is_done(shop: Workshop, hosts: BrokenHosts) -> None:
    hosts.impossible = True
    assert refusal(lambda: make(shop, "port-binding-failed")) == "practice.fault-not-possible"
    assert on_record(shop) == []


def test_wrong_places_are_refused(shop: Workshop, tmp_path: Path, hosts: BrokenHosts) -> None:
    assert refusal(lambda: make(shop, "nova-compute-hung", "ctl1")) == "practice.fault-elsewhere"
    assert refusal(lambda: make(shop, "endpoint-wrong", "ctl1")) == "practice.fault-elsewhere"
    assert refusal(lambda: make(shop, "nova-compute-hung", "cmp9")) == "practice.unknown-host"
    small = Layout(name="small", controllers=1, computes=0, state_root=tmp_path)
    alone = Workshop(small, hosts, lambda line: None, lambda: NOON)
    assert refusal(lambda: make(alone, "galera-split")) == "practice.too-few-controllers"
    assert refusal(lambda: make(alone, "nova-compute-hung")) == "practice.no-host-for-fault"


def test_every_fault_can_be_made_and_mended_on_a_cloud_of_the_usual_size(shop: Workshop, hosts: BrokenHosts) -> None:
    for name in FAULTS:
        make(shop, name)
        shop.mend(shop.chosen(name, every=False))
    assert (hosts.there, on_record(shop)) == (set(), [])


def test_the_record_is_one_document(shop: Workshop) -> None:
    make(shop, "nova-compute-hung")
    (entry,) = json.loads((shop.layout.state_dir / FILE).read_text())
    assert entry == {
        "fault": "nova-compute-hung",
        "place": "cmp1",
        "since": "2026-11-26T12:00:00+00:00",
        "remembered": "what was there\n",
        "is_seen": True,
    }
