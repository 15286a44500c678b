"""The data edits of a way back: which columns, where the rows are kept, and how they are given back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.recorded import sources

from ostler.errors import InputError, Refused
from ostler.planning.rollback.history import RunHistory
from ostler.planning.rollback.plan import plan_rollback
from ostler.planning.rollback.records import edit_records
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import Scene, UpgradeRequest
from ostler.steps.registry import KINDS

RECORDED = sources("practice-3-2", "2025.1")
PLAN = plan_upgrade(RECORDED, UpgradeRequest(target="2025.1", accepted_by="the test"))
FOLDER = PLAN.request["dump_folder"]
UPGRADE = RunHistory("an-upgrade", PLAN, frozenset({"roll-nova-conductor/ctl1/30-switch"}), frozenset())
BACK = plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, UPGRADE)
EDITS = [step for _, _, step in BACK.steps() if step.kind == "edit-records"]


def test_each_edit_is_of_the_column_that_the_catalog_names() -> None:
    hop = RECORDED.catalog.hop("2023.1", "2024.1")
    scene = Scene(RECORDED.catalog, hop, RECORDED.cloud, RECORDED.snapshot, UpgradeRequest(target="2024.1"))
    stage = edit_records(scene, UPGRADE, "records", "because")
    assert stage is not None
    places = {
        (str(s.params["object"]), *s.params["databases"], s.params["table"], s.params["column"])
        for s in stage.lanes[0].steps
    }
    assert ("Instance", "nova_api", "build_requests", "instance") in places
    assert ("-", "nova_cell0", "nova", "services", "version") in places


def test_the_rows_of_each_edit_are_kept_beside_the_dump_in_a_place_of_their_own() -> None:
    kept = [str(step.params["kept"]) for step in EDITS]
    assert len(kept) == len(set(kept)) == 4
    assert all(
        path.startswith(f"{FOLDER}/edits/") and path in step.undo for path, step in zip(kept, EDITS, strict=True)
    )


def test_an_edit_of_a_column_that_the_catalog_does_not_know_is_not_carried_out() -> None:
    step = replace(EDITS[1], params={**EDITS[1].params, "table": "instance_extra"})
    with pytest.raises(InputError) as wrong:
        KINDS["edit-records"].effects(step, RECORDED.cloud, {})
    assert wrong.value.code == "steps.no-such-records"


def test_a_way_back_is_taken_back_by_giving_back_the_rows_it_edited_the_last_first() -> None:
    history = RunHistory("a-way-back", BACK, frozenset({EDITS[0].id, EDITS[1].id}), frozenset())
    undo = plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, history)
    steps = [step for _, _, step in undo.steps()]
    assert [(s.kind, s.params["kept"]) for s in steps] == [
        ("restore-records", EDITS[1].params["kept"]),
        ("restore-records", EDITS[0].params["kept"]),
    ]
    assert (undo.operation, undo.stages[0].gate is None) == ("undo-edits", False)
    with pytest.raises(Refused) as in_use:
        plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, replace(history, state="done"))
    assert in_use.value.code == "rollback.records-in-use"
    with pytest.raises(InputError) as nothing:
        plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, replace(history, touched=frozenset()))
    assert nothing.value.code == "rollback.nothing-edited"
