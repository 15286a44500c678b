"""`start-service`: services of one host run, from the right environment, and answer.

The proof is the running process: the files mapped into it lie below the wanted environment. An API must answer on
the host's own address; a nova service must have reported to the database since it started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.running import is_active, is_running_from, logs_of

START_TIMEOUT_S = 120.0


class StartService(Kind):
    """Parameters: `units`; `environment` (path below /opt/openstack/venvs); `backends` (APIs that must answer);
    `reports_as` (nova's "binary@host" records that must be fresh and say `service_version`); `at_once` (true where
    nothing serves meanwhile: not one unit after the other)."""

    name = "start-service"

    def title(self, step: Step) -> str:
        version = str(param(step, "environment")).rpartition("/")[2]
        return f"start {', '.join(param(step, 'units'))} on {step.host} and see {version} running"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        units = [f"{unit}.service" for unit in param(step, "units")]
        host = str(step.host)
        begin = _at_once if step.params.get("at_once") else _one_after_the_other
        return (
            Run(host, Command(("systemctl", "reset-failed", *units), timeout_s=30), accept={0: "done", 1: "none"}),
            Run(host, Command(("systemctl", "enable", "--quiet", *units), timeout_s=60)),
            *begin(host, param(step, "units")),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return is_running_from(step, START_TIMEOUT_S)

    def logs(self, step: Step) -> tuple[str, ...]:
        return logs_of(step)


def _at_once(host: str, units: Sequence[str]) -> Iterator[Effect]:
    names = [f"{unit}.service" for unit in units]
    yield Run(host, Command(("systemctl", "start", *names), timeout_s=START_TIMEOUT_S))


def _one_after_the_other(host: str, units: Sequence[str]) -> Iterator[Effect]:
    """Start each unit once the one before it has been up for some seconds: all at once they would take the
    processor, the database and the message broker away from what serves users meanwhile."""
    for place, unit in enumerate(units):
        if place:
            yield is_active(host, units[place - 1], START_TIMEOUT_S)
        yield Run(host, Command(("systemctl", "start", f"{unit}.service"), timeout_s=START_TIMEOUT_S))
