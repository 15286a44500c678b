"""When each host's clock was read, by the clock of this machine: without it, clocks cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ostler.commands import Command, CommandResult
from ostler.facts.clock import FACT
from ostler.facts.scripts import marker
from ostler.remote.batch import AT_ONCE
from ostler.remote.protocol import Content, Opening, Transport

_CLOCK = marker(FACT.id)


class TimedTransport:
    """Passes everything on, and notes for each host between which two times of ``now`` its clock was first read.

    The clock is asked for first in its round trip, and what the host says the other commands took narrows the times.
    """

    def __init__(self, transport: Transport, now: Callable[[], float]) -> None:
        self._transport = transport
        self._now = now
        self.clock_read: dict[str, tuple[float, float]] = {}

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        at = next((index for index, command in enumerate(commands) if _CLOCK in command.argv), None)
        if at is None or host in self.clock_read:
            return self._transport.run_batch(host, commands, within_s)
        sent_at = self._now()
        clock, *others = self._transport.run_batch(host, [commands[at], *commands[:at], *commands[at + 1 :]], within_s)
        answered_at = self._now()
        self.clock_read[host] = (sent_at, max(sent_at, answered_at - _after_it(clock, others)))
        return [*others[:at], clock, *others[at:]]

    def run(self, host: str, command: Command) -> CommandResult:
        return self._transport.run(host, command)

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        self._transport.put(host, path, content, mode=mode, owner=owner, group=group)

    def fetch(self, host: str, path: str) -> bytes:
        return self._transport.fetch(host, path)

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        self._transport.send(host, source, path, mode=mode)

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        self._transport.receive(host, path, target, into=into)

    def close(self) -> None:
        self._transport.close()


def _after_it(clock: CommandResult, others: Sequence[CommandResult]) -> float:
    """Seconds that certainly passed on the host after its clock was read: all others began no earlier, and no more
    than AT_ONCE ran side by side."""
    longest = max((result.seconds for result in others), default=0.0)
    together = sum(result.seconds for result in others) / AT_ONCE
    return max(0.0, longest - clock.seconds, together - clock.seconds)
