"""`end-commands`: what still runs from an environment on a host whose services are stopped is ended: a schema command
that a killed run left behind would go on wherever the virtual address leads."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.deployment.paths import ENVIRONMENTS_DIR
from ostler.steps.effects import Effect, Run
from ostler.steps.model import Kind, Remembered, Step
from ostler.steps.scripts import script_words


class EndCommands(Kind):
    """No parameters. All services of the host must be stopped before."""

    name = "end-commands"

    def title(self, step: Step) -> str:
        return f"end whatever still runs from an environment on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        argv = script_words("end_commands", ENVIRONMENTS_DIR)
        return (Run(str(step.host), Command(argv, timeout_s=120)),)
