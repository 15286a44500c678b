"""Finding the errors that stand in no log of a service: in the journal, where what a service writes to stderr goes (a
WSGI application that cannot be imported is seen nowhere else), and in the logs of databases and brokers.

They are picked out on the host, and read here by what reads any other log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.errors import InputError, OutsideError
from ostler.execution.live_logs import GARBLED, LiveAnswer, LiveWanted, lay, open_fetched, read_command, rows_of
from ostler.execution.proofs.log_scan import LogGroup, LogScan
from ostler.facts.service_units import unit_names
from ostler.logs.event import Event, Level
from ostler.logs.frames import BEGINS, raised_in
from ostler.logs.moments import moment
from ostler.logs.reading import Tally
from ostler.logs.templates import shape_of
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.masking import mask_output

FILES = (
    "/var/log/mysql/error.log*", "/var/log/mysql/*.err*", "/var/log/mariadb/*.log*", "/var/log/kolla/mariadb/*.log*",
    "/var/log/rabbitmq/*.log*", "/var/log/kolla/rabbitmq/*.log*",
)  # fmt: skip
"""What databases and brokers write their errors into where it is not the journal. HAProxy and keepalived say theirs to
syslog, which the journal has too: their files also hold every request."""

MORE_UNITS = ("mysql",)
"""Beside those that facts ask for: what some distributions call the database's."""

NO_FAULT = ("it does not reach back", "it was not read to its end", "only the oldest of what is wanted")
"""How it is said that a journal begins after the time asked for, or holds more than can be read: how much a host writes
and keeps is no fault of a run's. It is told, and would be the same after each `ostler resume`."""

MOST_KINDS = 300
LONGEST_EXAMPLE, LONGEST_CAUSE, LONGEST_SHAPE = 500, 300, 200


def journal_command(cloud: Cloud, since: float) -> Command:
    """Return the read-only command that picks out what was logged since a time (epoch)."""
    return read_command(LiveWanted(since, "error", patterns=FILES, units=(*unit_names(cloud), *MORE_UNITS)), {})


def parse_journal(host: str, result: CommandResult, since: float) -> LogScan:
    """Return what the command found, secrets masked, and no number of logs, since most hold nothing; what could not be
    read is among the problems."""
    answer, tally, found = LiveAnswer(), Tally(), _Groups(host)
    try:
        with TemporaryDirectory() as name:
            lay(host, rows_of(result), Path(name) / host, answer)
            for event in _events(Path(name), answer, since, tally) if answer.bytes else ():
                found.add(event)
    except (OutsideError, InputError) as error:
        return LogScan(0, (), (error.summary,))
    except GARBLED:
        return LogScan(0, (), ("what it said of its journal was not understood",))
    except OSError as error:
        return LogScan(0, (), (f"its journal could not be kept here: {error.strerror}",))
    told = [(place.removeprefix(f"{host}:"), says) for place, says in answer.problems]
    problems = [f"{place}: {says}" for place, says in told if not says.startswith(NO_FAULT)]
    not_read = tuple(f"{place}: {says}" for place, says in told if says.startswith(NO_FAULT))
    problems += [f"{problem.log.name}: {problem.says}" for problem in tally.problems]
    if found.left_out:
        problems.append(f"{found.left_out} errors of further kinds were left out: more than {MOST_KINDS} kinds")
    return LogScan(0, found.groups, tuple(dict.fromkeys(problems)), not_read)


def _events(folder: Path, answer: LiveAnswer, since: float, tally: Tally) -> Iterator[Event]:
    return in_order(open_fetched(folder, tally, answer), Wanted(level=Level.ERROR, since=since), tally)


class _Groups:
    """Events of one shape together. What one process says at the same moment is one thing, as brokers write it; a time
    of whole seconds is too coarse to tell."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._found: dict[tuple[str, str, str, str], LogGroup] = {}
        self._before: tuple[tuple[object, ...], tuple[str, str, str, str]] | None = None
        self.left_out = 0

    @property
    def groups(self) -> tuple[LogGroup, ...]:
        return tuple(self._found.values())

    def add(self, event: Event) -> None:
        new = _group_of(self._host, event)
        key = (new.file, new.level, new.logger, new.shape)
        writing = (event.log.name, event.time, event.module, event.details.pid, event.level)
        if event.time % 1 and self._before and self._before[0] == writing:
            key = self._before[1]
            self._found[key] = replace(self._found[key], cause=self._found[key].cause or new.example[:LONGEST_CAUSE])
            return
        if key in self._found:
            self._found[key] = replace(self._found[key], count=self._found[key].count + 1, last=new.last)
        elif len(self._found) < MOST_KINDS:
            self._found[key] = new
        else:
            self.left_out += 1
        self._before = (writing, key) if key in self._found else None


def _group_of(host: str, event: Event) -> LogGroup:
    first, _, more = mask_output(event.text).strip().partition("\n")
    is_bare = first.startswith(BEGINS)
    cause = raised_in(f"{first}\n{more}") or more.rpartition("\n")[2].strip()
    shape = shape_of(first) + (f" {shape_of(cause)}" if is_bare else "")
    at = moment(event.time)[:23].replace("T", " ")
    return LogGroup(
        host=host,
        file=event.file,
        level="TRACEBACK" if is_bare else event.level.name,
        logger=event.module or event.service,
        count=1,
        first=at,
        last=at,
        example=first[:LONGEST_EXAMPLE],
        cause=cause[:LONGEST_CAUSE],
        shape=shape[:LONGEST_SHAPE],
    )
