"""How commands write a file that the operator names."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FOR_ITS_OWNER = 0o600


def write_whole(path: Path, content: bytes, mode: int = FOR_ITS_OWNER) -> None:
    """Write a file whole or not at all. Raises OSError when it cannot be written; then nothing is left behind.

    What is there and is no file (a terminal, a pipe, /dev/null) stays what it is, and is written to.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.touch(mode=FOR_ITS_OWNER)
        partial.write_bytes(content)
        partial.chmod(mode)
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
