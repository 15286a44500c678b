"""`switch-environment`: the links of stopped services point at another environment."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.deployment.paths import CURRENT_DIR, current_link
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param


class SwitchEnvironment(Kind):
    """Parameters: `services`; `environment` (path below /opt/openstack/venvs)."""

    name = "switch-environment"

    def title(self, step: Step) -> str:
        version = str(param(step, "environment")).rpartition("/")[2]
        return f"point {', '.join(param(step, 'services'))} on {step.host} at {version}"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (wanted("host.environments", step.host),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, environment = str(step.host), param(step, "environment")
        links = [Run(host, Command(("ln", "-sfnT", environment, current_link(s)))) for s in param(step, "services")]
        return (Run(host, Command(("mkdir", "-p", CURRENT_DIR))), *links)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("host.environments", step.host),
                    ("links", service),
                    "equals",
                    param(step, "environment"),
                    f"the link of {service} on {step.host} points at the environment",
                ),
                timeout_s=5,
            )
            for service in param(step, "services")
        )
