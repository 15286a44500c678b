"""The catalog as a whole; each file is read when it is first asked for."""

from __future__ import annotations

import difflib
import functools
from pathlib import Path

from ostler.catalog.config_change import ConfigChange, ConfigChangesData
from ostler.catalog.nova import Nova, NovaData
from ostler.catalog.order import Order
from ostler.catalog.project import Project, ProjectData
from ostler.catalog.reading import DATA, read_record
from ostler.catalog.release import Hop, Release, Releases, ReleasesData
from ostler.errors import InputError


class Catalog:
    """What is true of OpenStack, from the data files in one directory.

    Every property raises InputError `catalog.bad-data` when its file does not fit its schema.
    """

    def __init__(self, directory: Path = DATA) -> None:
        self._directory = directory
        self._projects: dict[str, Project] = {}

    @functools.cached_property
    def releases(self) -> Releases:
        return Releases(read_record(ReleasesData, self._directory / "releases.yaml"))

    @functools.cached_property
    def nova(self) -> Nova:
        return Nova(read_record(NovaData, self._directory / "nova.yaml"))

    @functools.cached_property
    def order(self) -> Order:
        return read_record(Order, self._directory / "order.yaml")

    @functools.cached_property
    def project_names(self) -> tuple[str, ...]:
        """The projects the catalog knows, in alphabetical order."""
        return tuple(sorted(path.stem for path in (self._directory / "projects").glob("*.yaml")))

    @property
    def projects(self) -> tuple[Project, ...]:
        return tuple(self.project(name) for name in self.project_names)

    def project(self, name: str) -> Project:
        """The project called `name`. Raises InputError `catalog.unknown-project`, naming the nearest."""
        if name not in self.project_names:
            near = difflib.get_close_matches(name, self.project_names, n=1)
            raise InputError(
                "catalog.unknown-project",
                f"there is no project {name!r} in the catalog",
                expected=", ".join(self.project_names),
                do_next=f"did you mean {near[0]}?" if near else "use one of those listed",
            )
        if name not in self._projects:
            data = read_record(ProjectData, self._directory / "projects" / f"{name}.yaml")
            self._projects[name] = Project(data, self.releases.order)
        return self._projects[name]

    def release(self, release_id: str) -> Release:
        """The release with this id. Raises InputError `catalog.unknown-release`, naming the nearest."""
        return self.releases.release(release_id)

    def hops_from(self, release_id: str) -> tuple[Hop, ...]:
        """The hops that leave a release, the shortest first."""
        return self.releases.hops_from(release_id)

    def hop(self, source: str, target: str) -> Hop:
        """The hop from `source` to `target`. Raises InputError `catalog.no-such-hop` when there is none."""
        return self.releases.hop(source, target)

    def config_changes(self, hop: Hop, project: str) -> tuple[ConfigChange, ...]:
        """The changes of `project`'s configuration that came after the hop's source, up to its target."""
        order = self.releases.order
        passed = order[order.index(hop.source.id) + 1 : order.index(hop.target.id) + 1]
        return tuple(c for c in self._config.changes if c.project == project and c.since in passed)

    def is_config_compared(self, hop: Hop) -> bool:
        """Whether the options of a hop's two releases were compared, so that no change of one is missing."""
        ends = {(compared.source_release, compared.target_release) for compared in self._config.compared}
        return (hop.source.id, hop.target.id) in ends

    @functools.cached_property
    def _config(self) -> ConfigChangesData:
        return read_record(ConfigChangesData, self._directory / "config_changes.yaml")


@functools.cache
def load_catalog() -> Catalog:
    """The catalog that comes with Ostler; the same object each time."""
    return Catalog()
