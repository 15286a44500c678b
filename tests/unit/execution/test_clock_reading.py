"""Between which two times of this machine a host's clock was read."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.commands import Command, CommandResult, read
from ostler.execution.clock_reading import TimedTransport
from ostler.facts.scripts import shell
from ostler.remote.local import LocalTransport

CLOCK = shell("host.clock", "date +%s.%N")


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


class SlowHost(LocalTransport):
    """Takes as long as it is told to, and says what each command took."""

    def __init__(self, watch: Watch, way_s: float, seconds: dict[str, float]) -> None:
        super().__init__()
        self.watch, self.way_s, self.seconds = watch, way_s, seconds
        self.asked: list[list[str]] = []

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        took = [self.seconds.get(command.argv[0], 0.0) for command in commands]
        self.asked.append([command.argv[0] for command in commands])
        self.watch.time += self.way_s + max(took)
        return [CommandResult(0, command.argv[0], "", s) for command, s in zip(commands, took, strict=True)]


def test_the_clock_is_asked_first_and_the_answers_stay_in_order() -> None:
    watch = Watch()
    host = SlowHost(watch, 0.5, {})
    timed = TimedTransport(host, watch.now)
    answers = timed.run_batch("ctl1", [read("df"), CLOCK, read("ss")])
    assert host.asked == [["sh", "df", "ss"]]
    assert [answer.stdout for answer in answers] == ["df", "sh", "ss"]


def test_what_other_commands_took_is_known_to_have_passed_after_the_clock_was_read() -> None:
    watch = Watch()
    timed = TimedTransport(SlowHost(watch, 0.5, {"df": 3.0}), watch.now)
    timed.run_batch("ctl1", [CLOCK, read("df")])
    assert timed.clock_read == {"ctl1": (1000.0, 1000.5)}


def test_a_round_trip_without_the_clock_says_nothing() -> None:
    watch = Watch()
    timed = TimedTransport(SlowHost(watch, 0.5, {}), watch.now)
    timed.run_batch("ctl1", [read("df")])
    assert timed.clock_read == {}


def test_the_first_reading_counts() -> None:
    watch = Watch()
    timed = TimedTransport(SlowHost(watch, 0.5, {}), watch.now)
    timed.run_batch("ctl1", [CLOCK])
    timed.run_batch("ctl1", [CLOCK])
    assert timed.clock_read == {"ctl1": (1000.0, 1000.5)}
