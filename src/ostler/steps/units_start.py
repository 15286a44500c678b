"""`start-units` and `retire-units`: what a control plane stands on (databases, messages, caches, the virtual address)
starts on a host, or stops there and does not start with the host any more."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.running import is_active
from ostler.steps.scripts import script_words
from ostler.steps.service_stop import NOT_LOADED

DATABASE = "mariadb"
TIMEOUT_S = 330.0


class StartUnits(Kind):
    """Parameters: `units` (without .service, started in this order); `begins_cluster` (true for the node of a Galera
    cluster that stopped last: it starts the cluster where none runs)."""

    name = "start-units"

    def title(self, step: Step) -> str:
        return f"start {', '.join(param(step, 'units'))} on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, units = str(step.host), param(step, "units")
        enable = Command(("systemctl", "enable", "--quiet", *(f"{unit}.service" for unit in units)), timeout_s=60)
        begins = step.params.get("begins_cluster")
        return (
            Run(host, enable),
            *(
                Run(host, _cluster() if begins and unit == DATABASE else _start(unit), accept={0: "started"})
                for unit in units
            ),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        request = wanted("host.units", step.host)
        at_boot = (
            Until(
                Expectation(request, (unit, "enabled"), "equals", True, f"{unit} starts with {step.host}"), timeout_s=5
            )
            for unit in param(step, "units")
        )
        return (*at_boot, *(is_active(str(step.host), unit, 60.0) for unit in param(step, "units")))


class RetireUnits(Kind):
    """Parameters: `units` (without .service); those that are not there are fine."""

    name = "retire-units"

    def title(self, step: Step) -> str:
        return f"stop {', '.join(param(step, 'units'))} on {step.host}, also for the next boot"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, units = str(step.host), [f"{unit}.service" for unit in param(step, "units")]
        stop = Command(("systemctl", "stop", *units), timeout_s=TIMEOUT_S)
        return (
            *(
                Run(host, Command(("systemctl", "disable", "--quiet", unit)), accept={0: "done", 1: "not there"})
                for unit in units
            ),
            Run(host, stop, accept={0: "stopped", NOT_LOADED: "stopped, those that are there"}),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        request = wanted("host.units", step.host)
        found = []
        for unit in param(step, "units"):
            stopped, later = f"{unit} is stopped on {step.host}", f"{unit} does not start with {step.host}"
            gone = Expectation(request, (unit, "active"), "absent_or_one_of", ["inactive", "failed"], stopped)
            found.append(Until(gone, timeout_s=10))
            found.append(
                Until(Expectation(request, (unit, "enabled"), "absent_or_one_of", [False], later), timeout_s=5)
            )
        return tuple(found)


def _start(unit: str) -> Command:
    return Command(("systemctl", "start", f"{unit}.service"), timeout_s=TIMEOUT_S)


def _cluster() -> Command:
    return Command(script_words("begin_cluster"), timeout_s=TIMEOUT_S)
