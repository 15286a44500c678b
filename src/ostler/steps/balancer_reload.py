"""`reload-balancer`: HAProxy takes up its configuration file without dropping a request.

The file is checked first. A reload starts new workers that take over the listening sockets; the old ones end when their
last request did. Until its first check a new worker takes every server for up: only a check that it carried out itself
counts. What was set at runtime (hosts out for a while) is forgotten, so nothing may be lent meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import FactRequest, JsonValue, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param

TAKE_OVER_S = 2
"""How long the old worker may still answer at the socket after a reload was asked for."""


class ReloadBalancer(Kind):
    """Parameters: `config` (HAProxy's configuration file)."""

    name = "reload-balancer"

    def title(self, step: Step) -> str:
        return f"check {param(step, 'config')} on {step.host} and reload HAProxy"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (wanted("haproxy.servers", step.host),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host = str(step.host)
        check = Command(("haproxy", "-c", "-q", "-f", param(step, "config")), timeout_s=30, is_read_only=True)
        return (
            Run(host, check),
            Run(host, Command(("systemctl", "reload", "haproxy.service"), timeout_s=60)),
            Run(host, Command(("sleep", str(TAKE_OVER_S)), timeout_s=30, is_read_only=True)),
            *self._up_again(host, remembered.get(wanted("haproxy.servers", host), {})),
        )

    def _up_again(self, host: str, before: JsonValue) -> Iterator[Until]:
        """What was up is up, and by a check where there are checks."""
        request = wanted("haproxy.servers", host)
        for backend, servers in sorted(before.items()):
            names = sorted(name for name, server in servers.items() if server["status"] == "UP")
            if names:
                says = f"{', '.join(names)} in {backend} are up again on {host}, each seen by a check"
                yield Until(
                    Expectation(request, (backend,), "up_by_check", names, says),
                    timeout_s=60,
                    on_timeout="it stays down after the reload: look at HAProxy's log on the host, then resume",
                )
