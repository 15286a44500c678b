"""The catalog as a whole; each file is read when it is first asked for."""

from __future__ import annotations

import functools
from pathlib import Path

from ostler.catalog.blocker import Blocker, BlockersData
from ostler.catalog.config_change import ConfigChange, ConfigChangesData
from ostler.catalog.infrastructure import Component, InfrastructureData
from ostler.catalog.joined import joined_nova, joined_project
from ostler.catalog.listed import ListedProject
from ostler.catalog.nearest import did_you_mean
from ostler.catalog.nova import Nova, NovaData
from ostler.catalog.order import Order, WholeOrder
from ostler.catalog.orphan import Orphan, OrphansData
from ostler.catalog.project import Project, ProjectData
from ostler.catalog.reading import DATA, read_record
from ostler.catalog.record import Source
from ostler.catalog.release import Hop, Release, Releases, ReleasesData
from ostler.catalog.remnant import Remnant, RemnantsData
from ostler.catalog.units import UnitNames, UnitsData
from ostler.errors import InputError


class Catalog:
    """What is true of OpenStack, from the data files in one directory.

    `releases`, `projects` and `nova` are what Ostler plans with; `all_releases`, `past`, `past_nova` and `listed` are
    facts beside them, from files that are read only when they are asked for. `is_whole`: it plans with the past as
    well, where the services are stopped; see `reaching`.
    Every property raises InputError `catalog.bad-data` when its file does not fit its schema.
    """

    def __init__(self, directory: Path = DATA, *, is_whole: bool = False) -> None:
        self._directory = directory
        self._is_whole = is_whole
        self._projects: dict[str, Project] = {}
        self._past: dict[str, Project] = {}
        self._listed: dict[str, ListedProject] = {}

    def reaching(self, *releases: str) -> Catalog:
        """The catalog to plan with where a way touches these releases: one in which a project's past and present are
        one, when any of them is past; else this one."""
        return self._whole if any(map(self.is_past, releases)) else self

    @functools.cached_property
    def _whole(self) -> Catalog:
        return Catalog(self._directory, is_whole=True)

    @functools.cached_property
    def releases(self) -> Releases:
        """The releases Ostler plans hops between and builds practice clouds of."""
        data = self._releases_data
        return Releases(data, since=data.stopped_since if self._is_whole else data.planned_since)

    @functools.cached_property
    def all_releases(self) -> Releases:
        """Every release there are facts about: those of `releases`, and those before them."""
        return Releases(self._releases_data)

    @functools.cached_property
    def _releases_data(self) -> ReleasesData:
        return read_record(ReleasesData, self._directory / "releases.yaml")

    @functools.cached_property
    def nova(self) -> Nova:
        now = read_record(NovaData, self._directory / "nova.yaml")
        return Nova(joined_nova(self._past_nova_data, now) if self._is_whole else now)

    @functools.cached_property
    def past_nova(self) -> Nova:
        """What holds between releases of nova before 2023.1."""
        return Nova(self._past_nova_data)

    @functools.cached_property
    def _past_nova_data(self) -> NovaData:
        return read_record(NovaData, self._directory / "past" / "between_nova.yaml")

    @functools.cached_property
    def order(self) -> Order:
        return read_record(Order, self._directory / "order.yaml")

    @functools.cached_property
    def whole_order(self) -> WholeOrder:
        """The order of every project, those of `listed` among them."""
        return read_record(WholeOrder, self._directory / "whole_order.yaml")

    @functools.cached_property
    def blockers(self) -> tuple[Blocker, ...]:
        """What is known to stand in the way of upgrades, as it showed itself to those who met it."""
        return read_record(BlockersData, self._directory / "blockers.yaml").blockers

    @functools.cached_property
    def orphans(self) -> tuple[Orphan, ...]:
        """Rows that belong to nothing, or that something is missing of."""
        return read_record(OrphansData, self._directory / "orphans.yaml").orphans

    @functools.cached_property
    def remnants(self) -> tuple[Remnant, ...]:
        """What schemas that came a long way are known to keep, without harm."""
        return read_record(RemnantsData, self._directory / "remnants.yaml").remnants

    @functools.cached_property
    def infrastructure(self) -> InfrastructureData:
        """What holds for the databases, message queues and storage below OpenStack."""
        return read_record(InfrastructureData, self._directory / "infrastructure.yaml")

    @functools.cached_property
    def units(self) -> tuple[UnitNames, ...]:
        """What distributions call the units of services."""
        return read_record(UnitsData, self._directory / "units.yaml").units

    @functools.cached_property
    def project_names(self) -> tuple[str, ...]:
        """The projects Ostler upgrades, in alphabetical order."""
        return self._names_in("projects")

    @functools.cached_property
    def listed_names(self) -> tuple[str, ...]:
        """The projects of which the catalog lists facts, and which Ostler does not upgrade, in alphabetical order."""
        return self._names_in("listed")

    def _names_in(self, folder: str) -> tuple[str, ...]:
        return tuple(sorted(path.stem for path in (self._directory / folder).glob("*.yaml")))

    @property
    def projects(self) -> tuple[Project, ...]:
        return tuple(self.project(name) for name in self.project_names)

    @property
    def service_users(self) -> tuple[str, ...]:
        """The users that services of the projects run as, each once."""
        return tuple(dict.fromkeys(project.user for project in self.projects))

    def project(self, name: str) -> Project:
        """The project called `name`, among those Ostler upgrades.

        Raises InputError `catalog.unknown-project`, naming the nearest, and `catalog.project-not-planned` for one of
        which it only lists facts.
        """
        if name not in self.project_names:
            raise self._not_planned(name)
        if name not in self._projects:
            data = read_record(ProjectData, self._directory / "projects" / f"{name}.yaml")
            order = self.releases.order
            if self._is_whole:
                order = self.all_releases.order
                data = joined_project(self.past(name).data, data, order)
            self._projects[name] = Project(data, order)
        return self._projects[name]

    def past(self, name: str) -> Project:
        """What was true of a project Ostler upgrades in the releases before 2023.1.

        Raises InputError as `project` does.
        """
        if name not in self.project_names:
            raise self._not_planned(name)
        if name not in self._past:
            data = read_record(ProjectData, self._directory / "past" / f"{name}.yaml")
            self._past[name] = Project(data, self.all_releases.order)
        return self._past[name]

    def project_in(self, name: str, release: str) -> Project | None:
        """The facts of a project Ostler upgrades that hold for `release`, past or not; None when it was no part of it.

        Raises InputError as `project` does.
        """
        project = self.project(name)
        if release not in project.releases:
            project = self.past(name)
        return project if release in project.releases else None

    def release_of(self, name: str, version: str) -> str | None:
        """The release that a version of any project belongs to; None when the catalog knows none.

        Raises InputError `catalog.unknown-project`.
        """
        if name in self.project_names:
            return self.project(name).release_of(version) or self.past(name).release_of(version)
        return self.listed(name).release_of(version)

    def listed(self, name: str) -> ListedProject:
        """The project called `name`, among those that are only listed. Raises InputError `catalog.unknown-project`."""
        if name not in self.listed_names:
            raise self._unknown_project(name)
        if name not in self._listed:
            self._listed[name] = read_record(ListedProject, self._directory / "listed" / f"{name}.yaml")
        return self._listed[name]

    def _not_planned(self, name: str) -> InputError:
        if name not in self.listed_names:
            return self._unknown_project(name)
        return InputError(
            "catalog.project-not-planned",
            f"Ostler knows facts about {name}, and does not upgrade it yet",
            expected=", ".join(self.project_names),
            do_next=f"see its versions, commands and checks: ostler catalog project {name}; upgrade it as its own "
            "guide says",
        )

    def _unknown_project(self, name: str) -> InputError:
        known = sorted((*self.project_names, *self.listed_names))
        return InputError(
            "catalog.unknown-project",
            f"there is no project {name!r} in the catalog",
            expected=", ".join(known),
            do_next=did_you_mean(name, known),
        )

    def release(self, release_id: str) -> Release:
        """The release with this id, among those Ostler plans with.

        Raises InputError `catalog.unknown-release`, naming the nearest, and `catalog.release-not-planned` for one of
        which it only knows facts.
        """
        if self.is_past(release_id):
            raise self._release_not_planned(release_id, self._way_here(release_id))
        return self.releases.release(release_id)

    def release_of_cloud(self, release_id: str) -> Release:
        """The release with this id, among those that clouds are upgraded from, rolling or with their services stopped.
        Raises InputError as `release` does."""
        return self.reaching(release_id).release(release_id)

    def hops_from(self, release_id: str) -> tuple[Hop, ...]:
        """The hops that leave a release, the shortest first. Raises InputError as `release` does."""
        return self.releases.hops_from(self.release(release_id).id)

    def hop(self, source: str, target: str) -> Hop:
        """The hop from `source` to `target`.

        Raises InputError `catalog.no-such-hop` when there is none, and as `release` does for either end.
        """
        here = self.release(source)
        if self.is_past(target):
            raise self._release_not_planned(target, f"an upgrade goes on from {here.id}: ostler catalog hops {here.id}")
        there = self.release(target)
        try:
            return self.releases.hop(here.id, there.id)
        except InputError as error:
            if self.releases.chain(here.id, there.id):
                error.do_next += "; or plan them all in one, with the APIs away for a while: --strategy fast-forward"
            raise

    def way(self, source: str, target: str) -> tuple[Hop, ...]:
        """The fewest hops that lead from `source` to `target`, none of them exceptional; before 2023.1 that is every
        release.

        Raises InputError `catalog.no-such-hop` when none do, and as `release` does for either end.
        """
        known = self.reaching(source, target)
        here, there = known.release(source).id, known.release(target).id
        return known.releases.chain(here, there) or (known.hop(here, there),)

    def is_past(self, release_id: str) -> bool:
        """Whether a release lies before those that `releases` has."""
        return release_id not in self.releases.order and release_id in self.all_releases.order

    def _way_here(self, release_id: str) -> str:
        if self._is_before_all(release_id):
            first = self._releases_data.stopped_since
            return (
                f"bring the cloud to {first} as the releases' own guides say (what stands in the way: "
                f"ostler catalog hops {release_id} --to {first}); Ostler plans ways that begin there"
            )
        first = self.releases.order[0]
        return (
            "go over many releases in one plan, with the APIs away for a while: --strategy replace --onto NEW.yaml, on "
            "new controllers (the old ones are only stopped), or --strategy fast-forward, where the controllers run "
            f"what the target needs; what stands in the way: ostler catalog hops {release_id} --to {first}"
        )

    def _is_before_all(self, release_id: str) -> bool:
        order = self.all_releases.order
        return order.index(release_id) < order.index(self._releases_data.stopped_since)

    def _release_not_planned(self, release_id: str, do_next: str) -> InputError:
        if self._is_before_all(release_id):
            said = f"Ostler knows facts about {release_id}, and plans no upgrade from or to it"
        else:
            said = f"Ostler plans no rolling upgrade from or to {release_id}, only with the services stopped"
        return InputError(
            "catalog.release-not-planned",
            said,
            found=release_id,
            expected=f"a release from {self.releases.order[0]} to {self.releases.order[-1]}",
            do_next=do_next,
        )

    def blockers_of(self, source: str, target: str) -> tuple[Blocker, ...]:
        """The known blockers of a way from `source` to `target`, in the order they are listed.

        Those are counted that show themselves in a release after `source`, up to `target`. Raises InputError
        `catalog.unknown-release`.
        """
        order = self.all_releases.order
        here, there = (order.index(self.all_releases.release(end).id) for end in (source, target))
        passed = order[here + 1 : there + 1]
        return tuple(b for b in self.blockers if any(b.is_true_in(release, order) for release in passed))

    def components(self, name: str | None) -> tuple[Component, ...]:
        """The components below OpenStack (None), or the one called `name`.

        Raises InputError `catalog.unknown-component`, naming the nearest.
        """
        known = {component.name: component for component in self.infrastructure.components}
        if name is None:
            return tuple(known.values())
        if name not in known:
            raise InputError(
                "catalog.unknown-component",
                f"there is no component {name!r} in the catalog",
                expected=", ".join(known),
                do_next=did_you_mean(name, known),
            )
        return (known[name],)

    def source_of(self, release: Release) -> Source:
        """Where the facts of a release were read."""
        return release.source or self._releases_data.source

    def blocker(self, name: str) -> Blocker | None:
        """The known blocker with this name (its code); None when there is none."""
        return next((blocker for blocker in self.blockers if blocker.code == name), None)

    def config_changes(self, hop: Hop, project: str) -> tuple[ConfigChange, ...]:
        """The changes of `project`'s configuration that came after the hop's source, up to its target."""
        passed = self.passed(hop)
        return tuple(c for c in self._config.changes if c.project == project and c.since in passed)

    def passed(self, hop: Hop) -> tuple[str, ...]:
        """The releases that came after the hop's source, up to its target."""
        order = self.releases.order
        return tuple(order[order.index(hop.source.id) + 1 : order.index(hop.target.id) + 1])

    @functools.cached_property
    def _config(self) -> ConfigChangesData:
        return read_record(ConfigChangesData, self._directory / "config_changes.yaml")


@functools.cache
def load_catalog() -> Catalog:
    """The catalog that comes with Ostler; the same object each time."""
    return Catalog()


def catalog_of(release: str) -> Catalog:
    """The catalog that comes with Ostler, as a cloud of this release needs it."""
    return load_catalog().reaching(release)


def projects_of(release: str) -> tuple[Project, ...]:
    """The projects that are part of a release, with the facts that hold for a cloud of it."""
    return tuple(project for project in catalog_of(release).projects if release in project.releases)


def is_past(release: str) -> bool:
    """Whether a release lies before those that today's clouds are upgraded between while they serve."""
    return load_catalog().is_past(release)
