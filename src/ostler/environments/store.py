"""The store of environment archives: one folder per archive, complete or not there at all.

<store>/2024.1/nova-29.4.0-<address>/environment.tar.zst
<store>/2024.1/nova-29.4.0-<address>/manifest.json
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ostler.environments.manifest import Manifest, read_manifest
from ostler.environments.recipe import Recipe

ARCHIVE = "environment.tar.zst"
MANIFEST = "manifest.json"
PARTIAL_PREFIX = ".partial-"


@dataclass(frozen=True)
class StoredEnvironment:
    """A complete archive in the store."""

    manifest: Manifest
    archive: Path


@dataclass(frozen=True)
class EnvironmentStore:
    """Archives below one folder. Reading needs no lock: what is there is complete and never changes."""

    folder: Path

    def find(self, recipe: Recipe) -> StoredEnvironment | None:
        """The archive made by exactly this recipe; None when there is none."""
        return _read(self._place(recipe))

    def newest(self, project: str, release: str) -> StoredEnvironment | None:
        """The archive of a project and release that was built last, however it was made."""
        found = [e for e in self.list(release) if e.manifest.project == project]
        return max(found, key=lambda stored: stored.manifest.built_at, default=None)

    def list(self, release: str = "*") -> list[StoredEnvironment]:
        """Every archive of a release (or of all), ordered by release, project and version."""
        places = sorted(path.parent for path in self.folder.glob(f"{release}/*/{MANIFEST}"))
        return [stored for place in places if (stored := _read(place)) is not None]

    @contextlib.contextmanager
    def adding(self, recipe: Recipe) -> Iterator[Path]:
        """A fresh folder to put archive and manifest into; it becomes the stored one when the block ends
        without an error, and is removed otherwise. What an interrupted process left is removed first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=PARTIAL_PREFIX, dir=self.folder))
        try:
            yield partial
            place = self._place(recipe)
            place.parent.mkdir(exist_ok=True)
            shutil.rmtree(place, ignore_errors=True)
            partial.chmod(0o755)
            partial.rename(place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @contextlib.contextmanager
    def building(self) -> Iterator[None]:
        """Hold the store for building: one builder at a time. Leftovers of interrupted ones are removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for leftover in self.folder.glob(f"{PARTIAL_PREFIX}*"):
                shutil.rmtree(leftover)
            yield

    def _place(self, recipe: Recipe) -> Path:
        return self.folder / recipe.release / f"{recipe.project}-{recipe.version}-{recipe.address()}"


def _read(place: Path) -> StoredEnvironment | None:
    try:
        manifest = read_manifest((place / MANIFEST).read_text())
    except (OSError, ValueError):
        return None
    archive = place / ARCHIVE
    if not archive.is_file() or archive.stat().st_size != manifest.size_bytes:
        return None
    return StoredEnvironment(manifest, archive)
