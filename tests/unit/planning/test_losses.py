"""What a restore of the databases would lose, told from the inventory and from what is there now."""

from __future__ import annotations

from typing import Any

import pytest

from ostler.execution.probe.naming import OBJECT_PREFIX
from ostler.execution.proofs.inventory import KEPT
from ostler.execution.proofs.model import PROOF_PREFIX
from ostler.facts.registry import FACTS
from ostler.planning.rollback.losses import KINDS, OURS, added, losses

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
    assert lost("api.servers", name=f"{OBJECT_PREFIX}x") == lost("api.servers", name=f"{PROOF_PREFIX}x") == []
    assert set(OURS) == {OBJECT_PREFIX, PROOF_PREFIX}


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
