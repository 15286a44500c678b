"""What is known of how OpenStack carries out what users ask for: `data/operations.yaml`, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ostler.diagnosis.code_map import Function
from ostler.diagnosis.data_files import read_data

CLOCKS_DIFFER_S = 5.0
"""So much earlier than what it follows from may something seem to be."""


@dataclass(frozen=True)
class Route:
    """What answers a request: the function of the API, and the one behind it that does the work."""

    project: str
    method: str
    path: re.Pattern[str]
    answers: Function
    behind: Function


@dataclass(frozen=True)
class Stage:
    """A part of some work: the sign that it was done, the functions that do it, how many seconds before the work was
    begun the sign may come, and whether all that is after it is worth nothing without it."""

    sign: str
    doers: tuple[Function, ...]
    before_s: float
    is_needed: bool


@dataclass(frozen=True)
class Work:
    """Something users ask for that goes on after the answer: it is begun by one sign and goes through stages."""

    name: str
    begun: str
    within_s: float
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class _AnswerMark:
    name: str
    project: str
    method: str
    path: re.Pattern[str]
    status: int


@dataclass(frozen=True)
class Knowledge:
    """Routes, works, and the signs by which they are seen."""

    routes: tuple[Route, ...]
    works: tuple[Work, ...]
    _signs: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]
    _answers: tuple[_AnswerMark, ...]
    _internal: re.Pattern[str]
    _by_module: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = field(default_factory=dict)

    def marks_in(self, module: str, text: str) -> tuple[str, ...]:
        """The names of the signs that an event is."""
        known = self._by_module.get(module)
        if known is None:
            known = tuple((name, says) for name, of, says in self._signs if of.match(module))
            self._by_module[module] = known
        return tuple(name for name, says in known if says.search(text)) if known else ()

    def marks_of_answer(self, project: str, method: str, path: str, status: int) -> tuple[str, ...]:
        """The names of the signs that an API's answer is."""
        return tuple(
            each.name for each in self._answers
            if each.status == status and each.method == method and each.project == project and each.path.search(path)
        )  # fmt: skip

    def route_of(self, project: str, method: str, path: str) -> Route | None:
        """What answers a request; None when it is not known."""
        return next(
            (
                each
                for each in self.routes
                if each.method == method and each.project == project and each.path.search(path)
            ),
            None,
        )

    def is_internal(self, path: str) -> bool:
        """Whether only services ask for this, not users."""
        return self._internal.search(path) is not None


@cache
def knowledge() -> Knowledge:
    """Read what is known."""
    raw = read_data("operations.yaml")
    return Knowledge(
        tuple(_route(each) for each in raw["routes"]),
        tuple(_work(each) for each in raw["works"]),
        tuple((name, re.compile(each["module"]), re.compile(each["says"])) for name, each in raw["signs"].items()),
        tuple(
            _AnswerMark(name, each["project"], each["method"], re.compile(each["path"]), each["status"])
            for name, each in raw["answers"].items()
        ),
        re.compile("|".join(raw["internal"])),
    )


def _route(raw: dict[str, Any]) -> Route:
    return Route(raw["project"], raw["method"], re.compile(raw["path"]), _function(raw["in"]), _function(raw["then"]))


def _work(raw: dict[str, Any]) -> Work:
    return Work(raw["name"], raw["begun"], float(raw["within_s"]), tuple(map(_stage, raw["stages"])))


def _stage(raw: dict[str, Any]) -> Stage:
    before_s = float(raw.get("before_s", CLOCKS_DIFFER_S))
    return Stage(raw["sign"], tuple(map(_function, raw["in"])), before_s, raw.get("is_needed", False))


def _function(text: str) -> Function:
    module, _, name = text.partition(":")
    return module, name
