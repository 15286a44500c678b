"""Hosts of a practice cloud that only remember what was done to them, for the tests of making and mending."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ostler.commands import CommandResult
from ostler.practice.faults.fault import NOT_POSSIBLE
from ostler.practice.faults.registry import find
from ostler.practice.layout import Host

ANSWERS = {"remember": "what was there\n", "made": "", "mended": ""}


@dataclass
class BrokenHosts:
    """Answers scripts by their marks. A fault is there from its making on, until it is mended.

    `deaf` are the words (`made`, `mended`) of scripts that do nothing; `failing` of those that fail; `before` is called
    before a script runs.
    """

    there: set[tuple[str, str]] = field(default_factory=set)
    done: list[tuple[str, str, str]] = field(default_factory=list)
    given: dict[str, bytes | None] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    impossible: bool = False
    before: Callable[[str], None] = lambda what: None

    def run(
        self,
        host: Host | str,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        timeout_s: float = 120,
        check: bool = True,
    ) -> CommandResult:
        assert isinstance(host, Host)
        if argv[3] == "ostler-fault":
            return CommandResult(0, "", "")
        fault, _, what = argv[3].removeprefix("ostler-fault-").rpartition("-")
        self.before(what)
        key = (fault, host.name)
        if what == "see":
            is_seen_elsewhere = find(fault).see.at is not find(fault).make.at
            is_there = any(each[0] == fault for each in self.there) if is_seen_elsewhere else key in self.there
            return CommandResult(0 if is_there else 1, "", "")
        self.done.append((what, *key))
        self.given[what] = stdin
        if what in self.failing:
            return CommandResult(2, "", "it broke, password=geheim12\n")
        if what == "remember":
            return CommandResult(NOT_POSSIBLE if self.impossible else 0, ANSWERS[what], "there is nothing here\n")
        if what not in self.deaf:
            (self.there.add if what == "made" else self.there.discard)(key)
        return CommandResult(0, "", "")
