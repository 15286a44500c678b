"""What proves that services of one host run a given environment and answer; shared by starting and restarting."""

from __future__ import annotations

from ostler.catalog import load_catalog
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Until
from ostler.steps.model import Step, param

ANSWERS = [200, 204, 300]


STEADY_S = 3.0
"""A service that dies of its configuration does so within its first seconds; systemd may start it again."""


def is_running_from(step: Step, timeout_s: float) -> tuple[Until, ...]:
    """Active, every process from the step's `environment`, its `backends` answering, its records fresh. Where units
    neither answer nor report, one process of each must stay for some seconds."""
    host = str(step.host)
    return (*_active(step, host, timeout_s), *_answering(step, host, timeout_s), *_reporting(step, timeout_s))


def _active(step: Step, host: str, timeout_s: float) -> tuple[Until, ...]:
    environment = param(step, "environment")
    found: list[Until] = []
    units = param(step, "units")
    vouched = len(step.params.get("backends", ())) + len(step.params.get("reports_as", ()))
    steady_s = STEADY_S if vouched < len(units) else 0.0
    for unit in units:
        runs = Expectation(
            wanted("host.processes", host),
            (unit, "environment"),
            "equals",
            environment,
            f"every process of {unit} on {host} runs {environment}",
        )
        found.append(is_active(host, unit, timeout_s, steady_s))
        found.append(Until(runs, timeout_s=timeout_s, on_timeout=_advice(unit)))
    return tuple(found)


def logs_of(step: Step) -> tuple[str, ...]:
    """The logs of the project whose environment a step starts services from."""
    name = str(param(step, "environment")).rpartition("/")[2].rpartition("-")[0]
    return tuple(f"{project.log_dir}/*.log" for project in load_catalog().projects if project.name == name)


def is_active(host: str, unit: str, timeout_s: float, steady_s: float = STEADY_S) -> Until:
    """A unit is active, and one process of it stays for so many seconds."""
    # All that is known of the unit: a process that was started anew has another number, however soon.
    active = Expectation(wanted("host.units", host), (unit, "*"), "contains", "active", f"{unit} is active on {host}")
    return Until(active, timeout_s=timeout_s, on_timeout=_advice(unit), steady_s=steady_s)


def _advice(unit: str) -> str:
    return f"look at `journalctl -u {unit}` and the service's log on the host, mend it, then resume"


def _answering(step: Step, host: str, timeout_s: float) -> tuple[Until, ...]:
    backends = step.params.get("backends", ())
    answers = wanted("host.answers", host, backends=":".join(backends))
    return tuple(
        Until(
            Expectation(
                answers,
                (backend, "status"),
                "one_of",
                ANSWERS,
                f"{backend} answers on {host} itself",
            ),
            timeout_s=timeout_s,
            on_timeout="the process runs but does not answer: look at its log, then resume",
        )
        for backend in backends
    )


def _reporting(step: Step, timeout_s: float) -> tuple[Until, ...]:
    version = step.params.get("service_version")
    found: list[Until] = []
    for record in step.params.get("reports_as", ()):
        expectations = [
            Expectation(wanted("nova.services"), (record, "version"), "equals", version, f"{record} says {version}"),
            Expectation(wanted("nova.services"), (record, "up"), "equals", True, f"{record} reports to the database"),
        ]
        for expectation in expectations:
            hint = "the service runs but does not report: look at its messaging and database connections"
            found.append(Until(expectation, every_s=1.0, timeout_s=timeout_s, on_timeout=hint))
    return tuple(found)
