"""A log's bytes, unpacked, piece by piece: plain, gzip, bzip2, xz, zstandard. No file is ever held as a whole."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import zstandard

PIECE_BYTES = 1 << 20
MOST_MEMORY_BYTES = 128 << 20
"""What an unpacker may use: one that asks for more is not a log's."""

BOMB_RATIO, BOMB_BYTES = 2000, 1 << 30
"""A file that unpacks to more than so many times its size, and more than so many bytes, is no log."""

MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstandard"}
TAR, TAR_AT = b"ustar", 257
ARCHIVES = (b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
SPOILED = (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile, ValueError)


class Spoiled(Exception):
    """A packed log that can be unpacked no further; what came before it was read."""


def packing_of(beginning: bytes) -> str:
    """What a file is packed with, by its first bytes; empty for none."""
    return next((name for magic, name in MAGIC.items() if beginning.startswith(magic)), "")


def is_packed(path: str) -> bool:
    """Whether a file is packed. Raises OSError when it cannot be read."""
    with Path(path).open("rb", buffering=0) as raw:
        return packing_of(raw.read(6)) != ""


def is_archive(beginning: bytes) -> bool:
    """Whether what begins with these bytes, unpacked, is an archive of files: tar, zip, 7z, rar."""
    return beginning.startswith(ARCHIVES) or beginning.startswith(TAR, TAR_AT)


def pieces(path: str, start: int = 0, size: int = PIECE_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a log from ``start`` on, which counts for plain files only.

    Raises OSError when it cannot be read, Spoiled when it cannot be unpacked any further.
    """
    with Path(path).open("rb", buffering=0) as raw:
        beginning = raw.read(6)
        packing = packing_of(beginning)
        raw.seek(0 if packing else start)
        if not packing:
            while piece := raw.read(size):
                yield piece
            return
        unpacked = 0
        packed = max(1, Path(path).stat().st_size)
        try:
            for piece in _unpacked(raw, packing, size):
                yield piece
                unpacked += len(piece)
                if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
                    raise Spoiled(f"it unpacks to more than {BOMB_RATIO} times its size: the rest is not read")
        except SPOILED:
            raise Spoiled("it is damaged and cannot be unpacked to its end: what comes before that was read") from None


def _unpacked(raw: io.FileIO, packing: str, size: int) -> Iterator[bytes]:
    if packing == "xz":
        yield from _unpacked_xz(raw, size)
        return
    stream: IO[bytes]
    if packing == "gzip":
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    elif packing == "bzip2":
        stream = cast(IO[bytes], bz2.BZ2File(raw))
    else:
        unpacker = zstandard.ZstdDecompressor(max_window_size=MOST_MEMORY_BYTES)
        stream = cast(IO[bytes], unpacker.stream_reader(raw, read_across_frames=True, closefd=False))
    while piece := stream.read1(size):  # type: ignore[attr-defined]
        yield piece


def _unpacked_xz(raw: io.FileIO, size: int) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(memlimit=MOST_MEMORY_BYTES)
    while True:
        packed = b""
        if unpacker.eof:  # one stream may follow another, with padding in between
            packed = unpacker.unused_data.lstrip(b"\0")
            while not packed:
                more = raw.read(1 << 16)
                if not more:
                    return
                packed = more.lstrip(b"\0")
            unpacker = lzma.LZMADecompressor(memlimit=MOST_MEMORY_BYTES)
        elif unpacker.needs_input:
            packed = raw.read(1 << 16)
            if not packed:
                raise EOFError
        if piece := unpacker.decompress(packed, size):
            yield piece
