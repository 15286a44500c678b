"""What a hop means for configuration files beyond what the harvested options tell, in a closed vocabulary."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class ConfigChange(Closed):
    """What an option means since the release `since`; a plan tells the operator `why`, and changes nothing."""

    project: str
    since: str
    file: str
    section: str
    option: str
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ConfigChangesData(Closed):
    """The file config_changes.yaml: what the harvested options do not tell."""

    changes: tuple[ConfigChange, ...]
