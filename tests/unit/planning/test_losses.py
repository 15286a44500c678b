"""What a restore of the databases would lose, told from the inventory and from what is there now."""

from __future__ import annotations

from typing import Any

import pytest

from ostler.errors import Finding
from ostler.execution.probe.naming import OBJECT_PREFIX
from ostler.execution.proofs.inventory import KEPT
from ostler.execution.proofs.model import PROOF_PREFIX
from ostler.facts.registry import FACTS
from ostler.planning.rollback.losses import HOLLOW, KINDS, OURS, added, losses

NOTHING: dict[str, Any] = {kind: {} for kind, _ in KINDS}


def lost(fact: str, **item: Any) -> list[str]:
    now = {each: {} for _, each in KINDS} | {fact: {"id-1": item}}
    return [finding.subject for finding in losses(now.__getitem__, NOTHING)]


@pytest.mark.parametrize(
    ("fact", "subject"),
    [
        ("api.users", "user it"),
        ("api.projects", "project it"),
        ("api.ports", "port it"),
        ("api.subnets", "subnet it"),
        ("api.security_groups", "security group it"),
        ("api.volume_snapshots", "snapshot it"),
        ("api.flavors", "flavor it"),
        ("api.servers", "server it"),
        ("api.routers", "router it"),
        ("api.floating_ips", "floating IP it"),
        ("api.volume_types", "volume type it"),
        ("api.volume_backups", "backup it"),
        ("api.server_groups", "server group it"),
    ],
)
def test_what_was_created_since_is_named_by_its_kind(fact: str, subject: str) -> None:
    assert lost(fact, name="it", owner=None) == [subject]


def test_what_nobody_made_on_purpose_and_what_ostler_makes_is_not_told() -> None:
    assert lost("api.ports", name="", owner="compute:nova") == []
    assert lost("api.ports", name="", owner=None) == ["port id-1"]
    assert lost("api.ports", name="mine", owner="compute:nova") == ["port mine"]
    assert lost("api.security_groups", name="default", owner=None) == []
    assert lost("api.users", name="default", owner=None) == ["user default"]
    assert lost("api.volume_types", name="__DEFAULT__", owner=None) == []
    assert lost("api.servers", name=f"{OBJECT_PREFIX}x") == lost("api.servers", name=f"{PROOF_PREFIX}x") == []
    assert set(OURS) == {OBJECT_PREFIX, PROOF_PREFIX}


def back(kind: str, **item: Any) -> dict[str, str]:
    """What is told of one thing that was there and is gone."""
    return {finding.subject: finding.summary for finding in losses(lambda _: {}, NOTHING | {kind: {"id-1": item}})}


def test_what_was_deleted_since_comes_back_and_as_a_record_of_nothing_where_a_database_is_not_all_of_it() -> None:
    told = back("servers", name="web")
    assert list(told) == ["server web"]
    assert "deleted since the run began" in told["server web"]
    assert "a record of nothing, the guest is not on its host any more" in told["server web"]
    assert "a record of nothing" not in back("users", name="anna", owner=None)["user anna"]
    assert set(HOLLOW) <= {kind for kind, _ in KINDS} | {"attachments"}


def test_of_what_was_deleted_only_what_somebody_made_on_purpose_is_told() -> None:
    assert back("ports", name="", owner="compute:nova") == {}
    assert list(back("ports", name="", owner=None)) == ["port id-1"]
    assert back("volumes", name=f"{PROOF_PREFIX}x", attachments=[]) == {}


def attached(before: list[str], now: list[str], volume: str = "data") -> list[tuple[str, str, str]]:
    servers = {"s-1": {"name": "web"}, "s-2": {"name": f"{PROOF_PREFIX}x"}}
    read: dict[str, Any] = {fact: {} for _, fact in KINDS}
    read |= {"api.volumes": {"v": {"name": volume, "attachments": now}}, "api.servers": servers}
    inventory = NOTHING | {"volumes": {"v": {"name": volume, "attachments": before}}, "servers": servers}
    return [(each.code, each.subject, each.found) for each in losses(read.__getitem__, inventory)]


def test_volumes_that_were_attached_or_detached_since_are_told() -> None:
    assert attached([], ["s-1"]) == [("rollback.will-be-lost", "attachment of data to web", "v to s-1")]
    assert attached(["s-1"], []) == [("rollback.comes-back", "attachment of data to web", "v to s-1")]
    assert attached(["s-3"], ["s-1"], volume="") == [
        ("rollback.will-be-lost", "attachment of v to web", "v to s-1"),
        ("rollback.comes-back", "attachment of v to s-3", "v to s-3"),
    ]
    assert attached(["s-1"], ["s-1"]) == attached([], ["s-2"]) == []


def moved(was: str | None, is_on: str | None) -> tuple[Finding, ...]:
    read = {fact: {} for _, fact in KINDS} | {"api.servers": {"id-1": {"name": "web", "host": is_on}}}
    return losses(read.__getitem__, NOTHING | {"servers": {"id-1": {"name": "web", "host": was}}})


def test_a_server_that_moved_since_is_told_with_both_hosts() -> None:
    (told,) = moved("cmp1", "cmp2")
    assert (told.code, told.subject) == ("rollback.moved-since", "server web")
    assert "its guest is on cmp2, the restored record will say cmp1" in told.summary
    assert moved("cmp1", "cmp1") == moved("cmp1", None) == moved(None, "cmp1") == ()


def test_what_comes_back_as_it_was_needs_no_new_yes() -> None:
    gone = losses(lambda _: {}, NOTHING | {"servers": {"id-1": {"name": "web"}}})
    assert [finding.code for finding in gone] == ["rollback.comes-back"]
    assert added(gone, ()) == ()


def test_a_server_that_moved_meanwhile_needs_a_new_yes() -> None:
    """Its restored record would name a host that it is not on: started there, it would run twice."""
    found = moved("cmp1", "cmp2")
    assert added(found, ()) == found
    assert added(found, found) == ()


def test_a_kind_that_was_not_written_down_is_not_known_rather_than_lost() -> None:
    inventory = {kind: {} for kind, _ in KINDS if kind != "users"}
    (told,) = losses(lambda fact: {"id-1": {"name": "it"}} if fact == "api.users" else {}, inventory)
    assert (told.code, told.subject) == ("rollback.loss-not-known", "users")
    assert "were not written down" in told.summary


def test_what_was_told_before_or_is_there_no_more_is_not_added() -> None:
    def now(*keys: str) -> Any:
        return losses(lambda fact: {key: {"name": "same"} for key in keys} if fact == "api.users" else {}, NOTHING)

    assert [finding.found for finding in added(now("b", "c"), now("a", "b"))] == ["c"]
    assert added((), now("a")) == ()


def test_every_kind_has_a_fact_and_what_is_proved_untouched_is_among_them() -> None:
    assert all(fact in FACTS for _, fact in KINDS)
    assert set(KEPT) <= {kind for kind, _ in KINDS}
