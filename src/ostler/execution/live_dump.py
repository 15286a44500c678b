"""A dump of a living cloud's databases to rehearse with: made on a database host from one transaction, fetched, and
removed there. All that is written on the cloud is that file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.errors import CommandFailed, InputError, OstlerError, OutsideError, Refused
from ostler.facts.model import FactRequest, JsonValue, Unknown, wanted
from ostler.masking import last_lines
from ostler.remote.protocol import Transport
from ostler.steps.databases_dump import DUMP_NAME, dump_command

FOLDER = "/var/lib/ostler/rehearsal"
DISK = "/var/lib"
MB = 10**6

Read = Callable[[Sequence[FactRequest]], Mapping[FactRequest, JsonValue | Unknown]]
"""Reads facts of the cloud."""


def live_dump(cloud: Cloud, transport: Transport, read: Read, folder: Path, report: Callable[[str], None]) -> Path:
    """The dump, in a folder of this machine. One that a rehearsal has left there that was killed or stopped is taken.

    Raises InputError for a cloud file that names no database hosts, OutsideError for a cloud that cannot be read,
    Refused where the host has no room, CommandFailed when the dump fails or comes over damaged.
    """
    target = folder / DUMP_NAME
    if not cloud.databases.hosts:
        raise InputError(
            "rehearsal.no-database-hosts",
            "the cloud file names no database hosts to make a dump on",
            do_next="name them, or make the dumps yourself: --dump FILE",
        )
    host = cloud.databases.hosts[0]
    if target.exists():
        made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(target.stat().st_mtime))
        report(f"going on with the dump of {made} in {folder}; remove it for a new one")
        _remove_there(transport, host, report)
        return target
    databases = _databases(read, host)
    report(f"dumping {', '.join(databases)} on {host}")
    try:
        done = transport.run(host, dump_command(FOLDER, databases))
        if done.exit_code != 0:
            raise CommandFailed(
                "rehearsal.dump-failed",
                f"the databases could not be dumped on {host}",
                found=" / ".join(last_lines(done.stdout + done.stderr, count=3)),
                do_next=f"see what the server says, and whether the disk of {host} is full",
            )
        transport.receive(host, f"{FOLDER}/{DUMP_NAME}", target)
        _demand_whole(transport, host, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        _remove_there(transport, host, report)
    report(f"fetched {target.stat().st_size / MB:.1f} MB from {host}")
    return target


def _remove_there(transport: Transport, host: str, report: Callable[[str], None]) -> None:
    """Leave nothing on the host; what stays is told."""
    try:
        gone = transport.run(host, Command(("rm", "-rf", "--", FOLDER), timeout_s=600)).exit_code == 0
    except OstlerError:
        gone = False
    if not gone:
        report(f"a dump of the databases may still be on {host}: remove it there with rm -r {FOLDER}")


def _databases(read: Read, host: str) -> tuple[str, ...]:
    """The databases there are; the host has room for their dump."""
    schema, sizes, disk = (
        wanted("databases.schema"), wanted("databases.sizes"), wanted("host.disk", host),
    )  # fmt: skip
    values: dict[FactRequest, Any] = dict(read([schema, sizes, disk]))
    for request, value in values.items():
        if isinstance(value, Unknown):
            raise OutsideError(
                "rehearsal.cloud-not-read",
                f"{request} could not be read",
                found=value.reason,
                do_next="see whether the cloud answers: ostler status",
            )
    needed = sum(size["bytes"] for size in values[sizes].values())
    free = values[disk].get(DISK, {}).get("free_bytes", 0)
    if free < needed:
        raise Refused(
            "rehearsal.no-room-on-host",
            f"{DISK} on {host} has no room for a dump: {free // MB} MB are free, the databases take {needed // MB} MB",
            do_next="free some, or make the dumps elsewhere: --dump FILE",
        )
    return tuple(values[schema])


def _demand_whole(transport: Transport, host: str, target: Path) -> None:
    expected = transport.fetch(host, f"{FOLDER}/{DUMP_NAME}.sha256").decode(errors="replace").split()[:1]
    with target.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected != [found]:
        raise CommandFailed(
            "rehearsal.dump-came-damaged",
            f"the dump that came from {host} is not the one that was made there",
            found=found,
            expected=" ".join(expected) or "a checksum",
            do_next="give the same command again",
        )
