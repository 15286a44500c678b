"""Addresses that become others in configuration texts."""

from __future__ import annotations

import pytest

from ostler.configuration.addresses import readdressed

BECOMES = {"10.77.0.11": "10.77.0.31", "10.77.0.1": "10.77.0.9", "fd00::11": "fd00::31", "ctl1": "new1"}


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("my_ip = 10.77.0.11", "my_ip = 10.77.0.31"),
        ("my_ip=10.77.0.1", "my_ip=10.77.0.9"),
        (
            "url = rabbit://u:p@10.77.0.11:5672,u:p@10.77.0.12:5672/",
            "url = rabbit://u:p@10.77.0.31:5672,u:p@10.77.0.12:5672/",
        ),
        ("servers = 10.77.0.11:11211,inet:10.77.0.11:11211", "servers = 10.77.0.31:11211,inet:10.77.0.31:11211"),
        ("transport_url = rabbit://u:p@ctl1:5672/", "transport_url = rabbit://u:p@new1:5672/"),
        ("memcached_servers = ctl1:11211", "memcached_servers = new1:11211"),
        ("auth_url = http://ctl1/identity", "auth_url = http://new1/identity"),
        ("bind_host = fd00::11", "bind_host = fd00::31"),
        ("url = http://[fd00::11]:9292", "url = http://[fd00::31]:9292"),
    ],
)
def test_an_address_to_connect_to_or_to_listen_at_is_written_anew(was: str, becomes: str) -> None:
    assert readdressed(f"[DEFAULT]\n{was}\n", BECOMES) == f"[DEFAULT]\n{becomes}\n"


@pytest.mark.parametrize(
    "line",
    [
        "host = ctl1",
        "# my_ip = 10.77.0.11",
        "  ; my_ip = 10.77.0.11",
        "my_ip = 10.77.0.110",
        "my_ip = 110.77.0.11",
        "name = 10.77.0.11.example.org",
        "url = http://ctl10:80",
        "url = http://ctl1.example.org/",
        "backend = ctl1@lvm",
        "key_file = /etc/ssl/ctl1/key.pem",
        "log_dir = /var/log/ctl1",
        "bind_host = fd00::11:5",
    ],
)
def test_what_only_looks_like_one_stays(line: str) -> None:
    assert readdressed(f"{line}\n", BECOMES) == f"{line}\n"


def test_two_hosts_that_exchange_their_addresses_do_not_end_as_one() -> None:
    assert readdressed("a = 10.0.0.1, 10.0.0.2\n", {"10.0.0.1": "10.0.0.2", "10.0.0.2": "10.0.0.1"}) == (
        "a = 10.0.0.2, 10.0.0.1\n"
    )


def test_every_other_byte_stays() -> None:
    text = "\ufeff[a]\r\nb = 1\x85\r\n\tc = 10.77.0.11\n\n"
    assert readdressed(text, BECOMES) == text.replace("10.77.0.11", "10.77.0.31")
