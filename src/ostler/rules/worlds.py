"""What rules may know of the cloud file and of the catalog, as plain data."""

from __future__ import annotations

from typing import Any

from ostler.catalog import Service
from ostler.cloud.model import Cloud
from ostler.errors import InputError
from ostler.facts.service_units import bare, expected_services
from ostler.rules.vocabulary import GROUPS, Context, version_number


def cloud_values(cloud: Cloud) -> dict[str, Any]:
    """The name ``cloud`` in a rule: name, release, the virtual address (None without one), addresses of hosts by name,
    and the hosts of every group."""
    return {
        "name": cloud.name,
        "release": cloud.release,
        "vip": cloud.load_balancer.vip if cloud.load_balancer else None,
        "addresses": {host.name: host.address for host in cloud.hosts.values()},
    } | {name: list(of(cloud)) for name, of in GROUPS.items()}


def catalog_values(context: Context) -> dict[str, Any]:
    """The name ``catalog`` in a rule: what the target demands, and the known blockers of the way to it. Empty when no
    upgrade is asked for."""
    if context.target is None:
        return {}
    try:
        nova = context.catalog.nova.at(context.target)
        order = context.catalog.all_releases.order
        blockers = [
            blocker
            for blocker in context.catalog.blockers_of(context.cloud.release, context.target)
            if blocker.rows is None or blocker.can_be_counted(context.cloud.release, order)
        ]
    except InputError:
        return {}
    return {
        "blockers": [blocker.code for blocker in blockers],
        "compute_floor": nova.compute_floor,
        "min_libvirt": nova.min_libvirt,
        "min_libvirt_number": version_number(nova.min_libvirt),
        "min_qemu": nova.min_qemu,
        "min_qemu_number": version_number(nova.min_qemu),
    }


def services_of(context: Context, host: str) -> list[dict[str, Any]]:
    """The services the catalog expects on a host, by its roles and the cloud's release."""
    return [service_values(project, service) for project, service in expected_services(context.cloud, host)]


def service_values(project: str, service: Service) -> dict[str, Any]:
    """One service as a rule sees it."""
    return {
        "name": service.name,
        "project": project,
        "unit": bare(service.unit),
        "kind": service.kind,
        "role": service.role,
        "uses_amqp": service.uses_amqp,
        "backend": service.api.backend if service.api else None,
        "log_file": service.log_file,
    }


def databases_of(context: Context) -> list[dict[str, Any]]:
    """The databases of the cloud's release.

    ``rows`` is what their version tables hold when the schema is that of the release; ``known`` are all revisions
    that are right there before, during or after a hop to the target (without one: to any release one hop away);
    ``plain`` is what they hold instead of ``rows`` where one command for all brought the schema there (empty: nothing).
    """
    release = context.cloud.release
    targets = [context.target] if context.target else [hop.target.id for hop in context.catalog.hops_from(release)]
    found = []
    for project in context.catalog.projects:
        if release in project.releases:
            at = [release, *(target for target in targets if target in project.releases)]
            for database in project.databases:
                known = {revision for each in at for revision in project.heads(database.name, each).values()}
                rows = sorted(project.version_rows(database.name, release))
                plain = [revision for at, revision in database.by_plain_sync.items() if at == release]
                about = {"rows": rows, "known": sorted({*known, *plain}), "plain": plain}
                found.append({"name": database.name, "project": project.name, **about})
    return found
