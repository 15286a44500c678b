"""`send-environment`: a target environment is placed beside the one in use; nothing that runs changes.

The archive is copied over the host's connection, checked, unpacked into a temporary folder and renamed, so that
an environment below /opt/openstack/venvs is either whole or not there.
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.deployment.paths import ENVIRONMENTS_DIR
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Send, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words

UNPACK_TIMEOUT_S = 600.0


class SendEnvironment(Kind):
    """Parameters: `project`, `release`, `version`, `address` (what the environment was made of), `sha256` (of
    its archive)."""

    name = "send-environment"

    def title(self, step: Step) -> str:
        return f"place {param(step, 'project')} {param(step, 'version')} beside the running one on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        project, version, sha256 = param(step, "project"), param(step, "version"), param(step, "sha256")
        name, host = f"{project}-{version}", str(step.host)
        archive = f"{ENVIRONMENTS_DIR}/.{name}.tar.zst"
        unpack = Command(script_words("unpack", archive, ENVIRONMENTS_DIR, name), timeout_s=UNPACK_TIMEOUT_S)
        return (
            Run(host, Command(("mkdir", "-p", ENVIRONMENTS_DIR))),
            Send(host, project, param(step, "release"), sha256, archive),
            Run(host, unpack),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        name = f"{param(step, 'project')}-{param(step, 'version')}"
        return (
            Until(
                Expectation(
                    wanted("host.environments", step.host),
                    ("present", name, "digest"),
                    "equals",
                    param(step, "address"),
                    f"{name} is whole on {step.host}",
                ),
                timeout_s=10,
            ),
        )
