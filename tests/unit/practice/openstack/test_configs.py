"""Configuration of practice hosts, rendered from a layout."""

from __future__ import annotations

import base64
import configparser
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.practice.layout import Host, Layout
from ostler.practice.openstack.configs import config_files, links, system_files
from ostler.practice.openstack.databases import transport_template
from ostler.practice.openstack.filler_rows import chunks
from ostler.practice.openstack.settings import HostFile, Settings, ini, merged
from ostler.secret import Secret


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", subnet="10.77.5.0/24", state_root=tmp_path, cache_dir=tmp_path / "cache")


def files(layout: Layout, host: Host) -> dict[str, HostFile]:
    return {file.path: file for file in config_files(layout, host)}


def read(file: HostFile) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="none", strict=True)
    parser.read_string(file.content.reveal())
    return parser


def test_controllers_agree_on_everything_but_their_own_name_and_address(layout: Layout) -> None:
    first, second = (files(layout, host) for host in layout.controller_hosts[:2])
    assert set(first) == set(second)
    for path, file in first.items():
        here, there = layout.controller_hosts[0], layout.controller_hosts[1]
        renamed = second[path].content.reveal().replace(f"host = {there.name}\n", f"host = {here.name}\n")
        for key in ("my_ip", "bind_host", "osapi_volume_listen"):
            renamed = renamed.replace(f"{key} = {there.address}\n", f"{key} = {here.address}\n")
        assert renamed == file.content.reveal()


def test_every_service_knows_all_message_queue_hosts_and_the_vip(layout: Layout) -> None:
    nova = read(files(layout, layout.controller_hosts[0])["/etc/nova/nova.conf"])
    url = nova["DEFAULT"]["transport_url"]
    assert [host.address in url for host in layout.controller_hosts] == [True, True, True]
    assert f"@{layout.vip}:3306/nova_api?" in nova["api_database"]["connection"]
    assert nova["oslo_messaging_rabbit"]["rabbit_quorum_queue"] == "true"
    assert nova["upgrade_levels"]["compute"] == "auto"


def test_a_compute_has_no_way_to_a_database(layout: Layout) -> None:
    for file in config_files(layout, layout.compute_hosts[0]):
        assert "mysql" not in file.content.reveal()


def test_only_the_projects_group_reads_a_configuration(layout: Layout) -> None:
    for file in config_files(layout, layout.controller_hosts[0]):
        assert file.mode & 0o007 == 0


def test_token_keys_are_valid_and_the_same_everywhere(layout: Layout) -> None:
    first, second = (files(layout, host) for host in layout.controller_hosts[:2])
    for path in ("/etc/keystone/fernet-keys/0", "/etc/keystone/fernet-keys/1"):
        assert first[path].content == second[path].content
        assert len(base64.urlsafe_b64decode(first[path].content.reveal())) == 32
    assert first["/etc/keystone/fernet-keys/0"].content != first["/etc/keystone/fernet-keys/1"].content


def test_a_host_has_links_for_the_services_of_its_release(layout: Layout) -> None:
    environments = {project: f"/venvs/{project}" for project in ("nova", "neutron")}
    found = links(load_catalog(), layout, layout.compute_hosts[0], environments)
    assert found == {
        "/opt/openstack/current/nova-compute": "/venvs/nova",
        "/opt/openstack/current/neutron-openvswitch-agent": "/venvs/neutron",
    }


def test_the_agents_stand_in_is_a_drop_in_that_survives_a_new_unit(layout: Layout) -> None:
    found = {file.path: file for file in system_files(load_catalog(), layout, layout.compute_hosts[0])}
    drop_in = found["/etc/systemd/system/neutron-openvswitch-agent.service.d/practice.conf"].content.reveal()
    assert drop_in.splitlines()[:2] == ["[Service]", "ExecStart="]
    assert "/etc/systemd/system/neutron-openvswitch-agent.service" in found


def test_settings_show_no_secret_before_they_are_written() -> None:
    settings: Settings = {"a": {"password": Secret("hunter2"), "on": True, "n": 3}}
    assert "hunter2" not in repr(settings)
    assert ini(settings).reveal() == "[a]\npassword = hunter2\non = true\nn = 3\n"


def test_the_later_setting_counts() -> None:
    assert merged({"a": {"x": 1, "y": 1}}, {"a": {"y": 2}, "b": {}}) == {"a": {"x": 1, "y": 2}, "b": {}}


@pytest.mark.parametrize(
    ("hosts", "template"),
    [
        (1, "{scheme}://{username}:{password}@{hostname}:{port}/"),
        (2, "{scheme}://{username1}:{password1}@{hostname1}:{port1},{username2}:{password2}@{hostname2}:{port2}/"),
    ],
)
def test_nova_numbers_the_parts_of_several_queue_hosts(hosts: int, template: str) -> None:
    assert transport_template(hosts) == template


def test_rows_are_added_in_transactions_the_cluster_takes() -> None:
    assert chunks(1, 45_000) == [(1, 20_000), (20_001, 40_000), (40_001, 45_000)]
    assert chunks(3001, 3000) == []
