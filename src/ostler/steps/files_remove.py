"""`remove-files`: files that served their purpose go, on whichever hosts they are."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.steps.effects import Effect, Remove
from ostler.steps.model import Kind, Remembered, Step, param


class RemoveFiles(Kind):
    """Parameters: `hosts`, `path` (the same on each)."""

    name = "remove-files"

    def title(self, step: Step) -> str:
        return f"remove {param(step, 'path')} on {' and '.join(param(step, 'hosts'))}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(Remove(host, param(step, "path")) for host in param(step, "hosts"))
