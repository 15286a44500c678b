"""`lend-variable` and `return-variable`: a global variable of every database server, changed for a while. A loan: the
value from before is given back, whatever it was."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.errors import InputError
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation, look_up
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param

_STATEMENTS = {
    ("log_bin_trust_function_creators", "ON"): "SET GLOBAL log_bin_trust_function_creators = 1",
    ("log_bin_trust_function_creators", "OFF"): "SET GLOBAL log_bin_trust_function_creators = 0",
}
"""The statements there are: a plan cannot set anything else."""


def _set(host: str, name: str, value: str) -> Run:
    statement = _STATEMENTS.get((name, value))
    if statement is None:
        raise InputError("plan.unknown-variable", f"Ostler does not set {name} to {value!r} on a database server")
    return Run(host, Command(("mariadb", "--batch", "-e", statement)))


def _is(step: Step, cloud: Cloud, value: str) -> tuple[Until, ...]:
    name = param(step, "name")
    return tuple(
        Until(
            Expectation(
                wanted("databases.variable", host, name=name),
                ("value",),
                "equals",
                value,
                f"{name} is {value} on {host}",
            ),
            timeout_s=10,
        )
        for host in cloud.databases.hosts
    )


class LendVariable(Kind):
    """Parameters: `name`, `value`."""

    name = "lend-variable"

    def title(self, step: Step) -> str:
        return f"set {param(step, 'name')} = {param(step, 'value')} on every database server, for a while"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        name = param(step, "name")
        return tuple(wanted("databases.variable", host, name=name) for host in cloud.databases.hosts)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(_set(host, param(step, "name"), param(step, "value")) for host in cloud.databases.hosts)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _is(step, cloud, param(step, "value"))

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        name = param(step, "name")
        return tuple(
            _set(str(request.host), name, str(look_up(value, ("value",)))) for request, value in remembered.items()
        )


class ReturnVariable(Kind):
    """Parameters: `name`, `value` (as it was when the plan was made)."""

    name = "return-variable"

    def title(self, step: Step) -> str:
        return f"set {param(step, 'name')} back to {param(step, 'value')} on every database server"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(_set(host, param(step, "name"), param(step, "value")) for host in cloud.databases.hosts)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _is(step, cloud, param(step, "value"))
