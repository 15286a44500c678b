"""`restart-service`: services of one host are stopped and started, so that they forget what they cached (RPC pins,
minimum service versions). Restarted, not reloaded: SIGHUP has left nova services unusable (LP#1715374)."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation, look_up
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.running import is_running_from, logs_of

RESTART_TIMEOUT_S = 300.0


class RestartService(Kind):
    """Parameters: as `start-service`."""

    name = "restart-service"

    def title(self, step: Step) -> str:
        return f"restart {', '.join(param(step, 'units'))} on {step.host}"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (wanted("host.units", step.host),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        units = [f"{unit}.service" for unit in param(step, "units")]
        command = Command(("systemctl", "restart", *units), timeout_s=RESTART_TIMEOUT_S)
        return (Run(str(step.host), command),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        request = wanted("host.units", step.host)
        before = remembered.get(request, {})
        anew = tuple(
            Until(
                Expectation(
                    request,
                    (unit, "invocation"),
                    "differs",
                    look_up(before, (unit, "invocation")),
                    f"{unit} was started anew on {step.host}",
                ),
                timeout_s=30,
            )
            for unit in param(step, "units")
        )
        return anew + is_running_from(step, RESTART_TIMEOUT_S)

    def logs(self, step: Step) -> tuple[str, ...]:
        return logs_of(step)
