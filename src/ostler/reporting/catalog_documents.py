"""What `ostler catalog` shows, as documents: the same stand behind its text and its JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ostler.catalog import Blocker, Catalog, Hop, ListedCommand, ListedProject, Project, ProjectCommand, Release, Source
from ostler.catalog.infrastructure import Component
from ostler.catalog.nova import NovaRelease
from ostler.catalog.orphan import Orphan
from ostler.errors import InputError

Document = dict[str, Any]


def release_documents(catalog: Catalog, release: str | None) -> list[Document]:
    """Every release there are facts about, from old to new, with the hops that leave it; one alone when it is named.

    Raises InputError `catalog.unknown-release`.
    """
    wanted = (catalog.all_releases.release(release),) if release else catalog.all_releases.all
    return [_release(catalog, each) for each in wanted]


def _release(catalog: Catalog, release: Release) -> Document:
    return {
        "id": release.id,
        "series": release.series,
        "released": release.released,
        "status": release.status,
        "ended": release.ended,
        "next_phase": {"status": release.next_phase.status, "date": release.next_phase.date}
        if release.next_phase
        else None,
        "is_slurp": release.is_slurp,
        "is_planned": release.id in catalog.releases.order,
        "is_planned_stopped": _is_planned_stopped(catalog, release.id),
        "pythons": list(release.pythons),
        "distributions": list(release.distributions),
        "upgrade_distributions": list(release.upgrade_distributions),
        "hops_to": [hop.target.id for hop in catalog.all_releases.hops_from(release.id)],
        "source": _source(catalog.source_of(release)),
    }


def _is_planned_stopped(catalog: Catalog, release: str) -> bool:
    """Whether upgrades from and to a release are planned with the services stopped."""
    return release in catalog.reaching(release).releases.order


def hop_documents(catalog: Catalog, source: str, target: str | None) -> list[Document]:
    """The hops that leave `source`; with a `target` those of the shortest way there.

    Raises InputError `catalog.unknown-release`, and `catalog.no-such-hop` when no way leads from one to the other.
    """
    if target is None:
        return [_hop(catalog, hop) for hop in catalog.all_releases.hops_from(source)]
    chain = catalog.all_releases.chain(source, target)
    return [_hop(catalog, hop) for hop in chain or (catalog.all_releases.hop(source, target),)]


def _hop(catalog: Catalog, hop: Hop) -> Document:
    ends, rolling = (hop.source.id, hop.target.id), hop.rolling
    return {
        "source": ends[0],
        "target": ends[1],
        "kind": hop.kind,
        "is_planned": set(ends) <= set(catalog.releases.order),
        "is_planned_stopped": all(_is_planned_stopped(catalog, end) for end in ends),
        "databases_changed": _schema_changes(catalog, *ends),
        "is_tried": bool(rolling and rolling.is_tried),
        "note": rolling.note if rolling else hop.note,
        "blockers": [
            {"code": each.code, "kind": each.kind, "title": each.title} for each in catalog.blockers_of(*ends)
        ],
    }


def _schema_changes(catalog: Catalog, source: str, target: str) -> list[str]:
    """The databases whose schema differs at the two ends of a hop, or is new."""
    changed = set()
    for name in catalog.project_names:
        old, new = catalog.project_in(name, source), catalog.project_in(name, target)
        if new is None:
            continue
        for database in new.databases:
            if old is None or old.heads(database.name, source) != new.heads(database.name, target):
                changed.add(database.name)
    return sorted(changed)


def project_document(catalog: Catalog, name: str, release: str | None, version: str | None) -> Document:
    """A project as of a release; as of that of `version` when one is given, else of the newest known.

    Raises InputError `catalog.unknown-project`, `catalog.unknown-release`, `catalog.not-in-release` when the project
    was not a part of the release, and `catalog.unknown-version` for a version that belongs to none.
    """
    if version is not None:
        release = _release_of(catalog, name, version)
    if release is not None:
        catalog.all_releases.release(release)
    if name in catalog.listed_names:
        document = _listed(catalog.listed(name), release, catalog)
    else:
        project = catalog.project_in(name, release) if release else catalog.project(name)
        at = release or catalog.project(name).releases[-1]
        document = _project(project or catalog.past(name), at, catalog)
    return {**document, "order": _order(catalog, name)}


def _release_of(catalog: Catalog, name: str, version: str) -> str:
    found = catalog.release_of(name, version)
    if found is None:
        raise InputError(
            "catalog.unknown-version",
            f"version {version!r} of {name} belongs to no release that the catalog knows",
            do_next=f"see its versions: ostler catalog project {name} --json",
        )
    return found


def _project(project: Project, release: str, catalog: Catalog) -> Document:
    versions = project.versions(release)
    return {
        "name": project.name,
        "release": release,
        "version": versions.last,
        "first_version": versions.first,
        "is_planned": release in catalog.releases.order,
        "is_planned_stopped": _is_planned_stopped(catalog, release),
        "package": project.package,
        "versions": _versions(catalog, project.name),
        "services": [
            {
                "name": service.name,
                "role": service.role,
                "kind": service.kind,
                "entry_point": project.entry_point(service.name, release).target,
                "unit": service.unit,
                "units": _units(catalog, project.name, service.name, release),
                "port": service.api.port if service.api else None,
                "is_optional": service.is_optional,
            }
            for service in project.services(release, optional=True)
        ],
        "databases": [_database(project, name, release) for name in (known.name for known in project.databases)],
        "commands": [_command(use, command, release, catalog) for use, command in _uses(project, release)],
        "between_releases": _between(catalog, release) if project.name == "nova" else None,
        "remarks": [],
        "source": _source(project.data.versions_source),
    }


def _versions(catalog: Catalog, name: str) -> Document:
    known = {**catalog.past(name).data.versions, **catalog.project(name).data.versions}
    return {r: [known[r].first, known[r].last] for r in catalog.all_releases.order if r in known}


def _units(catalog: Catalog, project: str, service: str, release: str) -> dict[str, str | None]:
    for names in catalog.units:
        if (names.project, names.service) == (project, service) and names.is_true_in(
            release, catalog.all_releases.order
        ):
            return {"debian": names.debian, "ubuntu": names.ubuntu, "redhat": names.redhat}
    return {}


def _database(project: Project, name: str, release: str) -> Document:
    floor = project.schema_floor(name, release)
    return {
        "name": name,
        "version_table": project.version_table(name, release),
        "version_rows": sorted(project.version_rows(name, release)),
        "starts_from": {"revision": floor.revision, "release": floor.release, "source": _source(floor.source)}
        if floor
        else None,
    }


def _uses(project: Project, release: str) -> Iterable[tuple[str, ProjectCommand]]:
    check, state, online = (
        project.status_check(release),
        project.state_check(release),
        project.online_migration(release),
    )
    yield from (("status check", check),) if check else ()
    yield from ((phase.name, phase) for phase in project.schema_phases(release))
    yield from (("state of the schema", state),) if state else ()
    yield from (("online data migrations", online),) if online else ()


def _command(use: str, command: ProjectCommand, release: str, catalog: Catalog) -> Document:
    order = catalog.all_releases.order
    return {
        "for": use,
        "command": " ".join(command.argv),
        "code": command.code,
        "batch_option": getattr(command, "batch_option", None),
        "migrations": list(getattr(command, "names", ())),
        "exits": [
            {
                "code": known.code,
                "meaning": known.meaning,
                "note": known.note,
                "since_version": known.since_version,
                "unless": {"output": known.doubt.pattern, "meaning": known.doubt.meaning, "why": known.doubt.why}
                if known.doubt
                else None,
            }
            for known in command.exits
            if known.is_true_in(release, order)
        ],
    }


def _between(catalog: Catalog, release: str) -> Document:
    facts: NovaRelease = (catalog.nova if release in catalog.releases.order else catalog.past_nova).at(release)
    between = facts.between
    return {
        "service_version": facts.service_version or None,
        "compute_floor": facts.compute_floor or None,
        "oldest_computes": between.oldest,
        "floor_alias": between.floor_alias,
        "rpc_accepted": list(between.rpc_accepted),
        "rpc_pin": between.rpc_pin,
        "min_libvirt": facts.min_libvirt,
        "min_qemu": facts.min_qemu or None,
        "next_min_libvirt": between.next_min_libvirt,
        "next_min_qemu": between.next_min_qemu,
        "min_placement": between.min_placement,
        "min_cinder": between.min_cinder,
        "source": _source(facts.source),
    }


def _listed(project: ListedProject, release: str | None, catalog: Catalog) -> Document:
    at = release or catalog.all_releases.order[-1]
    versions = project.versions.get(at)
    if versions is None and project.numbering != "own":
        raise InputError(
            "catalog.not-in-release",
            f"the catalog knows no version of {project.name} in {at}",
            do_next=f"use one of: {', '.join(project.versions)}",
        )
    order = catalog.all_releases.order
    commands = [c for c in (*project.status_checks, *project.commands) if c.is_true_in(at, order)]
    remarks = [each.text if each.is_verified else f"{each.text} (not verified)" for each in project.remarks]
    if project.stop_order:
        remarks.insert(0, f"For a cold upgrade stop in this order: {', '.join(project.stop_order)}.")
    return {
        "name": project.name,
        "release": at,
        "version": versions.last if versions else None,
        "first_version": versions.first if versions else None,
        "is_planned": False,
        "is_planned_stopped": False,
        "package": project.package,
        "versions": {release: [known.first, known.last] for release, known in project.versions.items()},
        "services": [],
        "databases": [],
        "commands": [_listed_command(command, at, catalog) for command in commands],
        "between_releases": None,
        "remarks": remarks,
        "source": _source(project.versions_source),
    }


def _listed_command(command: ListedCommand, release: str, catalog: Catalog) -> Document:
    use = command.name.replace("-", " ") if command.name == "status-check" else command.name
    document = _command(use, command, release, catalog)
    return {**document, "turn": command.turn, "why": command.why, "source": _source(command.source)}


def _order(catalog: Catalog, name: str) -> Document:
    order = catalog.whole_order
    return {
        "place": order.sequence.index(name) + 1,
        "of": len(order.sequence),
        "after": [edge.before for edge in order.hard_edges if edge.after in (name, "*") and edge.before != name],
        "before": [edge.after for edge in order.hard_edges if edge.before == name],
    }


def component_documents(catalog: Catalog, name: str | None) -> list[Document]:
    """The components below OpenStack, or the one called `name`. Raises InputError `catalog.unknown-component`."""
    return [_component(component) for component in catalog.components(name)]


def _component(component: Component) -> Document:
    return {
        "name": component.name,
        "versions": [
            {"version": known.version, "name": known.name, "released": known.released} for known in component.versions
        ],
        "steps": [
            {"source": step.source_version, "target": step.target_version, "note": step.note}
            for step in component.steps
        ],
        "steps_source": _source(component.steps_source) if component.steps_source else None,
        "shipped": dict(component.shipped),
        "shipped_source": _source(component.shipped_source) if component.shipped_source else None,
        "run_with": [
            {"since": r.since, "until": r.until, "versions": list(r.versions), "source": _source(r.source)}
            for r in component.run_with
        ],
        "demands": [
            {"text": demand.text, "is_verified": demand.is_verified, "source": _source(demand.source)}
            for demand in component.demands
        ],
    }


def blocker_document(blocker: Blocker) -> Document:
    """A known blocker with all that is known of it."""
    return {
        "code": blocker.code,
        "kind": blocker.kind,
        "project": blocker.project,
        "since": blocker.since,
        "until": blocker.until,
        "meaning": blocker.meaning,
        "title": blocker.title,
        "signs": [
            {"command": sign.command, "exit_code": sign.exit_code, "pattern": sign.pattern} for sign in blocker.signs
        ],
        "do_next": blocker.fix,
        "proof": blocker.proof,
        "source": _source(blocker.source),
    }


def orphan_document(orphan: Orphan) -> Document:
    """Rows that belong to nothing, with all that is known of them."""
    return {
        "code": orphan.code,
        "kind": f"rows of databases: {orphan.severity}, where a rehearsal finds them",
        "title": orphan.title,
        "meaning": orphan.meaning,
        "do_next": orphan.do_next,
        "source": _source(orphan.source),
    }


def _source(source: Source) -> dict[str, str]:
    return {"where": source.where, "date": source.date}
