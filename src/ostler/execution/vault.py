"""Saved bytes of one run, by their sha256: configuration files as they were, which may hold secrets.

Only their owner can read them; with an age recipient set they are encrypted, and read back with the identity file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

from ostler.errors import InputError
from ostler.execution.home import Home
from ostler.execution.sealing import ENCRYPTED, Sealing, unwritable

FILE_MODE = 0o600


class Vault:
    """The saved bytes of one run; looks into the other runs of the same home for bytes it does not have, since a
    way back is a run of its own."""

    def __init__(self, home: Home, run: str, sealing: Sealing | None = None) -> None:
        self._home = home
        self._folder = home.run_folder(run) / "vault"
        self._sealing = sealing or Sealing()

    def keep(self, content: bytes) -> str:
        """Keep bytes, on disk when this returns, and return their sha256. Raises NoSpace."""
        digest = hashlib.sha256(content).hexdigest()
        name = digest + (ENCRYPTED if self._sealing.recipient else "")
        if not (self._folder / name).exists():
            stored = self._sealing.seal(content) if self._sealing.recipient else content
            write_durably(self._folder / name, stored)
        return digest

    def get(self, digest: str) -> bytes:
        """Return kept bytes, checked. Raises InputError when they are not there, or are damaged."""
        found = self._find(digest)
        content = found.read_bytes()
        if found.suffix == ENCRYPTED:
            content = self._sealing.open(content)
        if hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                "execution.vault-damaged",
                f"{found} was changed after it was saved",
                expected=digest,
                do_next="put that file back from a backup of the state folder: without it, this cannot be taken back",
            )
        return content

    def _find(self, digest: str) -> Path:
        if not digest.isalnum():
            raise InputError("execution.not-in-vault", f"{digest!r} is no sha256")
        folders = [self._folder, *sorted(self._home.folder.glob("runs/*/vault"), reverse=True)]
        for folder in folders:
            for name in (digest, digest + ENCRYPTED):
                if (folder / name).is_file():
                    return folder / name
        raise InputError(
            "execution.not-in-vault",
            f"the saved bytes {digest[:16]}… are not in {self._home.folder}",
            do_next="run this on the machine (or with the OSTLER_HOME) that the first run was carried out on",
        )


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there, with mode 0600, on disk when this returns. Raises NoSpace."""
    # Lanes of several hosts keep equal bytes under one name at the same time.
    partial = path.with_name(f".{path.name}.{threading.get_native_id()}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise unwritable(path, str(error.strerror)) from None


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
