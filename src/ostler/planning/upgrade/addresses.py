"""Addresses of databases and brokers in configuration that code of later releases does not understand."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.cloud.model import Cloud
from ostler.configuration.known_cases import DRIVER, is_other_driver
from ostler.errors import Finding, Severity
from ostler.facts.connections import DATABASE
from ostler.facts.model import FactRequest, wanted
from ostler.planning.upgrade.request import Scene

BUS = "transport_url"


def address_requests(cloud: Cloud) -> tuple[FactRequest, ...]:
    """What every host with services is configured to reach."""
    return tuple(wanted("host.connections", host.name) for host in cloud.hosts.values() if host.roles)


def address_findings(scene: Scene) -> Iterator[Finding]:
    """Addresses in configuration that later code does not understand, by file and option."""
    ours = {path for project in scene.projects for path in project.config_files}
    where: dict[tuple[str, str, str], list[str]] = {}
    for host in scene.cloud.hosts.values():
        read = scene.snapshot.known("host.connections", host.name)
        for seen in read["found"] if read else ():
            is_database, driver = seen["kind"] == DATABASE, seen["scheme"]
            is_wrong = is_other_driver(driver) if is_database else seen["option"] != BUS
            if seen["file"] in ours and is_wrong:
                option = f"[{seen['group']}] {seen['option']}"
                where.setdefault((seen["kind"], seen["file"], option), []).append(host.name)
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
