"""`disable-volume-backends` and `enable-volume-backends`: no new volume is scheduled to the backends of a host's
cinder-volume while it is worked on. A loan, given back as a compute's is (see `compute_disable`): only what this run
disabled, and early only where cinder-volume runs: one that starts sets to ERROR what it was told to create before.

Where the catalog knows of an API that does not enable again, the flag is then cleared in the database: only one that
carries this run's reason, so that nothing happens where the API did it."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, Command
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Call, Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words

UNIT = "cinder-volume"


def _enable(step: Step) -> Iterator[Effect]:
    backends = param(step, "backends")
    for backend in backends:
        yield Call(ApiRequest("volumev3", "PUT", "/os-services/enable", body={"binary": UNIT, "host": backend}))
    if "database" in step.params:
        what = (param(step, "database"), param(step, "reason"), *backends)
        yield Run(param(step, "database_host"), Command(script_words("enable_backends", *what), timeout_s=60))


def _status_is(step: Step, status: str) -> tuple[Until, ...]:
    records = [f"{UNIT}@{backend}" for backend in param(step, "backends")]
    return tuple(
        Until(
            Expectation(wanted("api.volume_services"), (record, "status"), "equals", status, f"{record} is {status}"),
            timeout_s=30,
        )
        for record in records
    )


class DisableVolumeBackends(Kind):
    """Parameters: `backends` (as in cinder's service list: "ctl1@lvm"), `reason`; `database` and `database_host` where
    the API does not enable again."""

    name = "disable-volume-backends"

    def title(self, step: Step) -> str:
        return f"disable scheduling to {', '.join(param(step, 'backends'))} for a while"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        reason = param(step, "reason")
        bodies = ({"binary": UNIT, "host": backend, "disabled_reason": reason} for backend in param(step, "backends"))
        return tuple(
            Call(ApiRequest("volumev3", "PUT", "/os-services/disable-log-reason", body=body)) for body in bodies
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _status_is(step, "disabled")

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        active = Expectation(
            wanted("host.units", step.host), (UNIT, "active"), "equals", "active", f"{UNIT} is active on {step.host}"
        )
        stopped = "it stays disabled: see why cinder-volume does not run there"
        return (Until(active, timeout_s=5, on_timeout=stopped), *_enable(step))


class EnableVolumeBackends(Kind):
    """Parameters: `backends`; where the API does not do it, `database`, `database_host`, and the `reason` they were
    disabled with."""

    name = "enable-volume-backends"

    def title(self, step: Step) -> str:
        return f"enable scheduling to {', '.join(param(step, 'backends'))} again"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(_enable(step))

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _status_is(step, "enabled")
