"""The line of a cloud file that says which release the cloud is at; everything else stays byte for byte."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from ostler.errors import InputError

LINE = re.compile(r"^release:[ \t]*(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*?)(?P<rest>[ \t]*(#[^\n]*)?)$", re.MULTILINE)


def with_release(text: str, release: str) -> str:
    """Return a cloud file's text saying another release. Raises ValueError when it has no line `release:`."""
    changed, count = LINE.subn(lambda found: f'release: "{release}"{found["rest"]}', text, count=1)
    if count != 1:
        raise ValueError("there is no line that begins with `release:`")
    return changed


def write_release(path: Path, release: str) -> None:
    """Change the release in a cloud file, at one stroke. Raises InputError when it cannot be written."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        text = with_release(path.read_text(encoding="utf-8"), release)
        fresh.touch(mode=path.stat().st_mode & 0o777)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise InputError(
            "cloud.release-not-written",
            f"the cloud is at {release} now, but {path} could not be changed to say so: {error}",
            do_next=f'write `release: "{release}"` into it',
        ) from None
