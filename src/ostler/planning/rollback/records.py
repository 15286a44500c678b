"""Data edits that old code needs when the databases stay as the new code left them, and the way back of such edits."""

from __future__ import annotations

from collections.abc import Collection

from ostler.catalog.nova import DataEdit
from ostler.cloud.model import Cloud
from ostler.errors import InputError, Refused
from ostler.facts.model import Snapshot
from ostler.planning.model import Lane, Plan, Stage
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step
from ostler.steps.records_edit import CELLS, OBJECT_VERSION, SERVICE_VERSION

_KINDS = {"set_version": SERVICE_VERSION, "replace_object_version": OBJECT_VERSION}

UNDO_EDITS = "undo-edits"
"""The operation of a plan that gives edited rows back."""


def edit_records(
    scene: Scene, history: RunHistory, stage: str, why: str, kinds: Collection[str] = tuple(_KINDS)
) -> Stage | None:
    """The edits of these kinds. None when code of the source release reads everything the target's code wrote."""
    edits = [e for e in scene.catalog.nova.edits_for_return(scene.target, scene.source) if e.kind in kinds]
    if not edits or scene.cloud.databases is None:
        return None
    host = scene.cloud.databases.hosts[0]
    folder = f"{history.plan.request['dump_folder']}/edits/{int(scene.snapshot.taken_at)}"
    steps = tuple(_edit(host, stage, index, edit, folder) for index, edit in enumerate(edits))
    return Stage(
        name=stage,
        title="Make nova's records readable for the old code",
        why=why,
        undo="the rows are kept as they are before each edit; `ostler rollback` of this way back gives them back",
        lanes=(Lane(host, steps),),
    )


def _edit(host: str, stage: str, index: int, edit: DataEdit, folder: str) -> Step:
    name = f"{index:02}-{_KINDS[edit.kind]}-{(edit.object_name or 'services').lower()}"
    kept = f"{folder}/{stage}-{name}"
    return Step(
        id=f"{stage}/{host}/{name}",
        kind="edit-records",
        host=host,
        why=edit.why,
        undo=f"the rows that are changed are kept in {kept}.* on {host}, and given back from there",
        estimate_s=2,
        params={
            "edit": _KINDS[edit.kind],
            # Records of services are in the cell's database and, where somebody put one there, in cell0's.
            "databases": list(CELLS) if edit.kind == "set_version" else [edit.database],
            "table": edit.table,
            "column": edit.column,
            "from": edit.old,
            "to": edit.new,
            "object": edit.object_name or "-",
            "kept": kept,
            "says": _says(edit, edit.old, edit.new),
        },
    )


def _says(edit: DataEdit, old: str, new: str) -> str:
    if edit.object_name is None:
        return f"nova's service records say version {new} instead of {old}"
    return f"{edit.object_name} in {edit.database}.{edit.table} says {new} instead of {old}"


def undo_edits(cloud: Cloud, snapshot: Snapshot, history: RunHistory) -> Plan:
    """Plan to give the rows back that a way back edited: for an operator who stays with the new code after all.

    Raises InputError for a way back that edited none, Refused for one that came to its end: old code runs on them.
    """
    edited = [step for _, _, step in history.plan.steps() if step.kind == "edit-records" and step.id in history.touched]
    if not edited:
        raise InputError(
            "rollback.nothing-edited",
            f"run {history.run_id} edited no records: there is nothing to give back",
            do_next="see its runs: ostler runs; an upgrade is made by a plan of its own",
        )
    host, old = str(edited[0].host), str(history.plan.request.get("target"))
    if history.state == "done":
        raise Refused(
            "rollback.records-in-use",
            f"run {history.run_id} took the cloud back: code of {old} runs, and needs the records as it edited them",
            do_next="upgrade again: ostler upgrade",
        )
    steps = tuple(_restore(step, history) for step in reversed(edited))
    stage = Stage(
        name="records-back",
        title="Give the edited rows back",
        why=f"run {history.run_id} edited them for code of {old}",
        undo="take the upgrade back again: its plan edits them anew",
        lanes=(Lane(host, steps),),
        gate=(
            f"Code of {old} does not start with these records: go on only when no service of nova runs it, or is to. "
            "Rows that were written since they were edited are left as they are. Go on?"
        ),
    )
    return Plan(
        operation=UNDO_EDITS,
        title=f"Give back what run {history.run_id} edited in the databases of {cloud.name}",
        cloud=cloud.name,
        cloud_digest=cloud.digest(),
        created_at=snapshot.taken_at,
        snapshot_digest=snapshot.digest,
        request={"run": history.run_id, "history": history.standing()},
        stages=(stage,),
    ).sealed()


def _restore(edit: Step, history: RunHistory) -> Step:
    stage, _, name = edit.id.partition("/")
    return Step(
        id=f"records-back/{edit.host}/{stage}-{name.rpartition('/')[2]}",
        kind="restore-records",
        host=edit.host,
        why="the rows get exactly the values they had before that edit",
        undo="none needed: the edit can be made again",
        estimate_s=2,
        params={**edit.params, "says": f"give back what {edit.id} of run {history.run_id} changed"},
    )
