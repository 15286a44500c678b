"""Effects on large files: software archives go to hosts, dumps come from hosts."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ostler.errors import CommandFailed, InputError
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.vault import ENCRYPTED, sync_folder
from ostler.steps.effects import Receive, Send

BLOCK = 1 << 20


def send(bench: Bench, effect: Send) -> EffectResult:
    """Copy an archive to a host and check it there. Raises InputError when it is not on this machine."""
    if _digest_there(bench, effect.host, effect.path) == effect.digest:
        return EffectResult("the archive was there already", is_change=False)
    if bench.means.find_archive is None:
        raise InputError("execution.no-store", "no environment store was given to this run")
    archive = bench.means.find_archive(effect.project, effect.release, effect.digest)
    bench.transport.send(effect.host, archive, effect.path)
    found = _digest_there(bench, effect.host, effect.path)
    if found != effect.digest:
        raise CommandFailed(
            "execution.archive-damaged",
            f"the archive of {effect.project} arrived on {effect.host} with other bytes",
            found=str(found),
            expected=effect.digest,
            do_next="check the disk of that host, then resume",
        )
    return EffectResult(f"sent {archive.stat().st_size} bytes")


def _digest_there(bench: Bench, host: str, path: str) -> str | None:
    return bench.files(host, path).get(path, {}).get("sha256")


def receive(bench: Bench, effect: Receive) -> EffectResult:
    """Copy a file from a host and check it against its `.sha256` there. Raises CommandFailed when it differs."""
    if Path(effect.name).name != effect.name:
        raise InputError("execution.bad-name", f"{effect.name!r} is no plain file name")
    target = bench.received / effect.name
    expected = bench.transport.fetch(effect.host, f"{effect.path}.sha256").decode(errors="replace").partition(" ")[0]
    bench.transport.receive(effect.host, effect.path, target)
    found = _digest_here(target)
    if found != expected:
        target.unlink()
        raise CommandFailed(
            "execution.received-damaged",
            f"{effect.path} arrived from {effect.host} with other bytes",
            found=found,
            expected=expected,
            do_next="look at the disk and the network of that host, then resume",
        )
    size = target.stat().st_size
    if bench.means.sealing.recipient:
        try:
            bench.means.sealing.seal_file(target, target.with_name(target.name + ENCRYPTED))
        finally:
            target.unlink()  # no dump stays in plain text where it was to be encrypted
    sync_folder(target.parent)
    return EffectResult(f"received {size} bytes, sha256 {found[:16]}")


def _digest_here(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
