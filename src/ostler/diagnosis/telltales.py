"""By which words in the logs a part of the infrastructure is known to be broken: `data/telltales.yaml`, read and
checked, and what an event says of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ostler.catalog.reading import read_record
from ostler.catalog.record import Closed, Source
from ostler.errors import Severity
from ostler.logs.event import Event, Level
from ostler.logs.finding import PROJECTS
from ostler.rules.component import check_template

DATA = Path(__file__).parent / "data" / "telltales.yaml"

BEGINNING, END = 1000, 400
"""Characters of what was said in which words are looked for: a traceback's last line says what was raised."""

MOST_WRITERS = 10_000
OPENSTACK = "openstack"
"""Stands for all projects where it is said whose lines count."""

TELLS_OF_MESSAGES = "oslo"
"""How loggers begin that note when a broker is reached again."""


@dataclass(frozen=True, kw_only=True)
class Telltale(Closed):
    """Words that tell of one kind of fault, and what is said of it then; the data file explains each field."""

    says: str
    component: str
    severity: Severity
    summary: str
    do_next: str
    source: Source
    unless: str = ""
    by: tuple[str, ...] = ()
    name: str = ""
    unnamed: str = ""
    is_symptom: bool = False
    over: str = ""
    silence_s: float | None = None

    def __post_init__(self) -> None:
        check_template(self.component)
        for pattern in (self.says, self.unless, self.name, self.over):
            re.compile(pattern)

    @property
    def kind(self) -> str:
        """The kind of component it is about."""
        return self.component.partition(":")[0]


@dataclass(frozen=True)
class Word:
    """What an event says: by which telltale, of a part with which name, and whether that it is well again."""

    id: str
    name: str
    is_over: bool


_Gate = tuple[re.Pattern[str], tuple[str, ...]]
"""Which telltales to look for, and a pattern for all their words."""


class Telltales:
    """All of them, ready to look for. ``writers`` are those whose lines count for a kind of component."""

    def __init__(self, known: dict[str, Telltale], writers: dict[str, frozenset[str]]) -> None:
        self.known = known
        self._writers = {id_: _writers(each) or writers.get(each.kind, frozenset()) for id_, each in known.items()}
        self._says = {id_: re.compile(each.says) for id_, each in known.items()}
        self._unless = {id_: re.compile(each.unless) for id_, each in known.items() if each.unless}
        self._over = {id_: re.compile(each.over) for id_, each in known.items() if each.over}
        self._any_of: dict[tuple[str, ...], re.Pattern[str]] = {}
        self._gates: dict[tuple[str, str], _Gate] = {}
        self.patterns_of_names = {id_: re.compile(each.name) for id_, each in known.items() if each.name}

    def in_event(self, event: Event, text: str) -> Iterator[Word]:
        """What an event says of the infrastructure: of each part by the first telltale that fits."""
        if event.level < Level.WARNING and event.project in PROJECTS:
            if not event.module.startswith(TELLS_OF_MESSAGES):
                return
        elif event.level < Level.ERROR and event.details.status is not None:
            return
        said = text if len(text) <= BEGINNING + END else f"{text[:BEGINNING]}\n{text[-END:]}"
        any_of_them, ids = self._of_writer(event.project, event.service)
        if any_of_them.search(said) is None:
            return
        told: set[str] = set()
        for id_ in ids:
            about = self.known[id_].component
            if about in told or (id_ in self._unless and self._unless[id_].search(said)):
                continue
            if self._says[id_].search(said):
                told.add(about)
                yield Word(id_, self._named(id_, said), is_over=False)
            elif id_ in self._over and (over := self._over[id_].search(said)):
                yield Word(id_, next(filter(None, over.groups()), "") or self.known[id_].unnamed, is_over=True)

    def _of_writer(self, project: str, service: str) -> _Gate:
        """The telltales for which the lines of a project and a service count. A container may be named `nova_api`."""
        key = (project, service)
        if key not in self._gates:
            if len(self._gates) > MOST_WRITERS:
                self._gates.clear()
            names = {project, service, re.split(r"[-_]", service)[0]}
            self._gates[key] = self._gate(tuple(id_ for id_, by in self._writers.items() if not by or by & names))
        return self._gates[key]

    def _gate(self, ids: tuple[str, ...]) -> _Gate:
        if ids not in self._any_of:
            known = [self.known[id_] for id_ in ids]
            self._any_of[ids] = re.compile(
                "|".join(words for each in known for words in (each.says, each.over) if words)
            )
        return self._any_of[ids], ids

    def _named(self, id_: str, said: str) -> str:
        found = self.patterns_of_names[id_].search(said) if id_ in self.patterns_of_names else None
        return next(filter(None, found.groups()), "") if found else self.known[id_].unnamed


def _writers(telltale: Telltale) -> frozenset[str]:
    named = frozenset(telltale.by)
    return (named - {OPENSTACK}) | PROJECTS if OPENSTACK in named else named


@cache
def known_telltales() -> dict[str, Telltale]:
    """The data file, read. Raises InputError `catalog.bad-data` when it does not fit."""
    return read_record(dict[str, Telltale], DATA)


def words_of(kind: str) -> str:
    """A regular expression for the words of all telltales of a kind of component; empty when there are none."""
    return "|".join(each.says for each in known_telltales().values() if each.kind == kind)
