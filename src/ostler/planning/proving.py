"""The last stage of every plan, upgrade or way back: the running cloud is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.planning.model import Lane, Stage
from ostler.steps.model import Step

PROOFS = (
    ("processes", "every process of every service runs the release's code"),
    ("schema", "every database is at the release's revisions"),
    ("apis", "every API answers, on each controller and through the load balancer"),
    ("functional", "users, images, networks, volumes and servers can be made, used, moved and deleted"),
    ("inventory", "every server, volume, image and network from before is there, untouched"),
    ("logs", "nothing critical stands in the logs, and every new error is listed"),
    ("availability", "what each service's availability was, on each controller and for users"),
)
"""What is proved at the end, by the proof's name, and what it says in words."""


def proof_step(host: str, name: str, release: str, says: str, *, why: str, proof: str = "") -> Step:
    """One proof that the cloud is at `release`; `proof` is what is carried out where that is not `name` itself."""
    return Step(
        id=f"prove/{host}/{name}",
        kind="prove",
        host=host,
        why=why,
        undo="what the proof makes, it deletes",
        estimate_s=40 if name == "functional" else 4,
        params={"proof": proof or name, "release": release, "says": says},
    )


def prove_stage(host: str, title: str, steps: Sequence[Step]) -> Stage:
    """The proofs one after another, seen from one host."""
    return Stage(
        name="prove",
        title=title,
        why="an exit code proves nothing: the running system is looked at",
        undo="nothing to undo",
        lanes=(Lane(host, tuple(steps)),),
    )
