"""What runs below OpenStack, compared with what the releases of a way are known to run with: no plan changes brokers or
database servers, so that a step of theirs which a way wants is told with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    """Warnings for versions that a release of the way is not known to run with, notes where nothing is known of any.

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
            yield _finding(scene, name, unread, "its version could not be read", limits, "ostler status shows why")
        for version, hosts in versions.items():
            if not limits or not numbers(limits[0]) <= numbers(series(version)) <= numbers(limits[1]):
                do_next = _do_next(scene, new, component, version, limits)
                yield _finding(scene, name, hosts, version, limits, do_next)


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
    scene: Scene, name: str, hosts: Sequence[str], found: str, limits: tuple[str, str] | None, do_next: str
) -> Finding:
    """A version newer than all that were seen is a note: nobody has to go back for want of a record. So is any with a
    release that Ostler only rehearses: what is on record of it is what the rehearsal ran on, not what clouds had."""
    is_note = _is_unknown(scene, found, limits)
    code = f"upgrade.{'broker' if name == BROKERS else 'database'}-version"
    taken_on = "" if is_note else f"; or take it on: --accept {code}"
    return Finding(
        code="upgrade.broker-version" if name == BROKERS else "upgrade.database-version",
        severity=Severity.NOTE if is_note else Severity.WARNING,
        subject=f"{name} on {', '.join(hosts)}",
        summary=f"nothing is known of {scene.hop} with this version of {name}, which no plan changes",
        found=found,
        expected=_in_words(limits) if limits else "nothing is known of any version",
        do_next=f"{do_next} (see: ostler catalog infrastructure {name}){taken_on}",
    )


def _is_unknown(scene: Scene, version: str, limits: tuple[str, str] | None) -> bool:
    if limits is None or is_past(scene.source):
        return True
    return version[:1].isdigit() and numbers(series(version)) > numbers(limits[1])


def _in_words(limits: tuple[str, str]) -> str:
    return " to ".join(dict.fromkeys(limits))


def _do_next(scene: Scene, new: Scene, component: Component, version: str, limits: tuple[str, str] | None) -> str:
    name = component.name
    if limits is None or _is_unknown(scene, version, limits):
        rehearsed = "by a rehearsal: ostler rehearse runs the migrations on a MariaDB of this machine"
        tried = rehearsed if name == DATABASES else "where no user depends on it, such as a practice cloud"
        return f"read its release notes, and try it first {tried}"
    if new.stands_for and name == BROKERS:
        return f"install {_in_words(limits)} on the new hosts: brokers keep nothing that has to be carried over"
    steps = " → ".join(component.way(series(version), limits[0])) or f"to {limits[0]}"
    also = ", and the same on the new hosts" if new.stands_for else ""
    return f"upgrade {name} first, while {new.source} runs: {steps}{also}; then make the plan again"
