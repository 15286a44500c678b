"""Logs spoiled in the ways disks, packers, editors and attackers spoil them, the same for the same seed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from pathlib import Path

import yaml
import zstandard

SAMPLES = Path(__file__).parent / "samples"
ESCAPES = (
    b"\x1b[2J", b"\x1b]0;owned\x07", b"\x1b[31m", b"\x9b31m", b"\x1bP+q\x1b\\", b"\x08\x08\x08", b"\r", b"\x07",
    "\u202e".encode(), b"\x1b", b"\x1b[" + b"9" * 500, b"\xc2\x9b0c",
)  # fmt: skip


def texts() -> list[bytes]:
    """The samples of all formats, both exports of a journal, and what two kinds of containers print."""
    cases = [case for path in sorted(SAMPLES.glob("*.yaml")) for case in yaml.safe_load(path.read_text())]
    export = b"".join(
        b"__CURSOR=s=%d\n__REALTIME_TIMESTAMP=17684715%08d\n_HOSTNAME=ctl1\n_SYSTEMD_UNIT=nova-api.service\n_PID=12\n"
        b"PRIORITY=3\nMESSAGE\n\x0c\0\0\0\0\0\0\0two\nlines ok\n\n" % (number, number)
        for number in range(20)
    )
    document = b"".join(
        b'{"__REALTIME_TIMESTAMP":"17684715%08d","_HOSTNAME":"ctl1","MESSAGE":[104,105,10,255],"PRIORITY":"4"}\n'
        % number
        for number in range(20)
    )
    docker = b"".join(
        b'{"log":"2026-01-15 10:05:%02d.122 7 ERROR nova.api [-] failed\\n","stream":"stdout",'
        b'"time":"2026-01-15T10:05:%02d.123456789Z"}\n'
        b'{"log":"no date here\\n","stream":"stderr","time":"2026-01-15T10:05:%02d.923456789Z"}\n' % ((number,) * 3)
        for number in range(20)
    )
    cri = b"".join(
        b"2026-01-15T10:05:%02d.123456789Z stdout P 2026-01-15 10:05:48.122 7 ERROR nova.api [-] \n"
        b"2026-01-15T10:05:%02d.123456789Z stdout F failed\n" % (number, number)
        for number in range(20)
    )
    return [*(case["text"].encode() for case in cases), export, document, docker, cri]


def spoil(text: bytes, chance: random.Random) -> bytes:
    """One spoiled log."""
    content = bytearray(text * chance.choice((1, 3, 40)))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(content) + 1)
        kind = chance.randrange(9)
        if kind == 0:
            content[at:at] = chance.randbytes(chance.randint(1, 4000))
        elif kind == 1:
            content[at:at] = chance.choice(ESCAPES)
        elif kind == 2:
            content[at:at] = chance.choice((b"A", b"(", b'"', b"[", b" ", b"{", b"\x00", b"[pid: 1", b"req-")) * 20_000
        elif kind == 3:
            del content[at : at + chance.randint(1, 300)]
        elif kind == 4:
            content = bytearray(content.decode("utf-8", "replace").encode("utf-16"))
        elif kind == 5:
            content = content.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n\n", b"\0")))
        elif kind == 6:
            content = content.replace(
                b"2026-01-15", chance.choice((b"9999-99-99", b"0000-00-00", b"2026-02-31", b"0001-01-01"))
            )
        elif kind == 7:
            content = content.replace(b": ", chance.choice(ESCAPES) + b": ")
        elif content:
            for _ in range(20):
                content[chance.randrange(len(content))] = chance.randrange(256)
        content = content or bytearray(b"\n")
    return _packed(bytes(content), chance)


def _packed(content: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(12)
    if kind == 0:
        packed = gzip.compress(content)
    elif kind == 1:
        packed = lzma.compress(content, preset=0)
    elif kind == 2:
        packed = zstandard.ZstdCompressor().compress(content)
    elif kind == 3:
        packed = bz2.compress(content)
    else:
        return content
    damage = chance.randrange(3)
    if damage == 0:
        return packed[: chance.randrange(1, len(packed))]
    if damage == 1:
        spoiled = bytearray(packed)
        spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
        return bytes(spoiled)
    return packed + chance.randbytes(30)
