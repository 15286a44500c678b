"""`wait-for-idle-compute`: every build and task on a compute ends before its nova-compute stops.

A nova-compute that is stopped with a build in its queue sets that server to ERROR when it starts again (seen
2026-11-20 in a rolling upgrade under load; with this wait: none).
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param

IDLE_TIMEOUT_S = 1800.0
SETTLE_S = 2.0
STUCK_WITHOUT_APIS = (
    "it does not end, and the run has stopped the APIs: `ostler rollback RUN` starts them again; see to it then, and "
    "make the plan anew"
)


class WaitForIdleCompute(Kind):
    """Parameters: `service_host` (nova's name of the host); `apis_are_away` (nobody can ask about what is stuck)."""

    name = "wait-for-idle-compute"
    is_fleeting = True

    def title(self, step: Step) -> str:
        return f"wait until no server on {param(step, 'service_host')} is being built or changed"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return self._idle(step) * 2

    def _idle(self, step: Step) -> tuple[Until, ...]:
        host = param(step, "service_host")
        on_it = Expectation(
            wanted("nova.busy"), (host,), "absent", None, f"no server on {host} is being built or changed"
        )
        nowhere = Expectation(wanted("nova.hostless"), ("count",), "equals", 0, "no build is on its way to a compute")
        stuck = (
            STUCK_WITHOUT_APIS
            if step.params.get("apis_are_away")
            else ("a server stays in its task: look at it (`openstack server show`), then resume")
        )
        return tuple(
            Until(expectation, every_s=SETTLE_S, timeout_s=IDLE_TIMEOUT_S, on_timeout=stuck)
            for expectation in (nowhere, on_it)
        )
