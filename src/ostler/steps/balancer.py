"""What is said to HAProxy's runtime socket, as effects."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.steps.effects import Run


def balancers(cloud: Cloud) -> tuple[str, ...]:
    """The hosts that run a load balancer; none when the cloud has none."""
    return tuple(cloud.load_balancer.hosts) if cloud.load_balancer else ()


def set_server(cloud: Cloud, balancer: str, backend: str, server: str, what: str) -> Run:
    """`set server BACKEND/SERVER WHAT` on one load balancer (`what` such as "state drain", "health up")."""
    return Run(balancer, words_for(cloud, f"set server {backend}/{server} {what}"), is_silent=True)


def words_for(cloud: Cloud, words: str) -> Command:
    """The command that hands words to HAProxy's socket and brings back its answer. socat ends well whatever HAProxy
    thinks of them: to what only changes something, an answer that is not blank is a refusal."""
    assert cloud.load_balancer is not None
    return Command(
        argv=("socat", "-t5", "-", f"UNIX-CONNECT:{cloud.load_balancer.socket}"),
        stdin=f"{words}\n".encode(),
        timeout_s=20,
    )
