"""Where the options of a file's groups are known: in the catalog's group of that name, and elsewhere for groups that
an operator names and those that authentication plugins read from."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from functools import cached_property

from ostler.catalog.config_known import ConfigKnown, DynamicGroup
from ostler.catalog.option import DEFAULT, Option, Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.file import ConfigFile

PLUGIN_CHOOSERS = ("auth_type", "auth_plugin")
"""A group with one of these is read by a plugin of keystoneauth."""

SECTION = "auth_section"
"""Names another group that the plugin reads."""


class FileGroups:
    """The groups of one file, with what `options` (of one release, plugins' ones with them) has for them."""

    def __init__(self, project: str, file: ConfigFile, options: Mapping[Place, Option], known: ConfigKnown) -> None:
        self._file = file
        self._options = options
        self._dynamic = [each for each in known.dynamic_groups if each.is_of(project)]
        self._dynamic_options = [each for each in known.dynamic_options if each.is_of(project)]

    def homes(self, group: str) -> tuple[str, ...]:
        """The groups of the catalog in which the options of a group may be known; it comes first itself."""
        found = [_key(group)]
        for each in self._dynamic:
            if self._is_one(each, group):
                found += [
                    name for pattern in each.templates for name in self.known if fnmatch.fnmatchcase(name, pattern)
                ]
        if self._is_read_by_plugins(_key(group)):
            found.append(PLUGINS)
        return tuple(dict.fromkeys(found))

    def is_open(self, group: str, name: str) -> bool:
        """Whether nobody can list the options of a group, or the name follows a pattern of such options."""
        if any(not each.templates and self._is_one(each, group) for each in self._dynamic):
            return True
        return any(
            each.group == _key(group) and fnmatch.fnmatchcase(name, each.pattern) for each in self._dynamic_options
        )

    def find(self, group: str, name: str) -> Option | None:
        """The option that a place of the file sets; None when no home of its group has it."""
        return next((self._options[place] for place in self.places(group, name) if place in self._options), None)

    def places(self, group: str, name: str) -> list[Place]:
        """The places of the catalog in which an option of the file may be known."""
        return [(home, place_of(home, name)[1]) for home in self.homes(group)]

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The groups of the catalog."""
        return tuple(dict.fromkeys(group for group, _ in self._options))

    @cached_property
    def _always_read_by_plugins(self) -> frozenset[str]:
        return frozenset(group for group, name in self._options if name in PLUGIN_CHOOSERS)

    def _is_read_by_plugins(self, group: str) -> bool:
        """Whether the release, or the file as it is now, has a plugin read a group."""
        if group in self._always_read_by_plugins:
            return True
        return any(
            block.place[0] == group if block.place[1] in PLUGIN_CHOOSERS else _key(block.value) == group
            for block in self._file.options()
            if block.place[1] in (*PLUGIN_CHOOSERS, SECTION)
        )

    def _is_one(self, dynamic: DynamicGroup, group: str) -> bool:
        if group == DEFAULT:
            return False
        if dynamic.pattern is not None:
            return fnmatch.fnmatchcase(_key(group), dynamic.pattern) and _key(group) not in self.known
        if dynamic.having is not None:
            return bool(self._file.options(place_of(group, dynamic.having)))
        naming_group, _, option = (dynamic.named_by or "").partition("/")
        value = self._file.value(naming_group, option) or ""
        return group in [item.strip().partition(":")[0].strip() for item in value.split(",")]


class SettledGroups(FileGroups):
    """Those of a file that nobody changes any more: what was looked for once is remembered, however long the file."""

    def __init__(self, project: str, file: ConfigFile, options: Mapping[Place, Option], known: ConfigKnown) -> None:
        super().__init__(project, file, options, known)
        self._homes: dict[str, tuple[str, ...]] = {}
        self._open: dict[Place, bool] = {}

    def homes(self, group: str) -> tuple[str, ...]:
        if group not in self._homes:
            self._homes[group] = super().homes(group)
        return self._homes[group]

    def is_open(self, group: str, name: str) -> bool:
        if (group, name) not in self._open:
            self._open[group, name] = super().is_open(group, name)
        return self._open[group, name]


def _key(group: str) -> str:
    return place_of(group, "")[0]
