"""What a way back keeps, proves and refuses, on a simulated cloud."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsing import Rehearsal, rehearsal

from ostler.execution.records import RunState
from ostler.facts.model import wanted


def records(cloud: Rehearsal) -> dict[str, object]:
    """What the databases hold of versions that old code minds."""
    snapshot = cloud.snapshot([wanted("nova.services"), wanted("nova.object_versions")])
    services = {name: record["version"] for name, record in snapshot.known("nova.services").items()}
    return {"services": services, "objects": snapshot.known("nova.object_versions")}


def test_rows_edited_on_the_way_back_are_kept_on_the_database_host_and_given_back_exactly(folder: Path) -> None:
    cloud = rehearsal(folder)
    waiting = cloud.apply(cloud.plan(), approve=())
    with cloud.simulation.simulated.world() as world:
        world.state.databases.objects["ImageMetaProps"] = {"1.39": 3, "1.37": 4}
    upgraded = records(cloud)
    # No service of nova goes back: the edits are made, and no service writes a version of its own.
    cloud.simulation.simulated.fail_command("systemctl stop nova")
    stopped = cloud.apply(cloud.plan_back(waiting.run))
    assert stopped.state is RunState.FAILED
    assert records(cloud) != upgraded
    with cloud.simulation.simulated.world() as world:
        kept = {path: entry for path, entry in world.state.hosts["ctl1"].files.items() if "/edits/" in path}
        assert {entry.mode for path, entry in kept.items() if entry.kind == "file"} == {0o600}
        rows = [len(json.loads(entry.content)) for entry in kept.values() if entry.kind == "file"]
    assert 3 in rows
    given_back = cloud.apply(cloud.plan_back(stopped.run))
    assert given_back.state is RunState.DONE
    assert records(cloud) == upgraded
