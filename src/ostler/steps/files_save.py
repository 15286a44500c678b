"""`save-files`: configuration and unit files of a host are kept in the run's vault, with owner, mode and sha256.

Which environment each of its services runs from is put on record with them.
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import FactRequest, wanted
from ostler.steps.effects import Effect, Save
from ostler.steps.model import Kind, Remembered, Step, param

SHOWN = 6


class SaveFiles(Kind):
    """Parameters: `paths` (files or folders)."""

    name = "save-files"

    def title(self, step: Step) -> str:
        paths = param(step, "paths")
        shown = ", ".join(paths) if len(paths) <= SHOWN else f"{', '.join(paths[:SHOWN])} and {len(paths) - SHOWN} more"
        return f"keep {shown} of {step.host} as they are now"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (wanted("host.environments", step.host),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Save(str(step.host), tuple(param(step, "paths"))),)
