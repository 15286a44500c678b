"""What the harvest cannot tell of options: what changed its meaning or form, and which groups an operator names."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ostler.catalog.reading import DATA, read_record
from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class OfProjects(Closed):
    """Something true of some projects; none named means of all. `source` says where from and since when."""

    projects: tuple[str, ...] = ()
    source: Source

    def is_of(self, project: str) -> bool:
        return not self.projects or project in self.projects


@dataclass(frozen=True, kw_only=True)
class DynamicGroup(OfProjects):
    """Groups that an operator names, and whose options the catalog therefore has elsewhere or not at all.

    A group is one of them when its name is an item of the option `named_by` (group/name; of an item `name:type` the
    name), when it sets the option `having`, or when its name matches `pattern`. Its options are those of the groups
    `templates` (shell patterns); with none, nobody knows them.
    """

    named_by: str | None = None
    having: str | None = None
    pattern: str | None = None
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DynamicOption(OfProjects):
    """Options of a known group whose names follow `pattern`, which nobody can list."""

    group: str
    pattern: str


@dataclass(frozen=True, kw_only=True)
class Rename(OfProjects):
    """An old place of an option that the harvested releases know no more; `why` is for the operator."""

    group: str
    option: str
    new_group: str
    new_option: str
    why: str


@dataclass(frozen=True, kw_only=True)
class GroupRename(OfProjects):
    """A group's old spelling, which oslo.config does not mind and other programs do."""

    group: str
    new_group: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Removal(OfProjects):
    """An option that nothing reads any more, and that needs nothing in its place."""

    group: str
    option: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Question(Closed):
    """What somebody must decide about an item, which the code of `since` is the first not to have."""

    since: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ValueChange(OfProjects):
    """Items of a value that have another name now (`items`, and `why`), or about which somebody must decide (`ask`)."""

    group: str
    option: str
    items: Mapping[str, str] = field(default_factory=dict)
    ask: Mapping[str, Question] = field(default_factory=dict)
    why: str = ""

    def gone(self, value: str, later: Collection[str]) -> Mapping[str, Question]:
        """The items of a value that a release does not have; `later` are the releases after it."""
        items = dict.fromkeys(item.strip() for item in value.split(","))
        return {item: self.ask[item] for item in items if item in self.ask and self.ask[item].since not in later}


@dataclass(frozen=True, kw_only=True)
class Credentials(OfProjects):
    """A group that used to name a service user in words of its own; `names` are old and new words.

    `parts` are the old words of an address in pieces: protocol, host, port, path.
    """

    group: str
    names: Mapping[str, str]
    parts: tuple[str, ...] = ()
    why: str


@dataclass(frozen=True, kw_only=True)
class Replacement(OfProjects):
    """A text in a file that is no configuration file of oslo.config."""

    old: str
    new: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Explained(Closed):
    """Why something is done, and where that is known from."""

    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class Domains(Explained):
    """Users and projects that need a domain: `since` is the first release whose keystone finds none without."""

    since: str


@dataclass(frozen=True, kw_only=True)
class ConfigKnown(Closed):
    """The file config_known.yaml."""

    dynamic_groups: tuple[DynamicGroup, ...]
    dynamic_options: tuple[DynamicOption, ...]
    transport_url: Explained
    domains: Domains
    policy_file: Explained
    credentials: tuple[Credentials, ...]
    groups: tuple[GroupRename, ...]
    renames: tuple[Rename, ...]
    removals: tuple[Removal, ...]
    values: tuple[ValueChange, ...]
    replacements: tuple[Replacement, ...]


@functools.cache
def load_config_known() -> ConfigKnown:
    """The file that comes with Ostler. Raises InputError `catalog.bad-data` when it does not fit its schema."""
    return read_record(ConfigKnown, DATA / "config_known.yaml")
