"""What is to be said of ways through releases before those that Ostler plans rolling upgrades between: what is known to
stand there, and what nobody looks at on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.catalog import is_past
from ostler.catalog.blocker import Blocker
from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.errors import Finding, Severity
from ostler.facts.accounts import accounts_wanted
from ostler.facts.model import FactRequest, wanted
from ostler.planning.upgrade.addresses import address_findings, address_requests
from ostler.planning.upgrade.mending import left_undone, left_undone_finding, mends_on
from ostler.planning.upgrade.request import Scene

OF_BUILDING = "environment."
"""How the codes of blockers begin that are about building environments, which is done when a plan is made."""


def past_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """What a way from a past release is planned from besides: rows that a known blocker would stop at, and users."""
    if not is_past(hop.source.id):
        return ()
    counted = _counted(catalog, hop.source.id, hop.target.id)
    rows = (wanted("databases.rows_in_the_way", blocker=blocker.code) for blocker in counted)
    users = (accounts_wanted(host.name, catalog.service_users) for host in cloud.hosts_with("controller"))
    return (*rows, *users, *address_requests(cloud))


def balancer_requests(source: str, cloud: Cloud) -> tuple[FactRequest, ...]:
    """What the load balancers know that the target's APIs will be behind; `cloud` as it will be."""
    balancers = cloud.load_balancer.hosts if cloud.load_balancer and is_past(source) else ()
    return tuple(wanted("haproxy.servers", host) for host in balancers)


def _counted(catalog: Catalog, source: str, target: str) -> list[Blocker]:
    """The blockers of a way whose rows can be counted before it begins."""
    order = catalog.all_releases.order
    return [blocker for blocker in catalog.blockers_of(source, target) if blocker.can_be_counted(source, order)]


def past_findings(scene: Scene, new: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    """Failures for rows that stop a command of the way, warnings for what is left undone, for what was not rehearsed,
    and for APIs of the target that no load balancer knows; `new` is the cloud as it will be. Nothing for a way from
    2023.1 on."""
    if not is_past(scene.source):
        return
    commands = _commands(hops)
    for blocker in _counted(scene.catalog, scene.source, scene.target):
        counted = scene.snapshot.known("databases.rows_in_the_way", blocker=blocker.code)
        if counted and counted["rows"] and any(sign.command in commands for sign in blocker.signs):
            yield _rows_in_the_way(blocker, counted["rows"])
    for hop in hops[:-1]:
        for project in hop.projects:
            migration = project.online_migration(hop.target)
            if migration and (left := left_undone(hop, migration)):
                yield left_undone_finding(hop, left)
    yield from _not_rehearsed(scene, hops)
    yield from _unbalanced(new)
    yield from address_findings(scene)


def past_notes(scene: Scene, hops: Sequence[Scene]) -> Iterator[str]:
    """The known blockers of the way, as `ostler catalog hops` lists them, and what computes need."""
    if not is_past(scene.source):
        return
    known = scene.catalog.blockers_of(scene.source, scene.target)
    about = f"ostler catalog hops {scene.source} --to {scene.target}"
    for blocker in known:
        if blocker.kind == "blocker" and not blocker.code.startswith(OF_BUILDING):
            yield f"known on this way: {blocker.code}: {blocker.title} (ostler catalog explain {blocker.code})"
    if traps := [blocker.code for blocker in known if blocker.kind == "trap"]:
        yield f"what may mislead on this way ({about}): {', '.join(traps)}"
    if mended := [blocker.code for hop in hops for blocker in mends_on(hop)]:
        yield (
            f"this plan makes the fix of {', '.join(mended)} by itself, on the way: what it is about comes only there "
            f"(ostler catalog explain {mended[0]})"
        )
    nova = scene.catalog.nova.at(scene.target)
    if scene.computes:
        yield (
            f"the computes get {scene.target} in place, once: each needs the Python of its environments, libvirt "
            f"{nova.min_libvirt} and QEMU {nova.min_qemu} or later. Whether Python runs is seen when the environments "
            "are placed, before anything stops"
        )


def _commands(hops: Sequence[Scene]) -> frozenset[str]:
    """The words of every command that changes a database on the way."""
    found: set[str] = set()
    for hop in hops:
        for project in hop.projects:
            found |= {phase.words for phase in project.schema_phases(hop.target)}
            migration = project.online_migration(hop.target)
            found |= {migration.words} if migration else set()
    return frozenset(found)


def _rows_in_the_way(blocker: Blocker, rows: int) -> Finding:
    return Finding(
        code="upgrade.rows-in-the-way",
        severity=Severity.FAILURE,
        subject=blocker.code,
        summary=f"{blocker.title}: the run would stop there, with the APIs away",
        found=f"{rows} rows it stops at",
        expected="none",
        do_next=" ".join(blocker.fix.split()) or f"ostler catalog explain {blocker.code}",
    )


def _not_rehearsed(scene: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    missing: dict[str, list[str]] = {}
    for hop in hops:
        if without := [p.name for p in hop.projects_with_databases if hop.rehearsals.newest_for(p.name) is None]:
            missing[str(hop.hop)] = without
    if missing:
        yield Finding(
            code="upgrade.past-not-rehearsed",
            severity=Severity.WARNING,
            subject=f"{len(missing)} hops from {scene.source} to {scene.target}",
            summary="no rehearsal that counts went over these hops: the checks of their releases, which ask APIs, are "
            "not asked while the APIs are away, and what stops a migration there is met with the cloud stopped",
            found="; ".join(f"{hop}: {', '.join(names)}" for hop, names in missing.items())
            if any(hop.rehearsals.weighed for hop in hops)
            else "no rehearsal",
            expected="a rehearsal of the whole way on a copy of these databases",
            do_next=f"as root: ostler rehearse --to {scene.target} --live --try-fixes --report rehearsal.json; then "
            "make the plan with --rehearsal rehearsal.json; or take it on: --accept upgrade.past-not-rehearsed",
        )


def _unbalanced(scene: Scene) -> Iterator[Finding]:
    """Load balancers that were read, and do not know an API of the target."""
    backends = {
        service.api.backend
        for host in scene.controllers
        for _, service in scene.services(host, scene.target)
        if service.api
    }
    for balancer in scene.cloud.load_balancer.hosts if scene.cloud.load_balancer else ():
        known = scene.snapshot.known("haproxy.servers", balancer)
        if known is not None and (missing := sorted(backends - set(known))):
            yield Finding(
                code="upgrade.backend-missing",
                severity=Severity.FAILURE,
                subject=balancer,
                summary=f"{scene.target} serves APIs that the load balancer does not know",
                found=f"no backend {', no backend '.join(missing)}",
                expected=", ".join(sorted(backends)),
                do_next="add them, with every controller as a server, as docs/operator/haproxy.md shows it; then make "
                "the plan again",
            )
