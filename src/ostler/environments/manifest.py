"""What an environment holds, as JSON: once inside it and once beside its archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """One built environment.

    `address` says what it was made of, `sha256` and `size_bytes` describe its archive (empty and 0 in the
    copy inside the archive, which cannot know them); `heads` are the schema revisions its code leaves, by
    database; `packages` are distributions and versions; `unpacked_bytes` is the room it takes on a host;
    `built_at` is an ISO time in UTC; `interpreter` is the program it runs with where that is not the hosts' own, at its
    path on the machine that built it (empty: it is).
    """

    project: str
    release: str
    version: str
    path: str
    python: str
    address: str
    packages: Mapping[str, str]
    heads: Mapping[str, tuple[str, ...]]
    unpacked_bytes: int
    built_at: str
    sha256: str = ""
    size_bytes: int = 0
    interpreter: str = ""
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    def with_archive(self, sha256: str, size_bytes: int) -> Manifest:
        """The same manifest, now that the archive is there."""
        return replace(self, sha256=sha256, size_bytes=size_bytes)


def read_manifest(text: str) -> Manifest:
    """Read what `to_json` wrote. Raises ValueError for another format or anything else."""
    loaded = json.loads(text)
    if not isinstance(loaded, dict) or loaded.get("format") != FORMAT:
        raise ValueError(f"not an environment manifest of format {FORMAT}")
    loaded["heads"] = {database: tuple(heads) for database, heads in loaded["heads"].items()}
    try:
        return Manifest(**loaded)
    except TypeError as error:
        raise ValueError(f"not an environment manifest: {error}") from None
