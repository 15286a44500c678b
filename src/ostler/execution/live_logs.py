"""The logs of the hosts of a cloud, as far as they are wanted: picked out on the hosts, and laid into a folder here.

Each host is asked once, over the connection that is there; only what is wanted crosses the network, packed. What then
lies in the folder is read like any other folder of logs.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from ostler.commands import Command, CommandResult
from ostler.errors import OutsideError
from ostler.execution.live_log_script import SCRIPT
from ostler.facts.scripts import python
from ostler.logs.event import LeftOut, Level
from ostler.logs.folder import open_folder
from ostler.logs.formats import FORMATS
from ostler.logs.formats.syslog import AMISS, GRAVE
from ostler.logs.reading import Opened, Tally
from ostler.remote.protocol import Transport

ROTATED = "[.-][0-9]*"
"""What is added to the name of a log that was set aside: .1, .2.gz, -20261127.xz."""

NAMES = (
    "*.log", "syslog", "messages", "*/*.log", "*/*_log", "kolla/*/*.log", "libvirt/*/*.log", "mysql/*.err",
)  # fmt: skip
PATTERNS = (*(f"/var/log/{name}{ending}" for name in NAMES for ending in ("", ROTATED)), "/var/log/rabbitmq/*")
"""Where services write: below /var/log as packages, OpenStack-Ansible and Ostler lay them, and Kolla's containers."""

MOST_BYTES = 16 << 20
"""Of one log of one host; of more, the newest."""

GARBLED = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error)
"""What comes of reading an answer that is not ours."""

TIMEOUT_S = 120.0
AT_ONCE = 50
ALWAYS_SENT = (b" -1 ", rb'" 5\d\d ', rb"http/[\d.]+ 5")
"""What may be grave in formats that have no word for it: Ceph's -1, answers of 500 and more."""


Seen = dict[str, dict[str, list[int]]]
"""For each host and log: which file it was, and how far it was read."""


@dataclass(frozen=True)
class LiveWanted:
    """What is wanted of the hosts: events since a time (seconds since the epoch), of a level and above, with one of
    these words; of one log at most the newest ``most_bytes``. One that is followed is asked for again: lines without an
    end are left until they have one.

    ``units`` (None: all of the journal's warnings and worse) restricts the journal to those, and asks for errors only:
    by their priority, by what they say of themselves, and tracebacks, which services write to stderr without any. Such
    a reading says where it does not reach.
    """

    since: float
    level: str = "debug"
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = PATTERNS
    most_bytes: int = MOST_BYTES
    is_followed: bool = False
    units: tuple[str, ...] | None = None


@dataclass
class LiveAnswer:
    """What came: each host's time zone in seconds east of UTC, how far its logs were read, what went wrong, whether
    only the newest of something was sent, and for each log, by its place in the folder, which parts of it did not
    come."""

    zones: dict[str, float] = field(default_factory=dict)
    seen: Seen = field(default_factory=dict)
    bytes: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = False
    left_out: dict[str, tuple[LeftOut, ...]] = field(default_factory=dict)


def fetch_logs(
    transport: Transport, hosts: Sequence[str], wanted: LiveWanted, folder: Path, seen: Mapping[str, Any] | None = None
) -> LiveAnswer:
    """Lay what is wanted of the hosts' logs into a folder for each host; ``seen`` is what an earlier answer said, so
    that only what is new since is fetched. Hosts that cannot be asked are among the problems."""
    answer = LiveAnswer(seen=dict(seen or {}))
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="logs")
    try:
        commands = {host: read_command(wanted, answer.seen.get(host, {})) for host in hosts}
        asked = {host: pool.submit(_ask, transport, host, command) for host, command in commands.items()}
        for host, future in asked.items():
            try:
                lay(host, future.result(), folder / host, answer)
            except OutsideError as error:
                answer.problems.append((host, error.summary))
            except GARBLED:
                answer.problems.append((host, "its answer was not understood"))
            except OSError as error:
                answer.problems.append((host, f"its logs could not be kept here: {error.strerror}"))
    finally:  # after a Ctrl-C nobody waits for hosts that do not answer: the transport ends what still runs
        pool.shutdown(wait=False, cancel_futures=True)
    return answer


def grave_words(level: Level) -> str:
    """A pattern for lines in small letters that may be of a level or graver, whatever their format: a little too much,
    as what is sent is judged again here. Empty when every line may be."""
    if level <= Level.INFO:
        return ""
    words = {word.lower() for each in FORMATS for word, grave in each.levels.items() if grave >= level}
    found = [*sorted(filter(bytes.isalpha, words)), *ALWAYS_SENT, GRAVE.pattern]
    found += [b"qemu-system", AMISS.pattern] if level <= Level.WARNING else []
    # Without \b a search need not stop at each letter: that is twice as fast.
    return b"|".join(found).replace(rb"\b", b"").decode()


def read_command(wanted: LiveWanted, seen: Mapping[str, list[int]]) -> Command:
    """Return the read-only command that picks the events out."""
    asked = {
        "since": wanted.since,
        "grave": grave_words(Level[wanted.level.upper()]),
        "words": list(wanted.words),
        "patterns": list(wanted.patterns),
        "most_bytes": wanted.most_bytes,
        "seen": dict(seen),
        "is_followed": wanted.is_followed,
        "units": None if wanted.units is None else list(wanted.units),
    }
    return python("logs.live", SCRIPT, json.dumps(asked), timeout_s=TIMEOUT_S)


def _ask(transport: Transport, host: str, command: Command) -> list[dict[str, Any]]:
    return rows_of(transport.run(host, command))


def rows_of(result: CommandResult) -> list[dict[str, Any]]:
    """What a host answered, a row for each log and one for the whole. Raises OutsideError when the command failed, one
    of GARBLED for what is no answer."""
    if result.exit_code != 0:
        said = result.stderr.strip().splitlines() or [f"exit code {result.exit_code}"]
        raise OutsideError("logs.not-read", f"the logs could not be read: {said[-1][:200]}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def lay(host: str, rows: list[dict[str, Any]], folder: Path, answer: LiveAnswer) -> None:
    """Lay what a host answered into its folder, and note the rest of it. Raises one of GARBLED for what is no answer,
    OSError when it cannot be kept."""
    seen = answer.seen.setdefault(host, {})
    for row in rows[:-1]:
        seen[row["path"]] = [int(row["inode"]), int(row["end"])]
        content = _unpacked(row["packed"])
        if row["is_cut"]:
            answer.is_cut = True
            name = row["path"] if row["path"].startswith("/") else "the journal"
            answer.problems.append((f"{host}:{name}", "only the newest of what is wanted was fetched"))
        if content:
            place = folder.joinpath(*(part for part in PurePosixPath(row["path"]).parts if part not in ("/", "..")))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            answer.bytes += len(content)
            left_out = tuple(
                LeftOut(int(at), int(skipped), lines and int(lines)) for at, skipped, lines in row["left_out"]
            )
            answer.left_out[place.relative_to(folder.parent).as_posix()] = left_out
    answer.zones[host] = float(rows[-1]["zone_s"])
    answer.problems += [(f"{host}:{path}", str(says)) for path, says in rows[-1]["problems"]]


def open_fetched(folder: Path, tally: Tally, answer: LiveAnswer) -> list[Opened]:
    """Look into what was laid into a folder; places in it are those on the hosts. Raises InputError when there is
    nothing that could be read."""
    opened = open_folder(folder, tally, answer.zones)
    return [replace(each, log=replace(each.log, left_out=answer.left_out.get(each.log.name, ()))) for each in opened]


def _unpacked(packed: str) -> bytes:
    """The bytes of a log. Raises zlib.error or ValueError for what is none; what is more than was asked for is cut."""
    return zlib.decompressobj().decompress(base64.b64decode(packed), 2 * MOST_BYTES) if packed else b""
