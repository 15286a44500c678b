"""`take-out-of-balancer`: no new request reaches a host's API, and those under way end. A loan.

Drained, not cut: `drain` on every load balancer, then wait until no session and no queued request is left, then
`maint` (which cuts nothing any more). Never the last server that is up, unless requests are held meanwhile. Given back
early, because something failed, the host gets no request before the load balancer's own health check has seen it
answer: leaving `maint` alone would count as up until that check fails.
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.balancer import balancers, set_server
from ostler.steps.effects import Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param

DRAIN_TIMEOUT_S = 180.0
OUT = ("MAINT",)


class TakeOutOfBalancer(Kind):
    """Parameters: `backends` (names in HAProxy); `may_be_last` (its requests are held: others need not be up);
    `drain_timeout_s` (for requests under way to end)."""

    name = "take-out-of-balancer"

    def title(self, step: Step) -> str:
        return f"take {step.host} out of {', '.join(param(step, 'backends'))} (drain, then maintenance)"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        backends = param(step, "backends")
        assert step.host is not None
        others = () if step.params.get("may_be_last") else self._others_serve(step, cloud)
        drain = [set_server(cloud, lb, b, step.host, "state drain") for lb in balancers(cloud) for b in backends]
        maint = [set_server(cloud, lb, b, step.host, "state maint") for lb in balancers(cloud) for b in backends]
        return (*others, *drain, *self._emptied(step, cloud), *maint)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("haproxy.servers", lb),
                    (backend, str(step.host), "status"),
                    "one_of",
                    list(OUT),
                    f"{step.host} is out of {backend} on {lb}",
                ),
                timeout_s=10,
            )
            for lb in balancers(cloud)
            for backend in param(step, "backends")
        )

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(
            set_server(cloud, lb, backend, str(step.host), what)
            for lb in balancers(cloud)
            for backend in param(step, "backends")
            for what in ("state drain", "health down", "state ready")
        )

    def _others_serve(self, step: Step, cloud: Cloud) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("haproxy.servers", lb),
                    (backend,),
                    "served_without",
                    str(step.host),
                    f"{backend} is served by others than {step.host} on {lb}",
                ),
                timeout_s=60,
                on_timeout=f"no other server is up: bring one back, then resume; {step.host} was left as it is",
            )
            for lb in balancers(cloud)
            for backend in param(step, "backends")
        )

    def _emptied(self, step: Step, cloud: Cloud) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("haproxy.servers", lb),
                    (backend, str(step.host), figure),
                    "equals",
                    0,
                    f"no {figure} left for {step.host} in {backend} on {lb}",
                ),
                every_s=0.3,
                timeout_s=float(step.params.get("drain_timeout_s", DRAIN_TIMEOUT_S)),
                on_timeout="a request is still running after the drain: look at what it is, then resume",
            )
            for lb in balancers(cloud)
            for backend in param(step, "backends")
            for figure in ("sessions", "queued")
        )
