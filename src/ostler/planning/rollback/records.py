"""Data edits that old code needs when the databases stay as the new code left them."""

from __future__ import annotations

from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

_KINDS = {"set_version": "service-version", "replace_object_version": "object-version"}


def edit_records(scene: Scene, stage: str, why: str) -> Stage | None:
    """None when code of the source release reads everything the target's code wrote."""
    edits = scene.catalog.nova.edits_for_return(scene.target, scene.source)
    if not edits or scene.cloud.databases is None:
        return None
    host = scene.cloud.databases.hosts[0]
    steps = tuple(
        Step(
            id=f"{stage}/{host}/{index:02}-{_KINDS[edit.kind]}-{(edit.object_name or 'services').lower()}",
            kind="edit-records",
            host=host,
            why=edit.why,
            undo=f"the same edit from {edit.new} to {edit.old}",
            estimate_s=2,
            params={
                "edit": _KINDS[edit.kind],
                "from": edit.old,
                "to": edit.new,
                "object": edit.object_name or "-",
                "says": _says(edit.object_name, edit.old, edit.new),
            },
        )
        for index, edit in enumerate(edits)
    )
    return Stage(
        name=stage,
        title="Make nova's records readable for the old code",
        why=why,
        undo="each edit can be turned round",
        lanes=(Lane(host, steps),),
    )


def _says(object_name: str | None, old: str, new: str) -> str:
    if object_name is None:
        return f"nova's service records say version {new} instead of {old}"
    return f"stored request specs say {object_name} {new} instead of {old}"
