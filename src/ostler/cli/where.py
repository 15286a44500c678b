"""Where the cloud file is: shared by every command that looks at a cloud."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.telling import say_aside
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud

VARIABLE = "OSTLER_CLOUD"
HERE = Path("cloud.yaml")

cloud_option = typer.Option(
    "--cloud",
    metavar="FILE",
    help=f"The cloud file; else ${VARIABLE}, ./{HERE}, or the only practice cloud of this machine.",
    show_default=False,
)

CloudFile = Annotated[Path | None, cloud_option]
"""The type of a command's `cloud` parameter; give it None as default and pass it to `load_cloud`."""


def load_cloud(path: Path | None) -> Cloud:
    """Return the cloud that a command is about; `path` is what --cloud said.

    Raises InputError when no file is found, and for everything wrong with the one that is.
    """
    from ostler.cloud.file import read_cloud_file

    return read_cloud_file(find_cloud_file(path))


def load_cloud_aloud(path: Path | None) -> Cloud:
    """The same, for commands that could as well have been meant for a folder: which cloud is taken is told on stderr
    when nobody named it."""
    from ostler.cloud.file import read_cloud_file

    file = find_cloud_file(path)
    cloud = read_cloud_file(file)
    if path is None:
        say_aside(f"reading the cloud {cloud.name}, by {file}")
    return cloud


def demand_one_source(folder: Path | None, cloud: Path | None) -> None:
    """Raise InputError when both a folder of logs and --cloud were given; a cloud in the environment is no wish."""
    if folder is not None and cloud is not None:
        raise InputError(
            "logs.folder-or-cloud", "a folder of logs and a cloud exclude each other", found=f"{folder}, {cloud}",
            do_next="leave out --cloud to read the folder, or the folder to read the cloud",
        )  # fmt: skip


def find_cloud_file(path: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the cloud file: --cloud, $OSTLER_CLOUD, ./cloud.yaml, or the only practice cloud of this machine.

    Raises InputError `cloud.not-found`, `cloud.none-found`, or `cloud.several-found`.
    """
    for said, by in ((path, "--cloud"), (environ.get(VARIABLE), f"${VARIABLE}")):
        if said:
            return _demand(Path(said), by)
    if HERE.is_file():
        return HERE
    practice = _practice_clouds(environ)
    if len(practice) == 1:
        return practice[0]
    if practice:
        raise InputError(
            "cloud.several-found",
            "there are several practice clouds on this machine, and no cloud was named",
            found=", ".join(str(file) for file in practice),
            do_next=f"name one: --cloud {practice[0]}",
        )
    raise InputError(
        "cloud.none-found",
        "no cloud file was found",
        expected=f"--cloud FILE, ${VARIABLE}, ./{HERE}, or a practice cloud",
        do_next="write one with `ostler init`, or make a practice cloud with `ostler practice up`",
    )


def _demand(path: Path, by: str) -> Path:
    if not path.is_file():
        raise InputError(
            "cloud.not-found",
            f"{by} names a cloud file that is not there: {path}",
            do_next="name an existing file, or write one with `ostler init`",
        )
    return path


def _practice_clouds(environ: Mapping[str, str]) -> list[Path]:
    from ostler.practice.layout import state_root

    return sorted((state_root(environ) / "practice").glob("*/cloud.yaml"))
