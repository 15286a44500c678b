"""The journal's exports (`journalctl -o export`, `-o json`), made into lines of syslog piece by piece.

    <3>2026-01-15T10:05:48.123456+00:00 ctl1 nova-api[12]: what was said

Priority, host, unit and process of an entry stand in the envelope; further lines of a message follow it as they are.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

LONGEST_ENTRY = 1 << 20
"""Bytes of one entry; what is longer is left out."""

TOO_LONG = b"(too long for journalctl -o json: export it with --all, or with -o export)"
"""What stands for a message of more than 4096 bytes, which comes as null (source: systemd's docs, "Journal Export
Formats" and journalctl(1) on --all, read 2026-11-26)."""

_WHO = ("CONTAINER_NAME", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_COMM")
_USED = frozenset(
    ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "MESSAGE", "_PID", "PRIORITY", "_HOSTNAME", *_WHO)
)

_UNFIT = re.compile(r"[^\w.\-/@()]+")


def is_export(beginning: bytes) -> bool:
    """Whether a log begins as `journalctl -o export` writes."""
    return beginning.startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))


def is_json(beginning: bytes) -> bool:
    """Whether a log begins as `journalctl -o json` writes."""
    line = beginning.partition(b"\n")[0]
    return line.startswith(b"{") and b'"__REALTIME_TIMESTAMP"' in beginning[:8192]


def lines_of_export(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Make lines of the entries of an export, whose fields may be binary: name, line feed, length, value."""
    kept = b""
    entry: dict[str, bytes] = {}
    for piece in pieces:
        kept += piece
        at, lines = 0, []
        while True:
            end = kept.find(b"\n", at)
            if end < 0:
                break
            line = kept[at:end]
            if b"=" in line or not line:
                at = end + 1
                if line:
                    name, _, value = line.partition(b"=")
                    _keep(entry, name, value)
                    continue
                lines.append(_line_of(entry))
                entry = {}
                continue
            if len(kept) < end + 9:
                break
            size = struct.unpack_from("<Q", kept, end + 1)[0]
            if size > LONGEST_ENTRY:
                at = end + 1
                continue
            if len(kept) < end + 9 + size + 1:
                break
            _keep(entry, line, kept[end + 9 : end + 9 + size])
            at = end + 9 + size + 1
        kept = kept[at:]
        if len(kept) > 2 * LONGEST_ENTRY:
            kept = b""
        yield b"".join(lines)
    yield _line_of(entry)


def _keep(entry: dict[str, bytes], name: bytes, value: bytes) -> None:
    """Hold a field that is used; there may be any number of others before an entry ends."""
    known = name.decode("ascii", "replace")
    if known in _USED:
        entry[known] = value


def lines_of_json(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Make lines of entries that are one JSON object each; what is none is left out."""
    return each_line(pieces, _line_of_json)


def each_line(pieces: Iterable[bytes], make: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """What ``make`` makes of each line, in pieces; a line without an end is not held."""
    kept = b""
    for piece in pieces:
        kept += piece
        whole, _, kept = kept.rpartition(b"\n")
        yield b"".join(map(make, whole.split(b"\n")))
        if len(kept) > LONGEST_ENTRY:
            kept = b""
    yield make(kept)


def _line_of_json(line: bytes) -> bytes:
    if len(line) > LONGEST_ENTRY or not line.startswith(b"{"):
        return b""
    try:
        found = json.loads(line)
        return _line_of({name: _bytes_of(found[name]) for name in _USED if name in found})
    except (ValueError, RecursionError, AttributeError, TypeError):
        return b""


def _bytes_of(value: object) -> bytes:
    """A field's value: a text, the numbers of its bytes where it is none, or nothing where it was too long for it."""
    if value is None:
        return TOO_LONG
    if isinstance(value, list):
        return bytes(each for each in value if isinstance(each, int) and 0 <= each < 256)
    return str(value).encode("utf-8", "replace")


def _line_of(entry: Mapping[str, bytes]) -> bytes:
    stamp = entry.get("_SOURCE_REALTIME_TIMESTAMP") or entry.get("__REALTIME_TIMESTAMP", b"")
    message = entry.get("MESSAGE", b"")
    if not stamp.isdigit() or len(stamp) > 17 or not message:
        return b""
    seconds, micros = divmod(int(stamp), 1_000_000)
    at = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    pid = entry.get("_PID", b"")
    who = _word(entry, *_WHO) + (f"[{pid.decode()}]" if pid.isdigit() and len(pid) < 11 else "")
    priority = entry.get("PRIORITY", b"6")
    known = priority.decode() if priority in _PRIORITIES else "6"
    head = f"<{known}>{at}.{micros:06}+00:00 {_word(entry, '_HOSTNAME')} {who}: "
    return head.encode() + message.rstrip(b"\n") + b"\n"


_PRIORITIES = tuple(b"%d" % number for number in range(8))


def _word(entry: Mapping[str, bytes], *names: str) -> str:
    value = next((entry[name] for name in names if entry.get(name)), b"-")
    return word_of(value.decode("utf-8", "replace").removesuffix(".service")).decode()


def word_of(name: str) -> bytes:
    """A name as the word that it must be in a line of syslog."""
    return (_UNFIT.sub("-", name)[:100] or "-").encode()
