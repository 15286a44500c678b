"""Changes of configuration files that a hop needs, in a closed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class ConfigChange(Closed):
    """One change in a configuration file of `project`, first needed in release `since`.

    `action`:
    `set` gives the option `value` unless the operator has set it;
    `remove` takes it out;
    `rename` moves its value to `new_section`/`new_option`;
    `note` changes nothing and tells the operator `why`;
    `refuse` stands in the way of the hop where the option contains `value`: the target's code does not work with it.
    """

    project: str
    since: str
    action: Literal["set", "remove", "rename", "note", "refuse"]
    file: str
    section: str
    option: str
    value: str | None = None
    new_section: str | None = None
    new_option: str | None = None
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class Compared(Closed):
    """A hop whose two releases were compared, option by option: what `changes` does not list did not change."""

    source_release: str
    target_release: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ConfigChangesData(Closed):
    """The file config_changes.yaml. Of a hop that is not `compared`, `changes` may lack some."""

    compared: tuple[Compared, ...]
    changes: tuple[ConfigChange, ...]
