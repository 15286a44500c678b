"""`flush-caches`: memcached forgets what code of another release put into it."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Effect, Run
from ostler.steps.model import Kind, Remembered, Step


class FlushCaches(Kind):
    """`flush_all` on the host's memcached. No parameters."""

    name = "flush-caches"

    def title(self, step: Step) -> str:
        return f"flush memcached on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        address = cloud.host(str(step.host)).address
        command = Command(("socat", "-t2", "-", f"TCP:{address}:11211"), stdin=b"flush_all\nquit\n", timeout_s=10)
        return (Run(str(step.host), command),)
