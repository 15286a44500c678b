"""A store of environments that only a simulated host can unpack: each archive is its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ostler.catalog import catalog_of
from ostler.catalog.project import Project
from ostler.deployment.paths import environment_path
from ostler.deployment.venv import CODE_FILES
from ostler.environments.manifest import Manifest
from ostler.environments.old_releases import PYTHON_OF, has_code
from ostler.environments.store import ARCHIVE, MANIFEST

BUILT_AT = "2026-11-20T10:00:00Z"
UNPACKED_BYTES = 150_000_000
INTERPRETER = "/opt/python/{0}/bin/python{0}"
"""Where the Pythons of old releases' environments lie, on the hosts that have them."""


def archive_of(project: Project, release: str) -> bytes:
    """Return the archive of one project and release: the manifest, with the files that configuration links to."""
    shipped = {
        name for service in project.services(release, optional=True) for name in CODE_FILES.get(service.name, ())
    }
    files = {f"etc/{project.name}/{name}": f"# {name} of {project.name} {release}\n" for name in sorted(shipped)}
    document = json.loads(_manifest(project, release).to_json())
    return json.dumps({**document, "files": files}, sort_keys=True).encode()


def fill_store(folder: Path, releases: Iterable[str]) -> None:
    """Put the archives of releases into an environment store."""
    for release in releases:
        for project in catalog_of(release).projects:
            if has_code(project, release):
                _store(folder, project, release)


def _store(folder: Path, project: Project, release: str) -> None:
    content, plain = archive_of(project, release), _manifest(project, release)
    made = plain.with_archive(hashlib.sha256(content).hexdigest(), len(content))
    place = folder / release / f"{project.name}-{made.version}-{made.address}"
    place.mkdir(parents=True, exist_ok=True)
    (place / ARCHIVE).write_bytes(content)
    (place / MANIFEST).write_text(made.to_json())


def _manifest(project: Project, release: str) -> Manifest:
    version = project.version(release)
    return Manifest(
        project=project.name,
        release=release,
        version=version,
        path=environment_path(project.name, version),
        python=PYTHON_OF.get(release, "3.11"),
        address=hashlib.sha256(f"simulated {project.name} {version}".encode()).hexdigest()[:16],
        packages={project.package: version},
        heads={d.name: tuple(sorted(project.version_rows(d.name, release))) for d in project.databases},
        unpacked_bytes=UNPACKED_BYTES,
        built_at=BUILT_AT,
        interpreter=INTERPRETER.format(PYTHON_OF[release]) if release in PYTHON_OF else "",
    )
