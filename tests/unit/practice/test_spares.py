"""Spare hosts of a practice cloud: they can become its control plane, and are then taken for it."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from ostler.cloud.control_plane import with_control_plane
from ostler.cloud.file import read_cloud_file, write_cloud_file
from ostler.errors import InputError
from ostler.planning.upgrade.onto import plan_replacement
from ostler.practice import galera, haproxy, infrastructure, keepalived, rabbitmq
from ostler.practice.cloud_file import ensure, in_charge
from ostler.practice.host_files import hosts_file, identity_files, launch_script
from ostler.practice.layout import Layout
from ostler.practice.state import RECORD, State, load_layout

OLD, NEW = ("ctl1", "ctl2", "ctl3"), ("new1", "new2", "new3")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", spares=3, state_root=tmp_path / "state", cache_dir=tmp_path / "cache")


def names(hosts: object) -> tuple[str, ...]:
    return tuple(host.name for host in hosts)  # type: ignore[attr-defined]


def test_spare_hosts_have_no_openstack_and_are_reached_like_the_others(layout: Layout) -> None:
    assert names(layout.hosts) == (*OLD, "cmp1", "cmp2")
    assert names(layout.all_hosts) == (*OLD, "cmp1", "cmp2", *NEW)
    assert layout.host("new2").address == "10.77.0.232"
    assert "10.77.0.233 new3\n" in hosts_file(layout)
    assert "/srv/shared" in launch_script(layout, layout.host("new1"), Path("/x"))
    files = identity_files(layout, layout.host("new1"), uuid.uuid4(), "key", "key")
    assert any("10.77.0.231" in file.content for file in files)


def test_their_databases_and_brokers_are_clusters_of_their_own(layout: Layout) -> None:
    new = layout.on_spares
    first = new.host("new1")
    text = galera.config(new, first)
    assert "wsrep_cluster_address = gcomm://10.77.0.231,10.77.0.232,10.77.0.233\n" in text
    assert "wsrep_cluster_name = unit-new\n" in text
    assert "ctl" not in text + rabbitmq.config(new, first) + haproxy.config(new)
    assert layout.passwords.get("rabbitmq").reveal() in rabbitmq.config(new, first)
    assert "server new2 10.77.0.232:5000 check" in haproxy.config(new)
    assert "10.77.0.250/24" in keepalived.config(new, first)
    assert "10.77.0.11\n" not in keepalived.config(new, first)


def test_the_address_is_left_to_the_controllers_while_they_hold_it(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Reach:
        def run_all(self, hosts: object, argv: list[str], **more: object) -> None:
            told.append(" ".join(argv))

    for module in (galera, rabbitmq):
        monkeypatch.setattr(module, "ensure_running", lambda *_: None)
    monkeypatch.setattr(infrastructure, "_wait_for_database", lambda *_: None)
    infrastructure.ensure_running(layout.on_spares, Reach(), lambda _: None, has_vip=False)  # type: ignore[arg-type]
    assert told == ["systemctl enable --quiet --now memcached.service haproxy.service"]


def test_their_cloud_file_fits_the_clouds(layout: Layout) -> None:
    State(layout).begin()
    ensure(layout)
    cloud, onto = read_cloud_file(layout.cloud_file), read_cloud_file(layout.onto_file)
    assert tuple(onto.hosts) == NEW
    replacement = plan_replacement(cloud, onto)
    assert replacement.pairs == dict(zip(NEW, OLD, strict=True))
    assert tuple(replacement.after(cloud).hosts) == (*NEW, "cmp1", "cmp2", *OLD)


def test_when_they_took_over_they_are_the_control_plane_and_their_file_stays(layout: Layout) -> None:
    State(layout).begin()
    ensure(layout)
    assert in_charge(layout) == layout
    cloud = read_cloud_file(layout.cloud_file)
    replacement = plan_replacement(cloud, read_cloud_file(layout.onto_file))
    write_cloud_file(with_control_plane(cloud, replacement.new), layout.cloud_file, force=True)
    said = layout.cloud_file.read_text()
    assert in_charge(layout) == layout.on_spares
    ensure(layout)
    assert layout.cloud_file.read_text() == said
    assert names(in_charge(layout).controller_hosts) == NEW
    assert in_charge(layout).service_names == OLD


def test_a_record_from_before_there_were_spares_has_none(layout: Layout) -> None:
    before = replace(layout, spares=0)
    State(before).begin()
    record = layout.state_dir / RECORD
    document = json.loads(record.read_text())
    del document["layout"]["spares"]
    record.write_text(json.dumps(document))
    State(before).begin()
    assert load_layout("unit", layout.state_root, layout.cache_dir) == before
    with pytest.raises(InputError) as caught:
        State(layout).begin()
    assert (caught.value.found, caught.value.expected) == ("spares 0", "spares 3")
