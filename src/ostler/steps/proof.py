"""`prove`: one named proof against the running cloud; its result is recorded, and a failed one fails the step."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.steps.effects import Effect, Prove
from ostler.steps.model import Kind, Remembered, Step, param


class ProveStep(Kind):
    """Parameters: `proof` (its name), `release` (that must be seen running), `says` (what it proves, in words)."""

    name = "prove"

    def title(self, step: Step) -> str:
        return f"prove: {param(step, 'says')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Prove(param(step, "proof"), param(step, "release")),)
