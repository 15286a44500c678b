"""How versions of projects and releases of OpenStack belong together.

Most projects raise their major number with every release, so that it tells the release. Others have several majors in
one release, or one major for ever: a version of theirs belongs to the release in whose range it lies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed

Numbering = Literal["by_major", "by_range", "own"]
"""`own` is a project whose versions do not follow OpenStack's releases."""


@dataclass(frozen=True, kw_only=True)
class Versions(Closed):
    """The first and the newest published version of a project in one release."""

    first: str
    last: str


def release_of(version: str, known: Mapping[str, Versions], numbering: Numbering) -> str | None:
    """The release a version belongs to; `known` are the versions of each release, from old to new. None when none does.

    Pre-releases belong to the release they lead to; a distribution's epoch and suffix are ignored
    (`2:29.2.0-0ubuntu1` is 29.2.0). A version by range may be newer than the newest one known of its release, as long
    as it is older than the first of the next; after the newest release known, only its own minor number counts.
    """
    wanted = numbers(version)
    if not wanted:
        return None
    if numbering == "by_major":
        return next((r for r, of in known.items() if numbers(of.first)[0] == wanted[0]), None)
    reached = [(numbers(of.first), release) for release, of in known.items() if numbers(of.first) <= wanted]
    if not reached:
        return None
    release = max(reached)[1]
    is_beyond = release == tuple(known)[-1] and wanted[:2] > numbers(known[release].last)[:2]
    return None if is_beyond else release


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, without its epoch: (29, 2, 0) of `2:29.2.0-0ubuntu1`; empty for none."""
    found = re.match(r"\d+(?:\.\d+)*", version.rpartition(":")[2])
    return tuple(int(part) for part in found[0].split(".")) if found else ()
