"""Effects on large files: software archives go to hosts, dumps go from host to host."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from ostler.errors import CommandFailed, InputError
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.home import Home
from ostler.steps.effects import Forward, Send

BLOCK = 1 << 20
BESIDE = ".sha256"
"""How the name of the file ends in which a large file's digest stands beside it, as sha256sum writes it."""

READING_LIMIT_S = 24 * 3600.0
"""How long a host may read a large file: a terabyte at 12 MB/s."""

UNDER_WAY = ".forward-"


def send(bench: Bench, effect: Send) -> EffectResult:
    """Copy an archive to a host and check it there. Raises InputError when it is not on this machine."""
    if digest_there(bench, effect.host, effect.path) == effect.digest:
        return EffectResult("the archive was there already", is_change=False)
    if bench.means.find_archive is None:
        raise InputError("execution.no-store", "no environment store was given to this run")
    archive = bench.means.find_archive(effect.project, effect.release, effect.digest)
    bench.transport.send(effect.host, archive, effect.path)
    found = digest_there(bench, effect.host, effect.path)
    if found != effect.digest:
        raise CommandFailed(
            "execution.archive-damaged",
            f"the archive of {effect.project} arrived on {effect.host} with other bytes",
            found=str(found),
            expected=effect.digest,
            do_next="check the disk of that host, then resume",
        )
    return EffectResult(f"sent {archive.stat().st_size} bytes")


def digest_there(bench: Bench, host: str, path: str, limit_s: float | None = None) -> str | None:
    """The sha256 of a file on a host; None when it is not there. Raises CannotTell."""
    return bench.files(host, path, limit_s=limit_s).get(path, {}).get("sha256")


def digest_beside(bench: Bench, host: str, path: str) -> str:
    """The digest that was written down when the file was made."""
    return bench.transport.fetch(host, f"{path}{BESIDE}").decode(errors="replace").partition(" ")[0]


def forward(bench: Bench, effect: Forward) -> EffectResult:
    """Copy large files, each checked where it arrives: against the `.sha256` beside it at the source, or, where there
    is none, against the file there. Raises CommandFailed when one is gone or arrived with other bytes, CannotTell when
    the files could not be listed."""
    beside = bench.files(effect.source, *(f"{path}{BESIDE}" for path in effect.paths))
    sent = 0
    for path in effect.paths:
        is_told = f"{path}{BESIDE}" in beside
        expected = (digest_beside if is_told else digest_there)(bench, effect.source, path)
        if expected is None:
            raise CommandFailed(
                "execution.nothing-to-forward",
                f"{path} is not on {effect.source} any more",
                do_next="cancel the run and make the plan again",
            )
        if digest_there(bench, effect.host, path, READING_LIMIT_S) == expected:
            continue
        with _on_the_way(bench, effect) as kept:
            bench.transport.receive(effect.source, path, kept)
            bench.transport.send(effect.host, kept, path)
        found = digest_there(bench, effect.host, path, READING_LIMIT_S)
        if found != expected:
            raise CommandFailed(
                "execution.forwarded-damaged",
                f"{path} of {effect.source} arrived on {effect.host} with other bytes",
                found=str(found),
                expected=expected,
                do_next="look at the disks and the network of both hosts, then resume",
            )
        sent += 1
    return EffectResult(f"{sent} of {len(effect.paths)} files copied", is_change=sent > 0)


@contextlib.contextmanager
def _on_the_way(bench: Bench, effect: Forward) -> Iterator[Path]:
    """Where a file lies on this machine on its way, in a folder of this effect's own: what a killed process left of it
    goes first, and nothing is left when this ends."""
    own = hashlib.sha256("\0".join((effect.source, effect.host, *effect.paths)).encode()).hexdigest()[:16]
    folder = bench.received / f"{UNDER_WAY}{own}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder / "file"
    finally:
        shutil.rmtree(folder)


def forget_copies(home: Home, run: str) -> None:
    """Remove what killed processes left on this machine of a run's files on their way; none may be under way."""
    for left in home.received(run).glob(".*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
