"""What runs below OpenStack, compared with what the releases of a way are known to run with: no plan changes brokers or
database servers, so that a step of theirs which a way wants is told with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.catalog.infrastructure import Component, series
from ostler.catalog.numbering import numbers
from ostler.cloud.model import Cloud
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, wanted
from ostler.planning.upgrade.request import Scene

BROKERS, DATABASES = "rabbitmq", "mariadb"
FACTS = {BROKERS: "rabbitmq.node", DATABASES: "galera.node"}
"""The facts that tell the version of a component, one for each of its hosts."""


def beneath_requests(cloud: Cloud) -> tuple[FactRequest, ...]:
    """The versions of brokers and database servers."""
    return tuple(wanted(FACTS[name], host) for name in FACTS for host in _hosts(cloud, name))


def beneath_findings(scene: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    """Warnings for a component whose version no release of the way is known to run with; `scene` is the cloud as it
    will be. Brokers matter to the release that runs in the end, database servers to each whose code changes them."""
    for name, releases in ((BROKERS, hops[-1:]), (DATABASES, hops)):
        (component,) = scene.catalog.components(name)
        limits = _limits(scene, component, [hop.target for hop in releases])
        versions: dict[str, list[str]] = {}
        for host in _hosts(scene.cloud, name):
            told = scene.snapshot.known(FACTS[name], host)
            versions.setdefault(str(told["version"]) if told else "", []).append(host)
        unread = versions.pop("", [])
        if unread and not versions:
            yield _finding(scene, name, unread, "its version could not be read", limits, "ostler status shows why")
        for version, hosts in versions.items():
            if not limits or not numbers(limits[0]) <= numbers(series(version)) <= numbers(limits[1]):
                yield _finding(scene, name, hosts, version, limits, _do_next(scene, component, version, limits))


def _hosts(cloud: Cloud, name: str) -> tuple[str, ...]:
    return cloud.messaging.hosts if name == BROKERS else cloud.databases.hosts


def _limits(scene: Scene, component: Component, releases: Sequence[str]) -> tuple[str, str] | None:
    """The oldest and the newest version that all releases are known to run with; None when nothing is known."""
    all_releases = scene.catalog.all_releases
    known = [component.known_with(all_releases.release(release), all_releases.order) for release in releases]
    told = [versions for versions in known if versions]
    if not told:
        return None
    return max((v[0] for v in told), key=numbers), min((v[-1] for v in told), key=numbers)


def _finding(
    scene: Scene, name: str, hosts: Sequence[str], found: str, limits: tuple[str, str] | None, do_next: str
) -> Finding:
    code = "upgrade.broker-version" if name == BROKERS else "upgrade.database-version"
    return Finding(
        code="upgrade.broker-version" if name == BROKERS else "upgrade.database-version",
        severity=Severity.WARNING,
        subject=f"{name} on {', '.join(hosts)}",
        summary=f"nothing is known of {scene.hop} with this version of {name}, which no plan changes",
        found=found,
        expected=f"{limits[0]} to {limits[1]}" if limits else "nothing is known of any version",
        do_next=f"{do_next} (see: ostler catalog infrastructure {name}); or take it on: --accept {code}",
    )


def _do_next(scene: Scene, component: Component, version: str, limits: tuple[str, str] | None) -> str:
    name = component.name
    if limits is None or numbers(series(version)) > numbers(limits[1]):
        tried = " (ostler rehearse runs the migrations on a MariaDB of this machine)" if name == DATABASES else ""
        return f"read its release notes, and try the way on a practice cloud first{tried}"
    if scene.stands_for and name == BROKERS:
        return f"install {limits[0]} to {limits[1]} on the new hosts: brokers keep nothing that has to be carried over"
    steps = " → ".join(component.way(series(version), limits[0])) or f"to {limits[0]}"
    also = ", and the same on the new hosts" if scene.stands_for else ""
    return f"upgrade {name} first, while {scene.source} runs: {steps}{also}; then make the plan again"
