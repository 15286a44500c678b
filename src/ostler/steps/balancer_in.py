"""`put-into-balancer`: a host serves an API again on every load balancer. Gives back `take-out-of-balancer`."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.balancer import balancers, set_server
from ostler.steps.effects import Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param


class PutIntoBalancer(Kind):
    """Parameters: `backends` (names in HAProxy)."""

    name = "put-into-balancer"

    def title(self, step: Step) -> str:
        return f"put {step.host} back into {', '.join(param(step, 'backends'))}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(
            set_server(cloud, balancer, backend, str(step.host), what)
            for balancer in balancers(cloud)
            for backend in param(step, "backends")
            for what in ("state ready", "health up")
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("haproxy.servers", balancer),
                    (backend, str(step.host), "status"),
                    "equals",
                    "UP",
                    f"{step.host} is up in {backend} on {balancer}",
                ),
                timeout_s=60,
                on_timeout="the load balancer's health check fails: look at the service's log, then resume",
            )
            for balancer in balancers(cloud)
            for backend in param(step, "backends")
        )
