"""Clouds read from the inventories of Kolla-Ansible and OpenStack-Ansible."""

import json
from pathlib import Path

import pytest

from ostler.cloud.file import read_cloud_file, write_cloud_file
from ostler.cloud.kolla import cloud_from_kolla
from ostler.cloud.model import Cloud
from ostler.cloud.openstack_ansible import cloud_from_osa
from ostler.errors import InputError

MULTINODE = """\
# the groups to be modified
[control]
control[01:03]     ansible_user=kolla ansible_port=2222
[network]
control01
network01 ansible_host=10.0.0.40   # a comment
[compute]
compute01 ansible_host=10.0.0.51 neutron_external_interface="eth 0"
compute02 ansible_host=10.0.0.52
[monitoring]
monitoring01
[storage]
compute01
[deployment]
localhost       ansible_connection=local
[baremetal:children]
control
network
[loadbalancer:children]
network
[mariadb:children]
control
[rabbitmq:children]
control
[all:vars]
ansible_ssh_private_key_file=/root/.ssh/kolla
"""

OSA = {
    "_meta": {
        "hostvars": {
            "infra1": {"ansible_host": "172.29.236.11", "management_address": "172.29.236.11"},
            "infra1_keystone_container-a1": {"container_address": "172.29.236.101", "physical_host": "infra1"},
            "infra1_galera_container-b2": {"ansible_host": "172.29.236.102", "physical_host": "infra1"},
            "infra1_rabbit_mq_container-c3": {"ansible_host": "172.29.236.103", "physical_host": "infra1"},
            "compute1": {"ansible_host": "172.29.236.21", "physical_host": "compute1"},
            "log1": {"ansible_host": "172.29.236.31"},
        }
    },
    "all": {"vars": {"internal_lb_vip_address": "172.29.236.9", "is_metal": True}},
    "keystone_all": {"children": ["keystone"], "hosts": []},
    "keystone": {"hosts": ["infra1_keystone_container-a1"]},
    "galera_all": {"hosts": ["infra1_galera_container-b2"]},
    "rabbitmq_all": {"hosts": ["infra1_rabbit_mq_container-c3"]},
    "haproxy_all": {"hosts": ["infra1"]},
    "nova_compute": {"hosts": ["compute1"]},
    "log_hosts": {"hosts": ["log1"]},
}


def kolla(tmp_path: Path, text: str = MULTINODE, vip: str | None = "10.0.0.250") -> Cloud:
    path = tmp_path / "multinode"
    path.write_text(text)
    return cloud_from_kolla(path, name="k", release="2024.1", vip=vip)


def osa(tmp_path: Path, document: object = OSA, vip: str | None = None) -> Cloud:
    path = tmp_path / "openstack_inventory.json"
    path.write_text(json.dumps(document))
    return cloud_from_osa(path, name="o", release="2025.1", vip=vip)


def test_kollas_groups_become_roles(tmp_path: Path) -> None:
    cloud = kolla(tmp_path)
    assert {host.name: host.roles for host in cloud.hosts.values()} == {
        "control01": ("controller", "network"),
        "control02": ("controller",),
        "control03": ("controller",),
        "network01": ("network",),
        "compute01": ("compute", "storage"),
        "compute02": ("compute",),
    }
    assert cloud.deployment == "container"


def test_kollas_addresses_and_access_are_read(tmp_path: Path) -> None:
    cloud = kolla(tmp_path)
    assert cloud.host("compute01").address == "10.0.0.51"
    assert cloud.host("control02").address == "control02"
    assert (cloud.access.user, cloud.access.port) == ("kolla", 2222)
    assert cloud.access.key == Path("/root/.ssh/kolla")


def test_kollas_infrastructure_is_where_its_groups_say(tmp_path: Path) -> None:
    cloud = kolla(tmp_path)
    assert cloud.databases.hosts == ("control01", "control02", "control03")
    assert cloud.databases.is_galera
    assert cloud.load_balancer is not None
    assert cloud.load_balancer.hosts == ("control01", "network01")


def test_without_a_vip_there_is_no_load_balancer(tmp_path: Path) -> None:
    assert kolla(tmp_path, vip=None).load_balancer is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[compute]\nc1\n", "no host is in the group control"),
        ("[control]\n-oProxyCommand=x\n", "cannot be the name of a host"),
        ("[control]\nc1 ansible_host='a b'\n", "cannot be the address of c1"),
        ("[control]\nc1 oops\n", "line 2: after a host's name only key=value may come"),
        ("[control]\nc1 a='b\n", "line 2: No closing quotation"),
        ("[control]\nc[9:1]\n", "line 2: [9:1] is not a range of hosts"),
        ("[control]\nc[1:99999999]\n", "line 2: [1:99999999] is not a range of hosts"),
    ],
)
def test_a_wrong_kolla_inventory_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        kolla(tmp_path, text)
    assert caught.value.code == "cloud.bad-inventory"
    assert message in caught.value.summary


def test_groups_that_contain_each_other_come_to_an_end(tmp_path: Path) -> None:
    text = "[control:children]\na\n[a:children]\nb\ncontrol\n[b]\nc1\n[b:children]\na\n"
    assert list(kolla(tmp_path, text).hosts) == ["c1"]


def test_osas_containers_are_hosts_in_the_domain_of_their_machine(tmp_path: Path) -> None:
    cloud = osa(tmp_path)
    keystone = cloud.host("infra1_keystone_container-a1")
    assert (keystone.address, keystone.roles, keystone.domain) == ("172.29.236.101", ("controller",), "infra1")
    assert cloud.host("compute1").roles == ("compute",)
    assert cloud.host("compute1").domain is None
    assert "log1" not in cloud.hosts
    assert cloud.deployment == "venv"


def test_osas_infrastructure_is_where_its_groups_say(tmp_path: Path) -> None:
    cloud = osa(tmp_path)
    assert cloud.databases.hosts == ("infra1_galera_container-b2",)
    assert not cloud.databases.is_galera
    assert cloud.messaging.hosts == ("infra1_rabbit_mq_container-c3",)
    assert cloud.load_balancer is not None
    assert (cloud.load_balancer.hosts, cloud.load_balancer.vip) == (("infra1",), "172.29.236.9")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "there is no _meta"),
        ({"all": {}}, "there is no _meta"),
        ({"_meta": {"hostvars": {}}, "nova_compute": {"hosts": ["c1"]}}, "no host is in keystone_all"),
        ({"_meta": {"hostvars": {}}, "keystone_all": {"hosts": ["a b"]}}, "cannot be the name of a host"),
    ],
)
def test_a_wrong_osa_inventory_says_what_is_wrong(tmp_path: Path, document: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        osa(tmp_path, document)
    assert caught.value.code == "cloud.bad-inventory"
    assert message in caught.value.summary


def test_a_missing_inventory_is_told(tmp_path: Path) -> None:
    for read in (cloud_from_kolla, cloud_from_osa):
        with pytest.raises(InputError) as caught:
            read(tmp_path / "none", name="x", release="2025.1", vip=None)
        assert caught.value.code == "cloud.bad-inventory"


def test_what_was_read_can_be_written_as_a_cloud_file(tmp_path: Path) -> None:
    for cloud in (kolla(tmp_path), osa(tmp_path)):
        path = tmp_path / f"{cloud.name}.yaml"
        write_cloud_file(cloud, path)
        assert read_cloud_file(path) == cloud
