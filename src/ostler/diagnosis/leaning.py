"""What leans on what in one cloud: `data/leans_on.yaml` over the parts that the cloud has."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Any

from ostler.diagnosis.data_files import read_data
from ostler.diagnosis.parts import Parts
from ostler.diagnosis.telltales import words_of
from ostler.rules.component import KINDS, Component

_SLOT = re.compile(r"\{([a-z]+)\}")
_NOBODY = "\0"
"""Stands for what a part does not have, such as a name: no part matches it."""


@dataclass(frozen=True)
class Pattern:
    """Parts of one kind by name and host; both may hold slots and `*`."""

    kind: str
    name: str
    host: str


@dataclass(frozen=True)
class Needs:
    """What parts of one kind, or one part, lean on: ``stands_on`` to be well, ``asks`` to do its work."""

    stands_on: tuple[Pattern, ...] = ()
    asks: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class Told:
    """Which log lines speak for parts of a kind: those that say something, and those of some services."""

    says: re.Pattern[str] | None
    services: frozenset[str]


@dataclass(frozen=True)
class Known:
    """The data file, read."""

    kinds: Mapping[str, Needs]
    services: Mapping[str, Needs]
    more: Mapping[str, Needs]
    readers: Mapping[str, str]
    told: Mapping[str, Told]


@cache
def known() -> Known:
    """Read what is known. Raises ValueError for a kind that there is not."""
    raw = read_data("leans_on.yaml")
    told = {kind: _told(kind, each) for kind, each in raw["told"].items()}
    needs = ({key: _needs(each) for key, each in raw[part].items()} for part in ("kinds", "services", "more"))
    kinds, services, more = needs
    if strange := {*kinds, *told} - set(KINDS):
        raise ValueError(f"leans_on.yaml: there are no components of the kinds {', '.join(sorted(strange))}")
    return Known(kinds, services, more, raw["readers"], told)


def _told(kind: str, raw: Mapping[str, Any]) -> Told:
    """The words of `told` and those of the telltales of the same kind, which count as well."""
    words = "|".join(filter(None, (raw.get("says", ""), words_of(kind))))
    return Told(re.compile(words) if words else None, frozenset(raw.get("services", ())))


def _needs(raw: Mapping[str, list[str]]) -> Needs:
    return Needs(tuple(map(_pattern, raw.get("stands_on", ()))), tuple(map(_pattern, raw.get("asks", ()))))


def _pattern(text: str) -> Pattern:
    kind, colon, rest = text.partition(":")
    if not colon or kind not in KINDS:
        raise ValueError(f"leans_on.yaml: {text!r} is no component")
    name, _, host = rest.partition("@")
    return Pattern(kind, name, host)


class Leaning:
    """Answers what a part leans on, directly or through others.

    ``parts`` are those of the cloud; what was found broken is added to them, so that it is met on the way.
    """

    def __init__(self, parts: Parts, broken: Iterable[Component]) -> None:
        self._parts = parts
        self._known = known()
        self._by_kind: dict[str, dict[Component, None]] = {}
        for part in (*parts.all, *broken):
            self._by_kind.setdefault(part.kind, {})[part] = None
        self._direct: dict[tuple[Component, bool], tuple[Component, ...]] = {}

    def beneath(self, part: Component, *, through_asking: bool) -> dict[Component, int]:
        """All that a part leans on, with the number of steps to each; itself not included. Without
        ``through_asking`` only what it stands on."""
        found: dict[Component, int] = {}
        border = deque([(part, 0)])
        while border:
            each, steps = border.popleft()
            for other in self._leans_on(each, through_asking):
                if other != part and other not in found:
                    found[other] = steps + 1
                    border.append((other, steps + 1))
        return found

    def _leans_on(self, part: Component, through_asking: bool) -> tuple[Component, ...]:
        key = (part, through_asking)
        if key not in self._direct:
            found: dict[Component, None] = {}
            for needs in self._needs_of(part):
                for pattern in (*needs.stands_on, *(needs.asks if through_asking else ())):
                    found.update(dict.fromkeys(self._matching(pattern, part)))
            self._direct[key] = tuple(found)
        return self._direct[key]

    def _needs_of(self, part: Component) -> Iterator[Needs]:
        yield self._known.kinds.get(part.kind, Needs())
        service = self._parts.service(part)
        if service is not None:
            yield self._known.services["all"]
            if service.uses_amqp:
                yield self._known.services["messaging"]
            if service.databases:
                yield self._known.services["database"]
        yield self._known.more.get(f"{part.kind}:{part.name}", Needs())

    def _matching(self, pattern: Pattern, part: Component) -> Iterator[Component]:
        slots = {
            "name": part.name or _NOBODY,
            "host": part.host or _NOBODY,
            "project": self._parts.project(part) or _NOBODY,
            "on": self._parts.whereabouts.get(part) or "*",
            "reader": _reader(part.name, self._known.readers),
        }
        name, host = _filled(pattern.name, slots), _filled(pattern.host, slots)
        if "*" not in name + host:
            exact = Component(pattern.kind, _plain(name), _plain(host))
            yield from (exact,) if exact in self._by_kind.get(pattern.kind, {}) else ()
            return
        is_name, is_host = _matcher(name), _matcher(host)
        for other in self._by_kind.get(pattern.kind, ()):
            if is_name(other.name) and is_host(other.host):
                yield other


def _reader(queue: str, readers: Mapping[str, str]) -> str:
    """The service that reads a queue, by what its name begins with."""
    return next((service for start, service in readers.items() if queue.startswith(start)), _NOBODY)


def _filled(text: str, slots: Mapping[str, str]) -> str:
    """A pattern with its slots filled; a value is taken literally, save the `*` of a place that is not known."""
    return _SLOT.sub(lambda found: _literal(slots[found[1]]), text)


def _literal(value: str) -> str:
    return value if value == "*" else re.sub(r"([*?\[])", r"[\1]", value)


def _plain(pattern: str) -> str:
    return re.sub(r"\[([*?\[])\]", r"\1", pattern)


@cache
def _matcher(pattern: str) -> Any:
    return re.compile(translate(pattern)).match
