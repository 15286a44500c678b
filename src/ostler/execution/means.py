"""What a run works with, handed to it: nothing in this room finds a cloud, a store or a proof by itself."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ostler.cloud.model import Cloud
from ostler.execution.clock import Clock
from ostler.execution.events import ProbeSeen
from ostler.execution.home import Home, find_home
from ostler.execution.reading import read_facts
from ostler.execution.sealing import Sealing
from ostler.facts.model import FactRequest, JsonValue, Unknown
from ostler.remote.protocol import Api, Transport
from ostler.steps.model import StepKind
from ostler.steps.registry import kind_of


class ProofResult(Protocol):
    """How a named proof came out."""

    @property
    def name(self) -> str:
        """The proof's name."""

    @property
    def ok(self) -> bool:
        """Whether it holds."""

    @property
    def detail(self) -> str:
        """What was seen."""

    @property
    def is_tried(self) -> bool:
        """Whether there was anything to prove."""


Prove = Callable[[Cloud, str, str], ProofResult]
"""Carries out a proof (the cloud as the step finds it, the proof's name, the release that must be seen)."""

FindArchive = Callable[[str, str, str], Path]
"""Finds the archive of (project, release, sha256) on this machine. Raises InputError when there is none."""

ReadFacts = Callable[[Cloud, Transport, Api | None, Iterable[FactRequest]], Mapping[FactRequest, JsonValue | Unknown]]


def never() -> str | None:
    """Nothing pauses the run."""
    return None


def unseen() -> ProbeSeen | None:
    """No probe sees anything."""
    return None


@dataclass(frozen=True)
class Means:
    """What a run works with besides the plan.

    `pause_when` is asked between steps and says why the run should pause (None: it should not); `look_at_probe` is
    asked every few seconds and says what its probe sees (None: nothing); `prove` and `find_archive` None: steps that
    need them fail and say so; `database_url` is where the engine keeps its queue (None: SQLite in the run's folder);
    `handles_interrupts`: Ctrl-C stops the run as soon as nothing is half done.
    """

    home: Home = field(default_factory=find_home)
    who: str = field(default_factory=getpass.getuser)
    prove: Prove | None = None
    find_archive: FindArchive | None = None
    pause_when: Callable[[], str | None] = never
    look_at_probe: Callable[[], ProbeSeen | None] = unseen
    sealing: Sealing = field(default_factory=Sealing)
    clock: Clock = field(default_factory=Clock)
    kind_of: Callable[[str], StepKind] = kind_of
    read_facts: ReadFacts = read_facts
    database_url: str | None = None
    handles_interrupts: bool = False
