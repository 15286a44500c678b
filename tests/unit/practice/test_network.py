"""Choosing and reading networks of the outer machine."""

from __future__ import annotations

import ipaddress

import pytest

from ostler.errors import InputError
from ostler.practice import network
from ostler.practice.layout import Layout
from ostler.practice.network import host_links, next_free_subnet, parse_addresses

ADDRESSES = [
    {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
    {
        "ifname": "ost-practice",
        "addr_info": [
            {"family": "inet", "local": "10.77.0.1", "prefixlen": 24},
            {"family": "inet6", "local": "fe80::1", "prefixlen": 64},
        ],
    },
    {"ifname": "down0"},
]


def test_interfaces_are_read_with_their_networks() -> None:
    assert [(name, str(network)) for name, network in parse_addresses(ADDRESSES)] == [
        ("lo", "127.0.0.0/8"),
        ("ost-practice", "10.77.0.0/24"),
    ]


def test_the_first_free_subnet_is_taken() -> None:
    taken = [ipaddress.IPv4Network("10.77.0.0/24"), ipaddress.IPv4Network("10.77.2.0/25")]
    assert next_free_subnet(taken) == "10.77.1.0/24"
    assert next_free_subnet([*taken, ipaddress.IPv4Network("10.77.1.128/25")]) == "10.77.3.0/24"


def test_interfaces_of_all_hosts_of_a_cloud_are_found_and_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["vb-unit-ctl1", "vb-unit-cmp12", "vb-unit-new1", "vb-other-ctl1", "vb-unit-b-ctl1", "veth0"]
    links = [{"ifname": name} for name in names] + [{"ifname": "vb-x", "altnames": ["vb-unit-new2"]}, {"ifname": "y"}]
    monkeypatch.setattr(network, "_links", lambda *which: links)
    assert host_links(Layout(name="unit", spares=2)) == ["vb-unit-ctl1", "vb-unit-cmp12", "vb-unit-new1", "vb-x"]


def test_no_subnet_left_is_said() -> None:
    with pytest.raises(InputError) as caught:
        next_free_subnet([ipaddress.IPv4Network("10.0.0.0/8")])
    assert caught.value.code == "practice.no-free-subnet"
