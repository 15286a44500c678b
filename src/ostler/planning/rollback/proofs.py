"""The same proofs as after an upgrade, against the old release; and the recorded bytes, compared."""

from __future__ import annotations

from ostler.planning.model import Stage
from ostler.planning.proving import PROOFS, proof_step, prove_stage
from ostler.planning.rollback.history import RunHistory
from ostler.planning.rollback.restore import schemas_unlike_release
from ostler.planning.upgrade.request import Scene

AFTER_A_RESTORE = (("probe-remains", "what the probe had made when the dump was taken is deleted again"),)

BYTES = (("bytes", "configuration and units have the bytes from before the run, with a checksum for each host"),)


def prove_back(scene: Scene, history: RunHistory, databases: str) -> Stage:
    """`schema` is proved only when the databases were restored to what the release makes: otherwise they stay
    expanded."""
    is_restored = databases == "restore"
    is_as_released = is_restored and not schemas_unlike_release(scene, history)
    before = (*(BYTES if any(history.files.values()) else ()), *(AFTER_A_RESTORE if is_restored else ()))
    names = [*before, *(p for p in PROOFS if p[0] != "schema" or is_as_released)]
    steps = [
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
    """With the databases restored, or APIs that nobody can ask now, what was there when the run began must be there;
    else what is there now."""
    is_of_run = databases == "restore" or bool(history.held) or history.plan.takes_apis_away
    return f"inventory-of:{history.run_id}" if name == "inventory" and is_of_run else name
