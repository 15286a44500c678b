"""Stage "reload-balancers": load balancers take up a changed configuration one after the other, the holder of the
virtual address last; only when the operator asks for it."""

from __future__ import annotations

from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

CONFIG = "/etc/haproxy/haproxy.cfg"


def reload_balancers(scene: Scene) -> Stage | None:
    """None when it was not asked for, or there is no load balancer."""
    if not scene.request.reload_balancers or scene.cloud.load_balancer is None:
        return None
    hosts = sorted(scene.cloud.load_balancer.hosts, key=lambda host: _holds_vip(scene, host))
    lanes = tuple(Lane(host, (_reload(host),), scene.cloud.domain_of(host)) for host in hosts)
    return Stage(
        name="reload-balancers",
        title="Reload the load balancers, the holder of the virtual address last",
        why="they take up their configuration files as they are now, before anything is taken out of them",
        undo="put the old file back and reload again",
        lanes=lanes,
    )


def _holds_vip(scene: Scene, host: str) -> bool:
    return bool((scene.snapshot.known("keepalived.vip", host) or {}).get("holds"))


def _reload(host: str) -> Step:
    return Step(
        id=f"reload-balancers/{host}/reload",
        kind="reload-balancer",
        host=host,
        why="old workers end with their last request, new ones take over the listening sockets: nothing is dropped",
        undo="put the old file back and reload again",
        estimate_s=4,
        params={"config": CONFIG},
    )
