"""What runs below OpenStack, compared with what the releases of a way are known to run with: no plan changes brokers or
database servers, so that a step of theirs which a way wants is told with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ostler.catalog import is_past
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


def beneath_findings(scene: Scene, new: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    """Warnings for versions that a release of the way is not known to run with, notes where nothing is known of any, or
    no more than what the release was rehearsed on.

    `new` is the cloud as it will be: its brokers matter, to the release that runs in the end. Database servers matter
    to each release whose code changes them; those of a new control plane must be as the old ones are.
    """
    for name, at, releases in ((BROKERS, new, hops[-1:]), (DATABASES, scene, hops)):
        if name == DATABASES and at.cloud.databases.kind != DATABASES:
            continue  # nothing is on record of others
        (component,) = scene.catalog.components(name)
        limits = _limits(scene, component, [hop.target for hop in releases])
        versions: dict[str, list[str]] = {}
        for host in _hosts(at.cloud, name):
            told = at.snapshot.known(FACTS[name], host)
            versions.setdefault(str(told["version"]) if told else "", []).append(host)
        unread = versions.pop("", [])
        if unread and not versions:
            do_next = "ostler status shows why"
            yield _finding(scene, name, unread, "its version could not be read", limits, do_next, limits is None)
        for version, hosts in versions.items():
            if not limits or not numbers(limits[0]) <= numbers(series(version)) <= numbers(limits[1]):
                is_unknown = limits is None or _is_unknown(version, limits, releases[0].source)
                do_next = _change(new, component, version, limits) if limits and not is_unknown else _try_first(name)
                yield _finding(scene, name, hosts, version, limits, do_next, is_unknown)


def _hosts(cloud: Cloud, name: str) -> tuple[str, ...]:
    return cloud.messaging.hosts if name == BROKERS else cloud.databases.hosts


def _limits(scene: Scene, component: Component, releases: Sequence[str]) -> tuple[str, str] | None:
    """The oldest and the newest version that all of those releases run with of which anything is known; None when
    nothing is."""
    all_releases = scene.catalog.all_releases
    known = [component.known_with(all_releases.release(release), all_releases.order) for release in releases]
    told = [versions for versions in known if versions]
    if not told:
        return None
    return max((v[0] for v in told), key=numbers), min((v[-1] for v in told), key=numbers)


def _finding(
    scene: Scene,
    name: str,
    hosts: Sequence[str],
    found: str,
    limits: tuple[str, str] | None,
    do_next: str,
    is_unknown: bool,
) -> Finding:
    told = Finding(
        code="upgrade.broker-version" if name == BROKERS else "upgrade.database-version",
        severity=Severity.NOTE if is_unknown else Severity.WARNING,
        subject=f"{name} on {', '.join(hosts)}",
        summary=f"nothing is known of {scene.hop} with this version of {name}, which no plan changes",
        found=found,
        expected=_in_words(limits),
        do_next=f"{do_next} (see: ostler catalog infrastructure {name})",
    )
    return told if is_unknown else replace(told, do_next=f"{told.do_next}; or take it on: --accept {told.code}")


def _is_unknown(version: str, limits: tuple[str, str], source: str) -> bool:
    """Whether a version outside the limits is only one that nothing is on record of: nobody has to go back from a newer
    one for want of a record, and what is on record of a release that Ostler only rehearses (`source`) is what the
    rehearsal ran on, not what clouds had."""
    return is_past(source) or (version[:1].isdigit() and numbers(series(version)) > numbers(limits[1]))


def _in_words(limits: tuple[str, str] | None) -> str:
    return " to ".join(dict.fromkeys(limits)) if limits else "nothing is known of any version"


def _try_first(name: str) -> str:
    rehearsed = "by a rehearsal: ostler rehearse runs the migrations on a MariaDB of this machine"
    tried = rehearsed if name == DATABASES else "where no user depends on it, such as a practice cloud"
    return f"read its release notes, and try it first {tried}"


def _change(new: Scene, component: Component, version: str, limits: tuple[str, str]) -> str:
    name = component.name
    if new.stands_for and name == BROKERS:
        return f"install {_in_words(limits)} on the new hosts: brokers keep nothing that has to be carried over"
    steps = " → ".join(component.way(series(version), limits[0])) or f"to {limits[0]}"
    also = ", and the same on the new hosts" if new.stands_for else ""
    return f"upgrade {name} first, while {new.source} runs: {steps}{also}; then make the plan again"
