"""The options of each project, harvested from its own code; each project's file is read when it is first asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from ostler.catalog.nearest import did_you_mean
from ostler.catalog.option import Option, Place, option_from
from ostler.catalog.option_file import PLUGINS, OptionFile, read_option_file
from ostler.catalog.reading import DATA
from ostler.errors import InputError

OPTIONS_DIR = DATA / "options"
SUFFIX = ".jsonl"


class ProjectOptions:
    """The options of one project in every harvested release."""

    def __init__(self, file: OptionFile) -> None:
        self._file = file
        self._at: dict[str, Mapping[Place, Option]] = {}

    @property
    def project(self) -> str:
        return self._file.project

    @property
    def releases(self) -> tuple[str, ...]:
        """The harvested releases, from old to new."""
        return tuple(self._file.releases)

    def version(self, release: str) -> str:
        """The version of the project whose code was asked."""
        return self._file.releases[release]["version"]

    def at(self, release: str) -> Mapping[Place, Option]:
        """Every option of a release by its place. Raises InputError `catalog.not-harvested` for another release."""
        return {place: option for place, option in self.all_at(release).items() if place[0] != PLUGINS}

    def all_at(self, release: str) -> Mapping[Place, Option]:
        """Every option of a release, those of keystoneauth's plugins in the group PLUGINS.

        Raises InputError `catalog.not-harvested` for a release that is not.
        """
        if release not in self._at:
            records = self._file.records_at(self._harvested(release))
            self._at[release] = {place: option_from(*place, record) for place, record in records}
        return self._at[release]

    def between(self, source: str, target: str) -> tuple[str, ...]:
        """The harvested releases from `source` to `target`, both included.

        Raises InputError `catalog.not-harvested` for one that is not, and `config.not-forward` when `target` is older.
        """
        start, end = (self.releases.index(self._harvested(release)) for release in (source, target))
        if start > end:
            raise InputError(
                "config.not-forward",
                f"{target} is older than {source}: configuration is carried to later releases only",
                do_next="give the releases the other way round",
            )
        return self.releases[start : end + 1]

    def later_than(self, release: str) -> tuple[str, ...]:
        """The harvested releases after this one. Raises InputError `catalog.not-harvested` for one that is not."""
        return self.releases[self.releases.index(self._harvested(release)) + 1 :]

    def _harvested(self, release: str) -> str:
        if release not in self.releases:
            raise InputError(
                "catalog.not-harvested",
                f"the options of {self.project} in release {release!r} were not harvested",
                expected=", ".join(self.releases),
                do_next="choose one of these releases, or harvest it: ostler catalog harvest --release RELEASE",
            )
        return release


def harvested_projects(directory: Path = OPTIONS_DIR) -> tuple[str, ...]:
    """The projects whose options are known, in alphabetical order."""
    return tuple(sorted(path.stem for path in directory.glob(f"*{SUFFIX}")))


def load_options(project: str, directory: Path = OPTIONS_DIR) -> ProjectOptions:
    """The options of a project. Raises InputError `catalog.no-options` when none were harvested, naming the nearest."""
    known = harvested_projects(directory)
    if project not in known:
        raise InputError(
            "catalog.no-options",
            f"the options of {project!r} are not in the catalog",
            expected=", ".join(known),
            do_next=did_you_mean(project, known),
        )
    return _load(directory / f"{project}{SUFFIX}")


@functools.cache
def _load(path: Path) -> ProjectOptions:
    return ProjectOptions(read_option_file(path.read_text(encoding="utf-8"), path.name))
