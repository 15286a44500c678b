"""The same proofs as after an upgrade, against the old release; and the recorded bytes, compared."""

from __future__ import annotations

from ostler.facts.files import files_wanted
from ostler.planning.model import Stage
from ostler.planning.proving import PROOFS, proof_step, prove_stage
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

AFTER_A_RESTORE = (("probe-remains", "what the probe had made when the dump was taken is deleted again"),)


def prove_back(scene: Scene, history: RunHistory, databases: str) -> Stage:
    """`schema` is proved only when the databases were restored: otherwise they stay expanded."""
    is_restored = databases == "restore"
    names = [*(AFTER_A_RESTORE if is_restored else ()), *(p for p in PROOFS if p[0] != "schema" or is_restored)]
    steps = [_bytes(scene, history, host) for host in scene.cloud.hosts if history.files.get(host)]
    steps += [
        proof_step(
            scene.first,
            name,
            scene.source,
            says,
            why="back means seen on the running cloud",
            proof=_proof(name, history, databases),
        )
        for name, says in names
    ]
    return prove_stage(scene.first, f"Prove that the cloud is on {scene.source} again", steps)


def _proof(name: str, history: RunHistory, databases: str) -> str:
    """With the databases restored, what was there when the run began must be there; else what is there now."""
    return f"inventory-of:{history.run_id}" if name == "inventory" and databases == "restore" else name


def _bytes(scene: Scene, history: RunHistory, host: str) -> Step:
    recorded = {path: file for path, file in history.files[host].items() if file is not None}
    request = files_wanted(host, sorted(recorded))
    return Step(
        id=f"prove/{scene.first}/bytes-of-{host}",
        kind="expect",
        host=host,
        why="configuration and units must be exactly what they were",
        undo="nothing is changed",
        estimate_s=1,
        params={
            "says": f"the {len(recorded)} recorded files of {host} have their bytes from before the run",
            "facts": [
                {
                    "fact": request.fact,
                    "host": host,
                    "params": dict(request.params),
                    "path": [path, "sha256"],
                    "operation": "equals",
                    "value": file.sha256,
                    "says": f"{path} on {host} is {file.sha256[:12]}",
                }
                for path, file in sorted(recorded.items())
            ],
        },
    )
