"""What is true of a project before the releases that Ostler plans rolling upgrades between, and in them, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ostler.catalog.database import Database
from ostler.catalog.nova import NovaData
from ostler.catalog.project import ProjectData
from ostler.catalog.record import R


def joined_project(past: ProjectData, now: ProjectData, order: Sequence[str]) -> ProjectData:
    """Both files of a project as one: what either leaves open ends, or begins, where the other's releases do."""
    last = max(past.versions, key=order.index)
    first = min(now.versions, key=order.index)

    def both(before: Sequence[R], since: Sequence[R]) -> tuple[R, ...]:
        ended = (replace(each, until=each.until or last) for each in before)
        return (*ended, *(replace(each, since=each.since or first) for each in since))

    old = {database.name: database for database in past.databases}
    return replace(
        now,
        versions={**past.versions, **now.versions},
        services=both(past.services, now.services),
        databases=tuple(_database(old[database.name], database) for database in now.databases),
        schema_phases=both(past.schema_phases, now.schema_phases),
        online_migrations=both(past.online_migrations, now.online_migrations),
        state_checks=both(past.state_checks, now.state_checks),
        status_checks=both(past.status_checks, now.status_checks),
        kept_versions=both(past.kept_versions, now.kept_versions),
        deaf_enables=both(past.deaf_enables, now.deaf_enables),
        extractions=both(past.extractions, now.extractions),
    )


def joined_nova(past: NovaData, now: NovaData) -> NovaData:
    """Both files of what holds between releases of nova as one."""
    return replace(now, releases={**past.releases, **now.releases})


def _database(past: Database, now: Database) -> Database:
    return replace(
        now,
        heads={**past.heads, **now.heads},
        floors=(*past.floors, *now.floors),
        migrate_until=past.migrate_until,
        by_plain_sync={**past.by_plain_sync, **now.by_plain_sync},
    )
