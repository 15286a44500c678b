"""`judge-target`: the target release's own code checks the live cloud, before anything is changed."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Effect, Judge
from ostler.steps.model import Kind, Remembered, Step, param

JUDGE_TIMEOUT_S = 900.0


class JudgeTarget(Kind):
    """Parameters: `project`, `release` (the target), `environment`, `argv`, `user`."""

    name = "judge-target"

    def title(self, step: Step) -> str:
        return f"{param(step, 'argv')[0]} upgrade check with the code of {param(step, 'release')}, on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        program, *arguments = param(step, "argv")
        command = Command(
            (f"{param(step, 'environment')}/bin/{program}", *arguments),
            timeout_s=JUDGE_TIMEOUT_S,
            user=param(step, "user"),
            is_read_only=True,
        )
        return (Judge(str(step.host), param(step, "project"), param(step, "release"), command),)
