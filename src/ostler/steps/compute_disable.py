"""`disable-compute` and `enable-compute`: no new server is scheduled to a compute while it is worked on. A loan: only
what this run disabled is enabled again, and early, because something failed, only where nova-compute runs: a build that
is sent to one that was just stopped waits for it until it times out."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Call, Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param

UNIT = "nova-compute"
MICROVERSION = {"X-OpenStack-Nova-API-Version": "2.53"}
BY_NAME = {"X-OpenStack-Nova-API-Version": "2.42"}


def _switch(step: Step, body: dict[str, str]) -> Call:
    service_id = param(step, "service_id")
    if service_id.isdecimal():
        return _by_name(step, body)
    return Call(ApiRequest("compute", "PUT", f"/os-services/{service_id}", body=body, headers=MICROVERSION))


def _by_name(step: Step, body: dict[str, str]) -> Call:
    """A service whose id was read of Ocata: newer code gives it another, and still takes its name at that version."""
    about = {"binary": UNIT, "host": param(step, "service_host")}
    if body["status"] == "disabled":
        about["disabled_reason"] = body["disabled_reason"]
    where = "disable-log-reason" if body["status"] == "disabled" else "enable"
    return Call(ApiRequest("compute", "PUT", f"/os-services/{where}", body=about, headers=BY_NAME))


def _status_is(step: Step, status: str) -> tuple[Until, ...]:
    record = f"nova-compute@{param(step, 'service_host')}"
    expectation = Expectation(
        wanted("api.compute_services"), (record, "status"), "equals", status, f"{record} is {status}"
    )
    return (Until(expectation, timeout_s=30),)


class DisableCompute(Kind):
    """Parameters: `service_host` (nova's name of the host), `service_id`, `reason`."""

    name = "disable-compute"

    def title(self, step: Step) -> str:
        return f"disable scheduling to {param(step, 'service_host')} for a while"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        body = {"status": "disabled", "disabled_reason": param(step, "reason")}
        return (_switch(step, body),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _status_is(step, "disabled")

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        active = Expectation(
            wanted("host.units", step.host), (UNIT, "active"), "equals", "active", f"{UNIT} is active on {step.host}"
        )
        stopped = "it stays disabled: see why nova-compute does not run there"
        return (
            Until(active, timeout_s=5, on_timeout=stopped),
            _switch(step, {"status": "enabled"}),
        )


class EnableCompute(Kind):
    """Parameters: `service_host`, `service_id`."""

    name = "enable-compute"

    def title(self, step: Step) -> str:
        return f"enable scheduling to {param(step, 'service_host')} again"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (_switch(step, {"status": "enabled"}),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return _status_is(step, "enabled")
