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
    `note` changes nothing and tells the operator `why`.
    `is_required` says that the target's code does not work without it.
    """

    project: str
    since: str
    action: Literal["set", "remove", "rename", "note"]
    file: str
    section: str
    option: str
    value: str | None = None
    new_section: str | None = None
    new_option: str | None = None
    is_required: bool = False
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ConfigChangesData(Closed):
    """The file config_changes.yaml."""

    changes: tuple[ConfigChange, ...]
