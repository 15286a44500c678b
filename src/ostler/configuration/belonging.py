"""Whose configuration a file is, where its name or its options leave no doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from ostler.catalog.options import harvested_projects, load_options
from ostler.configuration.file import ConfigFile


def project_of(files: Mapping[str, ConfigFile], release: str) -> str | None:
    """The one project whose services read these files, by their names; None where these name none or several.

    A file that tells nothing by its name or folder belongs to the one project that knows all of its options in
    `release`.
    """
    projects = harvested_projects()
    found = {_by_path(Path(name), projects) or _by_options(file, projects, release) for name, file in files.items()}
    return found.pop() if len(found) == 1 else None


def _by_path(path: Path, projects: Sequence[str]) -> str | None:
    """By the name (nova.conf, glance-api.conf), then by the folder below etc (/etc/neutron/plugins/ml2/sriov.ini)."""
    word = path.name.partition(".")[0].partition("-")[0]
    below_etc = (folder for above, folder in pairwise(path.parts) if above == "etc")
    return next((name for name in (word, *below_etc) if name in projects), None)


def _by_options(file: ConfigFile, projects: Sequence[str], release: str) -> str | None:
    places = {block.place for block in file.options()}
    harvested = (load_options(name) for name in projects)
    knowing = [of.project for of in harvested if release in of.releases and places <= of.at(release).keys()]
    return knowing[0] if len(knowing) == 1 else None
