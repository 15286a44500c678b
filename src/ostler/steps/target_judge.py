"""`judge-target`: the target release's own code checks the live cloud, before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Effect, Judge
from ostler.steps.model import Kind, Remembered, Step, param

JUDGE_TIMEOUT_S = 900.0


class JudgeTarget(Kind):
    """Parameters: `release` (the target); `checks`, a list of {project, environment, argv, user}."""

    name = "judge-target"

    def title(self, step: Step) -> str:
        programs = ", ".join(check["argv"][0] for check in param(step, "checks"))
        return f"let the code of {param(step, 'release')} check the cloud, on {step.host}: {programs}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        checks = tuple((check["project"], _command(check)) for check in param(step, "checks"))
        return (Judge(str(step.host), param(step, "release"), checks),)


def _command(check: Mapping[str, Any]) -> Command:
    program, *arguments = check["argv"]
    return Command(
        (f"{check['environment']}/bin/{program}", *arguments),
        timeout_s=JUDGE_TIMEOUT_S,
        user=check["user"],
        is_read_only=True,
    )
