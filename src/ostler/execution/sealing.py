"""Encryption of what is kept on this machine, for an age recipient.

What is large is encrypted and decrypted on its way, a piece at a time, and never lies on a disk in plain text.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from ostler.errors import InputError, NoSpace
from ostler.remote.copying import replacing

ENCRYPTED = ".age"


@dataclass(frozen=True)
class Sealing:
    """How saved bytes are encrypted: for `recipient` (an age public key; None: they are not), and read back with
    the age identity in the file `identity`."""

    recipient: str | None = None
    identity: Path | None = None

    def seal(self, content: bytes) -> bytes:
        """Encrypt. Raises InputError for a recipient that is none."""
        import pyrage

        return bytes(pyrage.encrypt(content, [self._recipient()]))

    @contextlib.contextmanager
    def sealed(self, target: Path) -> Iterator[IO[bytes]]:
        """Yield a file whose bytes are encrypted on their way into `target`, which is whole and on disk when the block
        ended well, and as it was when it did not. Raises InputError for a recipient that is none, NoSpace."""
        import pyrage

        recipient = self._recipient()
        of_the_block: list[BaseException] = []
        try:
            with replacing(target) as file, _written_to(partial(_encrypt, file, recipient)) as plain:
                try:
                    yield plain
                except BaseException as error:
                    of_the_block.append(error)
                    raise
        except (OSError, pyrage.EncryptError) as error:
            if error in of_the_block:
                raise
            raise unwritable(target, str(error)) from None

    def _recipient(self) -> object:
        import pyrage

        try:
            return pyrage.x25519.Recipient.from_str(self.recipient)
        except pyrage.RecipientError as error:
            raise InputError(
                "execution.bad-age-recipient",
                f"this is no age recipient: {error}",
                do_next="set OSTLER_AGE_RECIPIENT to the public key that age-keygen prints (age1…), or unset it",
            ) from None

    def open(self, content: bytes) -> bytes:
        """Decrypt. Raises InputError without the right identity."""
        import pyrage

        with self._opening():
            return bytes(pyrage.decrypt(content, self._identities()))

    @contextlib.contextmanager
    def unsealed(self, source: Path) -> Iterator[IO[bytes]]:
        """Yield the decrypted bytes of a large file. Raises InputError without the right identity, and when it is
        damaged or cannot be read: where the block read all there was, as it ends."""
        import pyrage

        with self._opening():
            identities = self._identities()

        def decrypt(plain: IO[bytes]) -> None:
            with self._opening():
                try:
                    with source.open("rb") as file:
                        pyrage.decrypt_io(file, plain, identities)
                except OSError as error:
                    raise InputError(
                        "execution.copy-damaged",
                        f"{source} cannot be read and decrypted: {error}",
                        do_next="put that file back from a backup of the state folder, then resume",
                    ) from None

        with _read_from(decrypt) as plain:
            yield plain

    def _identities(self) -> list[object]:
        import pyrage

        if self.identity is None:
            raise InputError(
                "execution.age-identity-missing",
                "the saved files are encrypted and no age identity was given",
                do_next="name the identity file in OSTLER_AGE_IDENTITY",
            )
        lines = [line for line in self.identity.read_text().splitlines() if line and not line.startswith("#")]
        return [pyrage.x25519.Identity.from_str(line) for line in lines]

    @contextlib.contextmanager
    def _opening(self) -> Iterator[None]:
        import pyrage

        try:
            yield
        except (OSError, ValueError, pyrage.IdentityError, pyrage.DecryptError) as error:
            raise InputError(
                "execution.age-identity-wrong",
                f"{self.identity} does not open the saved files: {error}",
                do_next="name the file that age-keygen wrote for this recipient in OSTLER_AGE_IDENTITY",
            ) from None


def _encrypt(sealed: IO[bytes], recipient: object, plain: IO[bytes]) -> None:
    import pyrage

    pyrage.encrypt_io(plain, sealed, [recipient])


def unwritable(path: Path, why: str) -> NoSpace:
    """The error for a file of the state folder that cannot be written."""
    return NoSpace(
        "execution.vault-unwritable",
        f"{path} cannot be written: {why}",
        do_next="free space on that disk, then `ostler resume`",
    )


@contextlib.contextmanager
def _written_to(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """Yield a file; `work` reads in a thread of its own what is written to it. Raises what `work` raises."""
    reading, writing = os.pipe()

    def read_all() -> None:
        with os.fdopen(reading, "rb") as source:
            work(source)

    with ThreadPoolExecutor(1, thread_name_prefix="sealing") as pool:
        done = pool.submit(read_all)
        try:
            with os.fdopen(writing, "wb") as sink:
                yield sink
        except BrokenPipeError:
            done.result()  # it ended before all was written: what it has to say comes first
            raise
        done.result()


@contextlib.contextmanager
def _read_from(work: Callable[[IO[bytes]], None]) -> Iterator[IO[bytes]]:
    """Yield a file with what `work` writes in a thread of its own. Raises what `work` raises, unless the block left
    something unread: then it did not want to know."""
    reading, writing = os.pipe()

    def write_all() -> None:
        with os.fdopen(writing, "wb") as sink:
            work(sink)

    with ThreadPoolExecutor(1, thread_name_prefix="unsealing") as pool:
        done = pool.submit(write_all)
        with os.fdopen(reading, "rb") as source:
            yield source
            is_all = not source.read(1)
        if is_all:
            done.result()
