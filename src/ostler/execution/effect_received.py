"""Effects on the copies of large files that this machine keeps: they come from hosts, and go back where they were lost.

A copy lies in the folder of the run that received it, encrypted where a recipient is set, with its sha256 (before
encryption) beside it; one without that is none: it was not received to its end.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ostler.errors import CommandFailed, InputError, NoSpace
from ostler.execution.effect_archives import BESIDE, BLOCK, READING_LIMIT_S, digest_beside, digest_there
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.sealing import ENCRYPTED, Sealing
from ostler.execution.vault import FILE_MODE, write_durably
from ostler.facts.model import wanted
from ostler.remote.copying import replacing
from ostler.remote.protocol import Content
from ostler.steps.effects import Receive, SendBack

MB = 10**6


def receive(bench: Bench, effect: Receive) -> EffectResult:
    """Copy a file from a host and check it against its `.sha256` there. Raises CommandFailed when it differs."""
    if Path(effect.name).name != effect.name:
        raise InputError("execution.bad-name", f"{effect.name!r} is no plain file name")
    sealing, plain = bench.means.sealing, bench.received / effect.name
    kept, other = (_sealed_name(plain), plain) if sealing.recipient else (plain, _sealed_name(plain))
    beside = Path(f"{plain}{BESIDE}")
    for left in (beside, other, *plain.parent.glob(f".{plain.name}*")):
        left.unlink(missing_ok=True)  # of a process that was killed, or had another recipient or none
    expected = digest_beside(bench, effect.host, effect.path)
    seen = _Seen()

    @contextlib.contextmanager
    def checked(target: Path) -> Iterator[IO[bytes]]:
        with (sealing.sealed if sealing.recipient else replacing)(target) as file:
            yield seen.on(file)
            if seen.sha256 != expected:
                raise CommandFailed(
                    "execution.received-damaged",
                    f"{effect.path} arrived from {effect.host} with other bytes",
                    found=seen.sha256,
                    expected=expected,
                    do_next="look at the disk and the network of that host, then resume",
                )

    bench.transport.receive(effect.host, effect.path, kept, into=checked)
    write_durably(beside, f"{seen.sha256}  {plain.name}\n".encode())
    return EffectResult(f"received {seen.size} bytes, sha256 {seen.sha256[:16]}, into {kept}")


def send_back(bench: Bench, effect: SendBack) -> EffectResult:
    """Put a file of a host back from this machine's copy, where it is not as it was received any more.

    Raises CommandFailed when it is gone and there is no copy, or arrives with other bytes, InputError when the copy is
    damaged or cannot be decrypted, NoSpace, CannotTell when the host's files could not be listed.
    """
    path, beside = effect.path, f"{effect.path}{BESIDE}"
    copy = _copy(bench.journal.home.received(effect.run) / effect.name, bench.means.sealing)
    is_told = beside in bench.files(effect.host, beside)
    told = digest_beside(bench, effect.host, path) if is_told else None
    there = digest_there(bench, effect.host, path, READING_LIMIT_S)
    if there is not None and there == told and (copy is None or there == copy.sha256):
        return EffectResult("it is there as it was received", is_change=False)
    if copy is None:
        raise _no_copy(bench, effect)
    if there != copy.sha256:
        size = copy.verified_size()
        _demand_room(bench, effect, size)
        bench.transport.send(effect.host, Content(str(copy.path), size, copy.opened), path, mode=FILE_MODE)
        found = digest_there(bench, effect.host, path, READING_LIMIT_S)
        if found != copy.sha256:
            raise CommandFailed(
                "execution.sent-back-damaged",
                f"{copy.path} arrived on {effect.host} with other bytes",
                found=str(found),
                expected=copy.sha256,
                do_next="look at the disk and the network of that host, then resume",
            )
    line = f"{copy.sha256}  {effect.name}\n".encode()
    bench.transport.put(effect.host, beside, line, mode=FILE_MODE)
    return EffectResult(f"put back from {copy.path}, sha256 {copy.sha256[:16]}")


@dataclass(frozen=True)
class _Copy:
    """A copy that this machine keeps: where, how it is encrypted, and the sha256 of what was received."""

    path: Path
    sealing: Sealing
    sha256: str

    def opened(self) -> AbstractContextManager[IO[bytes]]:
        """Open it as it was received, to be read from its first byte."""
        return self.sealing.unsealed(self.path) if self.path.suffix == ENCRYPTED else self.path.open("rb")

    def verified_size(self) -> int:
        """How many bytes were received. Raises InputError when they are not the same any more."""
        digest, size = hashlib.sha256(), 0
        with self.opened() as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
        if digest.hexdigest() != self.sha256:
            raise InputError(
                "execution.copy-damaged",
                f"{self.path} was changed after it was received",
                found=digest.hexdigest(),
                expected=self.sha256,
                do_next="put that file back from a backup of the state folder, then resume",
            )
        return size


class _Seen:
    """What was written to a file: its sha256 and its size."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self.size = 0

    def on(self, file: IO[bytes]) -> IO[bytes]:
        """Return a file to write to; what is written goes on into the one given."""
        self._file = file
        return cast(IO[bytes], self)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        assert self._file is not None
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)


def _sealed_name(plain: Path) -> Path:
    return plain.with_name(f"{plain.name}{ENCRYPTED}")


def _copy(plain: Path, sealing: Sealing) -> _Copy | None:
    """The copy that was received under a name; None when there is none, or its sha256 is not beside it."""
    beside = Path(f"{plain}{BESIDE}")
    for path in (_sealed_name(plain), plain):
        if path.is_file() and beside.is_file():
            return _Copy(path, sealing, beside.read_text(errors="replace").partition(" ")[0])
    return None


def _no_copy(bench: Bench, effect: SendBack) -> CommandFailed:
    kept = bench.journal.home.received(effect.run) / effect.name
    return CommandFailed(
        "execution.no-copy",
        f"{effect.path} is not on {effect.host} any more as it was received, and this machine has no copy of it",
        found=f"neither {kept} nor {_sealed_name(kept)}, with {kept.name}{BESIDE} beside it",
        do_next=f"put the copy and its checksum back into {kept.parent} from a backup of the state folder, or resume "
        "on the machine that has them",
    )


def _demand_room(bench: Bench, effect: SendBack, size: int) -> None:
    """Raises NoSpace when the disk of a host is known to have no room. What is not known, the copying itself tells."""
    request = wanted("host.disk", effect.host)
    value = bench.read([request])[request]
    known = value if isinstance(value, dict) else {}
    above = [path for path in known if effect.path.startswith(f"{path.rstrip('/')}/")]
    free = known[max(above, key=len)]["free_bytes"] if above else size
    if free < size:
        raise NoSpace(
            "execution.no-room-to-send-back",
            f"there is no room on {effect.host} for {effect.path}",
            found=f"{free // MB} MB free",
            expected=f"{-(-size // MB)} MB",
            do_next=f"make room on {effect.host} (df -h {max(above, key=len)}), then resume",
        )
