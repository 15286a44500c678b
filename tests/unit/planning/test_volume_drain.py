"""How a plan drains cinder-volume before it restarts it, and where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.golden.recorded import sources

from ostler.facts.model import wanted
from ostler.planning.model import Plan
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
SERVICES = wanted("api.volume_services")
UP = {"state": "up", "status": "enabled", "disabled_reason": None, "updated_at": "2026-11-20T12:10:15"}
DISABLED = {**UP, "status": "disabled", "disabled_reason": "a broken disk"}


def plan(services: dict[str, Any], **asked: Any) -> Plan:
    values = {**RECORDED.snapshot.values, SERVICES: services}
    snapshot = replace(RECORDED.snapshot, values=values)
    return plan_upgrade(replace(RECORDED, snapshot=snapshot), UpgradeRequest(target="2025.1", **asked))


def around(made: Plan, host: str) -> list[tuple[str, Any]]:
    """The steps of cinder-volume's lane on a host: the last word of the id, and the backends."""
    steps = [step for _, _, step in made.steps() if step.id.startswith(f"roll-cinder-volume/{host}/")]
    return [(step.id.rpartition("/")[2], step.params.get("backends")) for step in steps]


PLAIN = [("20-stop", None), ("30-switch", None), ("80-start", [])]


def test_enabled_backends_are_lent_and_only_what_is_under_way_is_waited_for_on_others() -> None:
    made = plan(
        {
            "cinder-volume@ctl1@a": UP,
            "cinder-volume@ctl1@b": DISABLED,
            "cinder-volume@ctl2.example.org@a": UP,
            "cinder-volume@ctl3@a": DISABLED,
            "cinder-scheduler@ctl1": UP,
        }
    )
    assert around(made, "ctl1") == [
        ("00-disable", ["ctl1@a"]),
        ("05-wait-for-idle", ["ctl1@a", "ctl1@b"]),
        *PLAIN,
        ("95-enable", ["ctl1@a"]),
    ]
    assert around(made, "ctl2")[0] == ("00-disable", ["ctl2.example.org@a"])
    assert around(made, "ctl3") == [("05-wait-for-idle", ["ctl3@a"]), *PLAIN]
    lent = next(step for _, _, step in made.steps() if step.id == "roll-cinder-volume/ctl1/00-disable")
    back = next(step for _, _, step in made.steps() if step.id == "roll-cinder-volume/ctl1/95-enable")
    assert lent.lends == back.returns
    assert lent.params["reason"] == "ostler upgrade"
    assert not [note for note in made.notes if "cinder-volume" in note]


def test_the_last_backend_is_not_disabled_and_the_plan_says_so() -> None:
    made = plan({"cinder-volume@ctl1@a": UP, "cinder-volume@ctl2@a": {**UP, "state": "down"}})
    assert around(made, "ctl1") == PLAIN
    assert around(made, "ctl2")[0] == ("00-disable", ["ctl2@a"])
    reason = " restarts without being drained, since "
    assert [note.split(":")[0].partition(reason)[::2] for note in made.notes if reason in note] == [
        ("cinder-volume on ctl1", "no other host has a backend that is enabled and up"),
        ("cinder-volume on ctl3", "cinder's service list has no backend under its name"),
    ]


def test_where_all_stop_at_once_nothing_is_drained_and_the_plan_says_so() -> None:
    made = plan({f"cinder-volume@ctl{n}@a": UP for n in (1, 2, 3)}, no_overlap=("cinder",))
    drained = [step.id for _, _, step in made.steps() if step.kind.endswith("volume-backends")]
    assert all(step.startswith("unpin-cinder-volume/") for step in drained), "when all is new it is one at a time again"
    assert len([note for note in made.notes if "all of them stop at once" in note]) == 3


def test_where_the_api_cannot_enable_again_the_flag_is_cleared_in_the_database_and_the_plan_says_so() -> None:
    volumes = {f"cinder-volume@ctl{n}@a": UP for n in (1, 2, 3)}
    cloud = replace(RECORDED.cloud, release="2025.1")
    snapshot = replace(RECORDED.snapshot, values={**RECORDED.snapshot.values, SERVICES: volumes}, cloud=cloud)
    made = plan_upgrade(replace(RECORDED, cloud=cloud, snapshot=snapshot), UpgradeRequest(target="2026.1"))
    steps = [step for _, _, step in made.steps() if step.kind in ("disable-volume-backends", "enable-volume-backends")]
    assert len(steps) == 12
    told = {tuple(step.params[name] for name in ("database", "database_host", "reason")) for step in steps}
    assert told == {("cinder", "ctl1", "ostler upgrade")}
    (note,) = [note for note in made.notes if "cannot enable" in note]
    assert note.startswith("cinder's API of 2026.1 ")


def test_at_the_end_no_backend_that_was_enabled_is_left_disabled_by_the_run() -> None:
    made = plan({"cinder-volume@ctl1@a": UP, "cinder-volume@ctl2@a": DISABLED})
    (step,) = [step for _, _, step in made.steps() if step.id == "finish/ctl1/nothing-left-out"]
    seen = [fact["path"] for fact in step.params["facts"] if fact["fact"] == "api.volume_services"]
    assert seen == [["cinder-volume@ctl1@a"]]


def test_cinder_forgets_old_versions_when_all_is_new_the_volumes_drained_and_the_api_last() -> None:
    made = plan({f"cinder-volume@ctl{n}@a": UP for n in (1, 2, 3)})
    names = [stage.name for stage in made.stages]
    unpinned = [name for name in names if name.startswith("unpin-cinder")]
    assert unpinned == ["unpin-cinder-scheduler", "unpin-cinder-volume", "unpin-cinder-api"]
    assert names.index(unpinned[0]) > max(n for n, name in enumerate(names) if name.startswith("roll-"))
    for name, around_it in (
        ("unpin-cinder-scheduler", ["50-restart"]),
        ("unpin-cinder-volume", ["00-disable", "05-wait-for-idle", "50-restart", "95-enable"]),
        ("unpin-cinder-api", ["10-out-of-balancer", "50-restart", "90-into-balancer"]),
    ):
        (stage,) = [stage for stage in made.stages if stage.name == name]
        lanes = [[step.id.rpartition("/")[2] for step in lane.steps] for lane in stage.lanes]
        assert lanes == [around_it] * 3
        assert stage.in_flight == 1
