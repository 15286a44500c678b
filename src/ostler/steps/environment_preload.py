"""`preload-environment`: the files of an environment are read once, so that what starts from it soon need not wait for
the disk: seconds that users would wait while requests are held. Changes nothing."""

from __future__ import annotations

from importlib.resources import files

from ostler.cloud.model import Cloud
from ostler.commands import read
from ostler.steps.effects import Effect, Run
from ostler.steps.model import Kind, Remembered, Step, param

TIMEOUT_S = 300


class PreloadEnvironment(Kind):
    """Parameters: `environment` (path below /opt/openstack/venvs)."""

    name = "preload-environment"

    def title(self, step: Step) -> str:
        version = str(param(step, "environment")).rpartition("/")[2]
        return f"read the files of {version} on {step.host}, so that they are in memory"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        script = files("ostler.steps").joinpath("scripts/preload.sh").read_text()
        argv = ("sh", "-c", script, "ostler-preload", param(step, "environment"))
        return (Run(str(step.host), read(*argv, timeout_s=TIMEOUT_S)),)
