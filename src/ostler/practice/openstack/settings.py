"""Settings of OpenStack's services as data, and writing them as configuration files.

A value that is secret, or holds one (a database's address), is a Secret until the file is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostler.secret import Secret

Value = str | int | float | bool | Secret
Section = Mapping[str, Value]
Settings = Mapping[str, Section]


@dataclass(frozen=True)
class HostFile:
    """A file of a host; `owner` is `user:group`. Its content may hold secrets, so it is one."""

    path: str
    content: Secret
    owner: str = "root:root"
    mode: int = 0o644


def ini(settings: Settings) -> Secret:
    """The settings as an INI file."""
    sections = (
        f"[{name}]\n" + "".join(f"{key} = {_text(value)}\n" for key, value in section.items())
        for name, section in settings.items()
    )
    return Secret("\n".join(sections))


def merged(*parts: Settings) -> Settings:
    """All sections of all parts; where two say something about one key, the later one counts."""
    result: dict[str, dict[str, Value]] = {}
    for part in parts:
        for name, section in part.items():
            result.setdefault(name, {}).update(section)
    return result


def joined(separator: str, parts: Sequence[str | Secret]) -> Secret:
    """A secret made of several parts."""
    return Secret(separator.join(part.reveal() if isinstance(part, Secret) else part for part in parts))


def _text(value: Value) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value).lower() if isinstance(value, bool) else str(value)
