"""What explains what: findings of a cloud of three controllers and two computes become causes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.diagnosis.folding import IDLE, OWN, SYMPTOM, WARNING_ONLY, Cause, fold
from ostler.diagnosis.leaning import Leaning, known
from ostler.diagnosis.parts import parts_of
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot
from ostler.rules.component import KINDS, Component, component

sys.path.insert(0, str(Path(__file__).parents[2] / "specs"))
from rule_cases import usual_cloud

CLOUD = usual_cloud(release="2025.1")
FERNET = "files:/etc/keystone/fernet-keys@ctl1"
SERVER = "11111111-1111-1111-1111-111111111111"


def snapshot(**servers: str) -> Snapshot:
    from ostler.facts.model import wanted

    return Snapshot(CLOUD, 0.0, {wanted("api.servers"): {key: {"host": host} for key, host in servers.items()}})


def causes(*said: str, first_errors: dict[str, float] | None = None, unseen: tuple[str, ...] = ()) -> list[Cause]:
    """Fold findings that are written as their component; `~` before one makes it a symptom, `-` a warning."""
    parts = parts_of(snapshot(**{SERVER: "cmp2"}), load_catalog())
    findings, symptoms = [], set()
    for each in said:
        text = each.lstrip("~-")
        code = f"test.{text.partition(':')[0]}{'-symptom' if '~' in each else ''}"
        symptoms |= {code} if "~" in each else set()
        severity = Severity.WARNING if "-" in each[:2] else Severity.FAILURE
        findings.append(Finding(code, severity, text, text, component=text))
    return fold(
        findings,
        lambda broken: Leaning(parts, broken),
        lambda finding: parts.settled(component(finding.component)),
        symptoms,
        {component(text): time for text, time in (first_errors or {}).items()},
        unseen,
    )


def tree(cause: Cause) -> dict[str, list[str]]:
    """The first part of a cause to all that follows from it."""
    return {str(cause.first.part): sorted(str(each.part) for each in cause.all()[1:])}


@pytest.mark.parametrize(
    ("said", "cause", "follows"),
    [
        # a service that does not report, because of what it asks
        (["~service:nova-compute@cmp1", "service:nova-conductor@ctl1"], "service:nova-conductor@ctl1", 1),
        (["~service:nova-compute@cmp1", "broker:@ctl2"], "broker:@ctl2", 1),
        (["~service:nova-compute@cmp1", "mariadb:@ctl1"], "mariadb:@ctl1", 1),
        (["~service:nova-compute@cmp1", "libvirt:@cmp1", "dbus:@cmp1"], "dbus:@cmp1", 2),
        (["~service:neutron-openvswitch-agent@cmp1", "ovs:@cmp1"], "ovs:@cmp1", 1),
        (["~service:cinder-volume@ctl1", "clock:@ctl1"], "clock:@ctl1", 1),
        (["~service:nova-compute@cmp1", "dns:@cmp1"], "dns:@cmp1", 1),
        # what stops a process itself
        (["service:nova-compute@cmp1", "config:nova-compute@cmp1"], "config:nova-compute@cmp1", 1),
        (["service:nova-compute@cmp1", "files:/etc/nova/nova.conf@cmp1"], "files:/etc/nova/nova.conf@cmp1", 1),
        (["mariadb:@ctl2", "disk:/var/lib/mysql@ctl2"], "disk:/var/lib/mysql@ctl2", 1),
        (["service:glance-api@ctl1", "memory:@ctl1"], "memory:@ctl1", 1),
        # a host that is gone takes all with it
        (["~database:", "~messaging:", "~backend:nova-api@ctl3", "~vip:", "host:@ctl3"], "host:@ctl3", 4),
        # the way users come
        (["~api:nova-api", "~backend:nova-api@ctl1", "config:haproxy@ctl1"], "config:haproxy@ctl1", 2),
        (["~api:neutron", "endpoint:neutron-api"], "endpoint:neutron-api", 1),
        (["~service:keystone@ctl1", "keys:@ctl1", FERNET], FERNET, 2),
        (["~vip:", "service:keepalived@ctl1"], "service:keepalived@ctl1", 1),
        # the database behind its balancer
        (["~database:", "~backend:galera@ctl1", "service:galera-check@ctl1"], "service:galera-check@ctl1", 2),
        (["~mariadb:@ctl3", "network:ctl1@ctl3"], "network:ctl1@ctl3", 1),
        # what users have
        ([f"~server:{SERVER}", "service:nova-compute@cmp2"], "service:nova-compute@cmp2", 1),
        (["~image:x", "files:/var/lib/glance/images@ctl1"], "files:/var/lib/glance/images@ctl1", 1),
        # networks of OVN
        (["~service:ovn-controller@cmp1", "~service:ovn-northd", "ovn:southbound@ctl1"], "ovn:southbound@ctl1", 2),
        (["~port:x", "~service:ovn-controller@cmp1", "ovs:@cmp1"], "ovs:@cmp1", 2),
        (["~ovn:southbound", "~ovn:southbound@ctl1", "ovn:southbound@ctl2"], "ovn:southbound@ctl2", 2),
        (["~ovn:southbound", "~service:ovn-northd", "~ovn:southbound@ctl1", "host:@ctl2"], "host:@ctl2", 3),
        # heat
        (["~stack:x", "~service:heat-engine", "broker:@ctl2"], "broker:@ctl2", 2),
        # Swift
        (["~service:swift-object-replicator@ctl1", "disk:/srv/node/sdc@ctl2"], "disk:/srv/node/sdc@ctl2", 1),
        # what is kept in Ceph
        (["~image:x", "~service:cinder-volume@ctl1", "ceph:"], "ceph:", 2),
        (["~volume:x", "~ceph:", "~ceph:osd", "host:@cmp2"], "host:@cmp2", 3),
    ],
)  # fmt: skip
def test_the_lowest_broken_part_is_the_cause(said: list[str], cause: str, follows: int) -> None:
    for order in (said, said[::-1]):
        [found] = causes(*order)
        assert str(found.first.part) == cause
        assert len(found.all()) == follows + 1
        assert found.confidence == pytest.approx(OWN)


@pytest.mark.parametrize(
    "said",
    [
        ["service:nova-compute@cmp1", "memcached:@ctl1"],  # stopped by itself: no cache does that
        ["service:nova-scheduler@ctl1", "service:keystone@ctl2"],
        ["mariadb:@ctl1", "broker:@ctl3"],
        ["~service:nova-compute@cmp1", "disk:/var/lib/nova@cmp2"],  # another host's disk
        ["service:cinder-volume@ctl1", "-disk:/@ctl1"],  # a nearly full disk does not stop a service
        ["~service:cinder-volume@ctl1", "ceph:osd"],  # clients do not feel that one of many disks is down
        [f"~server:{SERVER}", "libvirt:@cmp1"],  # the server is on the other compute
        ["~queue:conductor", "service:cinder-volume@ctl1"],
    ],
)
def test_what_does_not_explain_each_other_stays_two_causes(said: list[str]) -> None:
    found = causes(*said)
    assert {str(each.first.part) for each in found} == {text.lstrip("~-") for text in said}


def test_one_fault_on_several_hosts_is_one_cause_with_all_that_follows() -> None:
    found = causes("service:keystone@ctl1", "service:keystone@ctl2", "service:keystone@ctl3", "~api:keystone")
    assert [str(node.broken.part) for node in found[0].nodes] == [f"service:keystone@ctl{n}" for n in (1, 2, 3)]
    assert len(found) == 1
    assert len(found[0].all()) == 4


def test_a_chain_is_drawn_link_by_link() -> None:
    [cause] = causes(f"~server:{SERVER}", "~service:nova-compute@cmp2", "libvirt:@cmp2", "dbus:@cmp2")
    [libvirt] = cause.nodes[0].followed_by
    assert str(libvirt.broken.part) == "libvirt:@cmp2"
    assert tree(cause) == {"dbus:@cmp2": ["libvirt:@cmp2", f"server:{SERVER}", "service:nova-compute@cmp2"]}


@pytest.mark.parametrize("first", ["mariadb:@ctl1", "mariadb:@ctl2"])
def test_symptoms_that_explain_each_other_have_the_first_in_time_as_cause(first: str) -> None:
    said = {"mariadb:@ctl1": 9.0, "mariadb:@ctl2": 9.0, first: 5.0}
    [cause] = causes(*(f"~{part}" for part in said), first_errors=said)
    assert tree(cause) == {first: sorted(said.keys() - {first})}
    assert cause.confidence == pytest.approx(SYMPTOM)


def test_how_sure_depends_on_what_was_found_and_read() -> None:
    assert causes("~database:")[0].confidence == pytest.approx(SYMPTOM)
    assert causes("-disk:/@ctl1")[0].confidence == pytest.approx(OWN * WARNING_ONLY)
    two = causes("service:nova-scheduler@ctl1", "mariadb:@ctl1", "~database:")
    assert [round(each.confidence, 3) for each in two] == [OWN, round(OWN * IDLE, 3)]
    assert str(two[0].first.part) == "mariadb:@ctl1"
    assert causes("~mariadb:@ctl1", unseen=("ctl1",))[0].confidence < SYMPTOM
    assert causes("mariadb:@ctl1", unseen=("ctl1",))[0].confidence == pytest.approx(OWN)


def test_what_is_itself_broken_speaks_for_its_part_before_symptoms() -> None:
    [cause] = causes("~service:nova-compute@cmp1", "service:nova-compute@cmp1")
    assert cause.finding.code == "test.service"
    assert len(cause.first.findings) == 2


HOSTILE = ["*", "[a-z]*", "x*@ctl1", "vip:", "\x1b[31m", "{host}", "../../etc", "a" * 5000, "(", "\\"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_matches_itself_alone(name: str) -> None:
    found = causes(f"~service:{name}@cmp1", f"config:{name}@cmp1", "config:nova-compute@cmp1", f"~image:{name}")
    by_part = {str(each.first.part): each for each in found}
    assert f"config:{name.removesuffix('.service')}@cmp1" in by_part
    assert "config:nova-compute@cmp1" in by_part
    assert len(by_part["config:nova-compute@cmp1"].all()) == 1


def test_nothing_leans_on_itself_and_every_kind_is_known() -> None:
    parts = parts_of(snapshot(), load_catalog())
    leaning = Leaning(parts, ())
    for part in parts.all:
        assert part not in leaning.beneath(part, through_asking=True)
        assert set(leaning.beneath(part, through_asking=False)) <= set(leaning.beneath(part, through_asking=True))
    assert set(known().kinds) | {"schema", "rows"} == set(KINDS)


def test_a_part_goes_by_one_name() -> None:
    parts = parts_of(snapshot(), load_catalog())
    for name in ("nova", "nova-api", "compute"):
        assert parts.settled(Component("api", name)) == Component("api", "nova-api")
    assert parts.settled(Component("service", "mysqld.service", "ctl1")) == Component("service", "mariadb", "ctl1")
    assert parts.settled(Component("backend", "strange", "ctl1")) == Component("backend", "strange", "ctl1")


def test_a_circle_of_reasons_still_has_a_cause() -> None:
    said = [
        "-~mariadb:@ctl1",
        "-~mariadb:@ctl2",
        "~mariadb:@ctl3",
        "-~database:",
        "~service:nova-api@ctl1",
        "~api:nova-api",
    ]
    [cause] = causes(*said)
    assert tree(cause) == {"mariadb:@ctl3": sorted({text.lstrip("~-") for text in said} - {"mariadb:@ctl3"})}
