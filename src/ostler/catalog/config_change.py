"""What a hop means for configuration files beyond what the harvested options tell, in a closed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class ConfigChange(Closed):
    """One change in a configuration file of `project`, first needed in release `since`.

    `action`:
    `note` changes nothing and tells the operator `why`;
    `refuse` stands in the way of the hop where the option contains `value`: the target's code does not work with it.
    """

    project: str
    since: str
    action: Literal["note", "refuse"]
    file: str
    section: str
    option: str
    value: str | None = None
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ConfigChangesData(Closed):
    """The file config_changes.yaml: what the harvested options do not tell."""

    changes: tuple[ConfigChange, ...]
