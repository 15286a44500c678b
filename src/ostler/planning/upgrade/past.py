"""What is to be said of ways through releases before those that Ostler plans rolling upgrades between: what is known to
stand there, what nobody looks at on the way, and what a hop mends by itself or leaves undone while nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ostler.catalog.blocker import Blocker
from ostler.catalog.catalog import Catalog
from ostler.catalog.database import OnlineMigration
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.environments.old_releases import is_past
from ostler.errors import Finding, Severity
from ostler.facts.accounts import accounts_wanted
from ostler.facts.connections import DATABASE
from ostler.facts.model import FactRequest, wanted
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

OF_BUILDING = "environment."
"""How the codes of blockers begin that are about building environments, which is done when a plan is made."""

DRIVER, BUS = "mysql+pymysql", "transport_url"


def past_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """What a way from a past release is planned from besides: rows that a known blocker would stop at, and users."""
    if not is_past(hop.source.id):
        return ()
    counted = _counted(catalog, hop.source.id, hop.target.id)
    rows = (wanted("databases.rows_in_the_way", blocker=blocker.code) for blocker in counted)
    users = (accounts_wanted(host.name, catalog.service_users) for host in cloud.hosts_with("controller"))
    addresses = (wanted("host.connections", host.name) for host in cloud.hosts.values() if host.roles)
    return (*rows, *users, *addresses)


def _counted(catalog: Catalog, source: str, target: str) -> list[Blocker]:
    """The blockers of a way whose rows can be counted before it begins."""
    order = catalog.all_releases.order
    return [blocker for blocker in catalog.blockers_of(source, target) if blocker.can_be_counted(source, order)]


def past_findings(scene: Scene, hops: Sequence[Scene]) -> Iterator[Finding]:
    """Failures for rows that stop a command of the way, warnings for what is left undone, for what was not rehearsed,
    and for APIs of the target that no load balancer knows. Nothing for a way from 2023.1 on."""
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
                yield _left_undone(hop, left)
    yield from _not_rehearsed(scene, hops)
    yield from _unbalanced(scene)
    yield from _addresses(scene)


def past_notes(scene: Scene, hops: Sequence[Scene]) -> Iterator[str]:
    """The known blockers of the way, as `ostler catalog hops` lists them, and what lies below OpenStack."""
    if not is_past(scene.source):
        return
    known = scene.catalog.blockers_of(scene.source, scene.target)
    about = f"ostler catalog hops {scene.source} --to {scene.target}"
    for blocker in known:
        if blocker.kind == "blocker" and not blocker.code.startswith(OF_BUILDING):
            yield f"known on this way: {blocker.code}: {blocker.title} (ostler catalog explain {blocker.code})"
    if traps := [blocker.code for blocker in known if blocker.kind == "trap"]:
        yield f"what may mislead on this way ({about}): {', '.join(traps)}"
    if mended := [blocker.code for hop in hops for blocker, _ in mends_on(hop)]:
        yield (
            f"this plan makes the fix of {', '.join(mended)} by itself, on the way: what it is about comes only there "
            f"(ostler catalog explain {mended[0]})"
        )
    yield from _beneath(scene)
    nova = scene.catalog.nova.at(scene.target)
    if scene.computes:
        yield (
            f"the computes get {scene.target} in place, once: each needs the Python of its environments, libvirt "
            f"{nova.min_libvirt} and QEMU {nova.min_qemu} or later. Whether Python runs is seen when the environments "
            "are placed, before anything stops; libvirt's version is yours to look at"
        )


def _beneath(scene: Scene) -> Iterator[str]:
    """The versions of brokers and database servers, which no plan changes."""
    asked = (("rabbitmq", "rabbitmq.node", scene.cloud.messaging.hosts), ("mariadb", "galera.node", _databases(scene)))
    for name, fact, hosts in asked:
        seen = (scene.snapshot.known(fact, host) or {} for host in hosts)
        versions = sorted({str(each.get("version") or "unknown") for each in seen})
        if versions:
            series = " of the same series" if name == "mariadb" else ""
            yield (
                f"{name} ({', '.join(versions)}) is changed by no plan; whether {scene.target} works with it is yours "
                f"to see (ostler catalog infrastructure {name}); on new hosts it may be a newer one{series}"
            )


def _databases(scene: Scene) -> Sequence[str]:
    return scene.cloud.databases.hosts if scene.cloud.databases else ()


def left_undone(hop: Scene, migration: OnlineMigration) -> Blocker | None:
    """The known blocker whose row migration is not done while no service runs, and that the way goes on without; None
    where there is none."""
    order = hop.catalog.all_releases.order
    for blocker in hop.catalog.blockers:
        is_left = blocker.trial is not None and blocker.trial.is_left and blocker.is_true_in(hop.target, order)
        if is_left and any(sign.command == migration.words for sign in blocker.signs):
            return blocker
    return None


def borne(blocker: Blocker, migration: OnlineMigration) -> Mapping[str, list[str]]:
    """By exit code, what a command says that leaves this undone and nothing else."""
    return {
        str(sign.exit_code): [sign.pattern, blocker.code]
        for sign in blocker.signs
        if sign.command == migration.words and sign.exit_code is not None and sign.pattern
    }


def mends_on(hop: Scene) -> Iterator[tuple[Blocker, Project]]:
    """The known blockers whose rows cannot be told from the cloud as it is, since what they are about comes on the way,
    and whose fix was carried out: it is made just before the command that would stop."""
    catalog = hop.catalog
    order = catalog.all_releases.order
    for blocker in catalog.blockers:
        if blocker.trial is None or blocker.rows is None or blocker.can_be_counted(hop.cloud.release, order):
            continue
        for project in hop.projects:
            words = {phase.words for phase in project.schema_phases(hop.target)}
            stops = project.name == blocker.project and any(sign.command in words for sign in blocker.signs)
            if stops and blocker.proof == "carried out" and blocker.is_true_in(hop.target, order):
                yield blocker, project


def mend_steps(hop: Scene, stage: str, project: Project) -> list[Step]:
    """The fixes that are made before a project's schema is changed on a hop."""
    return [
        Step(
            id=f"{stage}/{hop.first}/mend-{blocker.code.replace('.', '-')}-{number}",
            kind="mend-rows",
            host=hop.cloud.databases.hosts[0],
            why=f"{' '.join(blocker.title.split())}; no service runs that could write them again",
            undo="none needed: the old databases stay" if hop.stands_for else "none: only the dump leads back",
            estimate_s=5,
            params={"blocker": blocker.code, "database": change.database, "sql": " ".join(change.sql.split())},
        )
        for blocker, of in mends_on(hop)
        if of.name == project.name
        for number, change in enumerate(blocker.trial.before if blocker.trial else ())
    ]


def _addresses(scene: Scene) -> Iterator[Finding]:
    """Addresses in configuration that later code does not understand, by file and option."""
    ours = {path for project in scene.projects for path in project.config_files}
    where: dict[tuple[str, str, str], list[str]] = {}
    for host in scene.cloud.hosts.values():
        read = scene.snapshot.known("host.connections", host.name)
        for seen in read["found"] if read else ():
            is_database, driver = seen["kind"] == DATABASE, seen["scheme"]
            is_wrong = driver.startswith("mysql") and driver != DRIVER if is_database else seen["option"] != BUS
            if seen["file"] in ours and is_wrong:
                where.setdefault((seen["kind"], seen["file"], f"[{seen['group']}] {seen['option']}"), []).append(
                    host.name
                )
    for (kind, path, option), hosts in where.items():
        others = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
        yield (_other_driver if kind == DATABASE else _old_words)(f"{path} on {hosts[0]}{others}", option)


def _other_driver(subject: str, option: str) -> Finding:
    return Finding(
        code="upgrade.database-driver",
        severity=Severity.FAILURE,
        subject=subject,
        summary="it names the databases by a driver that the environments on the way do not have",
        found=option,
        expected=f"{DRIVER}://, which every release from Ocata on understands",
        do_next=f"write {DRIVER}:// there, restart its services, and make the plan again",
    )


def _old_words(subject: str, option: str) -> Finding:
    return Finding(
        code="upgrade.broker-by-old-options",
        severity=Severity.FAILURE,
        subject=subject,
        summary="it names the broker by options that later releases do not read: their services would find none",
        found=option,
        expected=f"[DEFAULT] {BUS}, which every release from Ocata on reads",
        do_next=f"write {BUS} = rabbit://USER:PASSWORD@HOST:5672/ there (ostler config migrate shows it), take the "
        "others out, restart its services, and make the plan again",
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


def _left_undone(hop: Scene, blocker: Blocker) -> Finding:
    return Finding(
        code="upgrade.left-undone",
        severity=Severity.WARNING,
        subject=f"{blocker.project} on {hop.hop}",
        summary=f"{blocker.title}; nothing of it runs on this way, and rows stay as they are ({blocker.code})",
        found="no service of it runs while the databases are brought through",
        expected="rows as they are, taken on; or an upgrade to that release by its own guide, with its services up",
        do_next=f"accepting it means: {_left_means(blocker)}: --accept upgrade.left-undone",
    )


def _left_means(blocker: Blocker) -> str:
    return " ".join(blocker.trial.left_means.split()) if blocker.trial else ""


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
