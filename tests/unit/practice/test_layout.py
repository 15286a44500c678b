"""What a practice cloud consists of follows from five choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.errors import InputError
from ostler.practice.layout import Layout, cache_dir, state_root


def test_hosts_are_named_and_numbered_by_role() -> None:
    layout = Layout(controllers=3, computes=2)
    assert [(host.name, host.address, host.domain) for host in layout.hosts] == [
        ("ctl1", "10.77.0.11", "rack1"),
        ("ctl2", "10.77.0.12", "rack2"),
        ("ctl3", "10.77.0.13", "rack3"),
        ("cmp1", "10.77.0.21", "rack1"),
        ("cmp2", "10.77.0.22", "rack2"),
    ]


def test_addresses_follow_the_subnet() -> None:
    layout = Layout(subnet="10.77.9.0/24")
    assert (layout.vip, layout.gateway, layout.prefix_length) == ("10.77.9.250", "10.77.9.1", 24)


@pytest.mark.parametrize("name", ["a", "practice", "exactly-11c", "a-name-that-is-far-too-long"])
def test_bridge_names_fit_the_kernel(name: str) -> None:
    assert len(Layout(name=name).bridge) <= 15


def test_long_names_that_begin_alike_get_different_bridges() -> None:
    first, second = Layout(name="a-name-that-is-long-1"), Layout(name="a-name-that-is-long-2")
    assert first.bridge != second.bridge


@pytest.mark.parametrize("name", ["", "Upper", "../etc", "a b", "-x", "1st", "a" * 32, "a;reboot"])
def test_a_name_that_could_do_harm_is_an_input_error(name: str) -> None:
    with pytest.raises(InputError) as caught:
        Layout(name=name)
    assert caught.value.code == "practice.bad-name"


@pytest.mark.parametrize("subnet", ["nonsense", "10.77.0.1/24", "10.77.0.0/16", "8.8.8.0/24", "fd00::/64"])
def test_a_subnet_that_cannot_be_used_is_an_input_error(subnet: str) -> None:
    with pytest.raises(InputError) as caught:
        Layout(subnet=subnet)
    assert caught.value.code == "practice.bad-subnet"


@pytest.mark.parametrize(("controllers", "computes"), [(0, 2), (10, 2), (3, -1), (3, 201)])
def test_a_count_out_of_bounds_is_an_input_error(controllers: int, computes: int) -> None:
    with pytest.raises(InputError) as caught:
        Layout(controllers=controllers, computes=computes)
    assert caught.value.code == "practice.bad-count"


def test_an_unknown_host_is_an_input_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        Layout(controllers=1, computes=1).host("ctl9")
    assert caught.value.do_next == "use one of: ctl1, cmp1"


def test_folders_can_be_moved_by_the_environment() -> None:
    assert state_root({"OSTLER_STATE_DIR": "/srv/state"}) == Path("/srv/state")
    assert cache_dir({"OSTLER_CACHE_DIR": "/srv/cache"}) == Path("/srv/cache")
    assert (state_root({}), cache_dir({})) == (Path("/var/lib/ostler"), Path("/var/cache/ostler"))
