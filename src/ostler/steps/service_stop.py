"""`stop-service`: services of one host are stopped gracefully (requests and builds under way end)."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param

STOP_TIMEOUT_S = 240.0
NOT_LOADED = 5
"""systemctl's exit code when a unit does not exist on the host; it stops the others all the same."""


class StopService(Kind):
    """Parameters: `units` (names without .service); `only_while` ({host, unit}; of stops that are a loan): they may be
    started again early while that unit, which has their code, still runs."""

    name = "stop-service"

    def title(self, step: Step) -> str:
        return f"stop {', '.join(param(step, 'units'))} on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        units = [f"{unit}.service" for unit in param(step, "units")]
        stop = Command(("systemctl", "stop", *units), timeout_s=STOP_TIMEOUT_S)
        return (Run(str(step.host), stop, accept={0: "stopped", NOT_LOADED: "stopped, those that are there"}),)

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        if "only_while" not in step.params:
            return ()
        host, unit = (str(param(step, "only_while")[name]) for name in ("host", "unit"))
        serves = Expectation(
            wanted("host.units", host), (unit, "active"), "equals", "active", f"{unit} still runs on {host}"
        )
        beside = "they stay stopped: code that they must not run beside may run already"
        start = Command(("systemctl", "start", *(f"{each}.service" for each in param(step, "units"))), timeout_s=120)
        return (Until(serves, timeout_s=5, on_timeout=beside), Run(str(step.host), start))

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("host.units", step.host),
                    (unit, "active"),
                    "absent_or_one_of",
                    ["inactive", "failed"],
                    f"{unit} is stopped on {step.host}",
                ),
                timeout_s=10,
            )
            for unit in param(step, "units")
        )
