"""The configuration of the infrastructure, rendered from a layout."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from ostler.practice import galera, haproxy, infrastructure, keepalived, rabbitmq
from ostler.practice.host_files import hosts_file, identity_files, launch_script
from ostler.practice.layout import FRONTENDS, Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", subnet="10.77.5.0/24", state_root=tmp_path)


def test_every_api_has_a_frontend_on_the_vip_and_a_server_per_controller(layout: Layout) -> None:
    text = haproxy.config(layout)
    for frontend in FRONTENDS:
        assert f"frontend {frontend.backend}\n  bind 10.77.5.250:{frontend.port}\n" in text
        for host in layout.controller_hosts:
            assert f"  server {host.name} {host.address}:{frontend.port} check\n" in text


def test_every_api_can_be_held(layout: Layout) -> None:
    text = haproxy.config(layout)
    for frontend in FRONTENDS:
        condition = f"{{ str({frontend.backend}),map(/etc/haproxy/hold.map) -m found }}"
        assert f"http-request lua.hold {frontend.backend} if {condition}" in text


def test_the_database_has_one_active_node_and_two_in_reserve(layout: Layout) -> None:
    text = haproxy.config(layout).split("\nbackend galera\n")[1]
    assert "server ctl1 10.77.5.11:3306 check port 9200\n" in text
    assert "server ctl2 10.77.5.12:3306 check port 9200 backup\n" in text
    assert "server ctl3 10.77.5.13:3306 check port 9200 backup\n" in text
    assert "on-marked-down shutdown-sessions" in text


def test_the_node_haproxy_uses_first_gives_its_data_last(layout: Layout) -> None:
    text = galera.config(layout, layout.host("ctl3"))
    assert "wsrep_sst_donor = ctl2,ctl1,\n" in text
    assert "wsrep_cluster_address = gcomm://10.77.5.11,10.77.5.12,10.77.5.13\n" in text


def test_a_database_cluster_of_one_starts_itself(tmp_path: Path) -> None:
    alone = Layout(controllers=1, state_root=tmp_path)
    assert "wsrep_cluster_address = gcomm://\n" in galera.config(alone, alone.host("ctl1"))


@pytest.mark.parametrize(
    ("logged", "position"),
    [
        ("... WSREP: Recovered position: 2f7868e4-e4d4-11f1-987c-dbd2d8e9f57a:1234\n", 1234),
        ("... WSREP: Recovered position: 00000000-0000-0000-0000-000000000000:-1\n", -1),
        ("Aborting\n", -1),
    ],
)
def test_how_new_a_stopped_node_is(logged: str, position: int) -> None:
    assert galera.recovered_position(logged) == position


def test_keepalived_prefers_the_first_controller_and_lists_the_others_as_peers(layout: Layout) -> None:
    first, last = (keepalived.config(layout, layout.host(name)) for name in ("ctl1", "ctl3"))
    assert "priority 150\n" in first
    assert "priority 130\n" in last
    assert "10.77.5.13\n" in first.split("unicast_peer")[1]
    assert "10.77.5.11\n" not in first.split("unicast_peer")[1]


def test_files_with_passwords_are_not_for_everybody(layout: Layout) -> None:
    password = layout.passwords.get("rabbitmq").reveal()
    cookie = layout.passwords.get("erlang-cookie").reveal()
    for file in infrastructure.config_files(layout, layout.host("ctl1")):
        if password in file.content or cookie in file.content:
            assert file.mode & 0o007 == 0, file.path


def test_rabbitmq_lists_every_controller(layout: Layout) -> None:
    text = rabbitmq.config(layout, layout.host("ctl2"))
    assert "classic_config.nodes.3 = rabbit@ctl3\n" in text
    assert "listeners.tcp.1 = 10.77.5.12:5672\n" in text


def test_hosts_know_each_other_and_the_vip(layout: Layout) -> None:
    text = hosts_file(layout)
    assert "10.77.5.21 cmp1\n" in text
    assert "10.77.5.250 vip\n" in text


def test_identity_files_with_secrets_are_private(layout: Layout) -> None:
    files = identity_files(layout, layout.host("ctl1"), uuid.UUID(int=1), "PRIVATE", "ssh-ed25519 A")
    modes = {file.path: file.mode for file in files}
    assert modes["etc/ssh/ssh_host_ed25519_key"] == 0o600
    assert modes["root/.ssh/authorized_keys"] == 0o600


def test_the_launcher_quotes_every_path(layout: Layout) -> None:
    script = launch_script(layout, layout.host("ctl1"), Path("/srv/a folder;reboot/root"))
    assert "'--directory=/srv/a folder;reboot/root'" in script
