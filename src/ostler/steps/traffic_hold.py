"""`hold-requests` and `release-requests`: while old and new code must not overlap, the load balancers let new requests
to an API wait for some seconds instead of failing them. A loan."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.steps.effects import Effect, Hold, Release
from ostler.steps.model import Kind, Remembered, Step, param


class HoldRequests(Kind):
    """Parameters: `backend`."""

    name = "hold-requests"

    def title(self, step: Step) -> str:
        return f"let new requests to {param(step, 'backend')} wait at the load balancers"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Hold(param(step, "backend")),)

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Release(param(step, "backend")),)


class ReleaseRequests(Kind):
    """Parameters: `backend`."""

    name = "release-requests"

    def title(self, step: Step) -> str:
        return f"let the waiting requests to {param(step, 'backend')} go on"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Release(param(step, "backend")),)
