"""A dump of a living cloud's databases to rehearse with: made on a database host from one transaction, fetched, and
removed there. Nothing of the cloud is changed."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.errors import CommandFailed, InputError, OstlerError, OutsideError, Refused, Stopped
from ostler.facts.model import FactRequest, JsonValue, Unknown, wanted
from ostler.masking import last_lines
from ostler.remote.protocol import Transport
from ostler.steps.databases_dump import DUMP_NAME, dump_command

FOLDER = "/var/lib/ostler/rehearsal"
DISK = "/var/lib"
MB = 10**6
ONLY_OURS = 0o700

Read = Callable[[Sequence[FactRequest]], Mapping[FactRequest, JsonValue | Unknown]]
"""Reads facts of the cloud."""


@contextlib.contextmanager
def kept_for(folder: Path, *, keep: bool) -> Iterator[None]:
    """A dump in a folder is removed when the block ends, well or badly, unless it is to be kept, or the rehearsal was
    stopped: it goes on with it then."""
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(folder)


def live_dump(cloud: Cloud, transport: Transport, read: Read, folder: Path, report: Callable[[str], None]) -> Path:
    """The dump, in a folder of this machine that only its owner reads. One that a killed rehearsal has left is taken.

    Raises InputError for a cloud file that names no database hosts, OutsideError for a cloud that cannot be read,
    Refused where the host has no room, CommandFailed when the dump fails or comes over damaged.
    """
    target = folder / DUMP_NAME
    if target.exists():
        report(f"going on with the dump in {folder}; remove it for a new one")
        return target
    if not cloud.databases.hosts:
        raise InputError(
            "rehearsal.no-database-hosts",
            "the cloud file names no database hosts to make a dump on",
            do_next="name them, or make the dumps yourself: --dump FILE",
        )
    host = cloud.databases.hosts[0]
    databases = _databases(read, host)
    folder.mkdir(mode=ONLY_OURS, parents=True, exist_ok=True)
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
        with contextlib.suppress(OstlerError):
            transport.run(host, Command(("rm", "-rf", "--", FOLDER), timeout_s=600))
    report(f"fetched {target.stat().st_size / MB:.1f} MB from {host}")
    return target


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
