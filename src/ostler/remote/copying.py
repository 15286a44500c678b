"""Copying large files through a command's input or output, a piece at a time, whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ostler.commands import CommandResult
from ostler.errors import HostUnreachable
from ostler.remote.errors_map import chattering, failed
from ostler.remote.protocol import Content, Opening
from ostler.remote.sessions import Running

PIECE_BYTES = 256 * 1024
STALL_TIMEOUT_S = 60.0
"""A copy is given up when nothing moves for so long, however long it takes in all."""

SETTLING_BYTES_PER_S = 10e6
"""How slowly a host may write to its disk what it took into its memory before, when all of it has come."""

Progress = Callable[[int, int], None]
"""Called with the bytes moved so far and the size of the whole, from another thread."""


def settling_timeout_s(size: int) -> float:
    """How long a command may go on behind the last byte of a file of so many bytes: until all of it is on disk."""
    return STALL_TIMEOUT_S + size / SETTLING_BYTES_PER_S


def content_of(source: Path | Content) -> Content:
    """What is to be sent: a file as it is, unless it is something else already."""
    if isinstance(source, Content):
        return source
    return Content(str(source), source.stat().st_size, lambda: source.open("rb"))


async def pour_in(running: Running, source: Content, progress: Progress | None) -> None:
    """Feed a file to a command. A command that ends early (a full disk) is told by its exit code, not here.

    Raises TimeoutError when nothing moved for STALL_TIMEOUT_S.
    """
    size, moved = source.size, 0
    with source.opened() as file, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            running.process.stdin.write(piece)
            await asyncio.wait_for(running.process.stdin.drain(), STALL_TIMEOUT_S)
            moved += len(piece)
            if progress:
                progress(moved, size)
        running.process.stdin.write_eof()


async def pour_out(
    running: Running, path: str, target: Path, progress: Progress | None, into: Opening | None = None
) -> None:
    """Write what ``scripts.receive_file`` prints to a local file with mode 0600.

    Raises CommandFailed when the file cannot be read or its size is not told, HostUnreachable when fewer bytes than
    its size came, TimeoutError when nothing moved for STALL_TIMEOUT_S.
    """
    out = running.process.stdout
    header = await asyncio.wait_for(out.readline(), STALL_TIMEOUT_S)
    if not header.endswith(b"\n"):
        code, _, err = await running.ended()
        raise failed(
            running.host,
            "remote.file-not-read",
            f"{path} could not be read",
            CommandResult(code, "", err.decode(errors="replace")),
        )
    if not header.strip().isdigit():
        raise chattering(running.host, header.decode(errors="replace"))
    size = int(header)
    with (into or replacing)(target) as file:
        moved = 0
        while piece := await asyncio.wait_for(out.read(PIECE_BYTES), STALL_TIMEOUT_S):
            await asyncio.to_thread(file.write, piece)
            moved += len(piece)
            if progress:
                progress(moved, size)
        if moved != size:
            raise HostUnreachable(
                "remote.copy-cut",
                f"{path} came over from {running.host} only in part",
                found=f"{moved} bytes",
                expected=f"{size} bytes",
                do_next="see that the host is up and that nothing writes to the file, then resume",
            )


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes ``target``'s place, safe on disk and with mode 0600, when the block ends well."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)
