"""Which function of a project leans on which: told by its sources (`tools/map_code.py`), not by any log.

The map of a release serves others too: files and functions that a release does not have are simply not found.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

Function = tuple[str, str]
"""A file (`nova/compute/manager.py`) and the name of a function in it, as tracebacks give them."""

MOST_REACHED = 400


class CodeMap:
    """The functions of one project."""

    def __init__(self, functions: dict[str, dict[str, str]], values: dict[str, dict[str, str]]) -> None:
        self._functions = functions
        self._values = values
        self._files = list(functions)

    def leans_on(self, function: Function) -> tuple[Function, ...]:
        """What a function calls or hands on; empty for one that is not known."""
        module, name = function
        packed = self._functions.get(module, {}).get(name, "")
        found = []
        for part in packed.split():
            number, _, names = part.partition(":")
            there = self._files[int(number)] if number else module
            found += [(there, each) for each in names.split(",")]
        return tuple(found)

    def givers(self, function: Function, names: frozenset[str]) -> tuple[Function, ...]:
        """The functions that gave the values of these names in a function."""
        module, name = function
        found = []
        for part in self._values.get(module, {}).get(name, "").split():
            value, _, giver = part.partition("=")
            number, _, there = giver.partition(":")
            if value in names:
                found.append((self._files[int(number)] if number else module, there))
        return tuple(dict.fromkeys(found))

    def within(self, function: Function, hops: int) -> dict[Function, int]:
        """The functions that are reached from one, with the least number of calls to each; itself not included."""
        reached: dict[Function, int] = {}
        border = [function]
        for hop in range(1, hops + 1):
            following = []
            for each in border:
                for other in self.leans_on(each):
                    if other not in reached and other != function and len(reached) < MOST_REACHED:
                        reached[other] = hop
                        following.append(other)
            border = following
        return reached

    def passed_on(self, function: Function) -> tuple[Function, ...]:
        """The functions of the same name in other files that a function leans on: it only stands before them."""
        return tuple(each for each in self.leans_on(function) if each[1] == function[1] and each[0] != function[0])

    def size(self, module: str) -> int:
        """How many functions a file has; 0 for one that is not known."""
        return len(self._functions.get(module, {}))

    def has(self, module: str) -> bool:
        """Whether a file is of this project, as far as the map goes."""
        return module in self._functions


@cache
def code_map(project: str) -> CodeMap:
    """The map of a project; an empty one when there is none."""
    folder = files("ostler.diagnosis") / "data" / "code"
    found = sorted(
        (each for each in folder.iterdir() if each.name.startswith(f"{project}-")), key=lambda each: each.name
    )
    if not found:
        return CodeMap({}, {})
    raw = json.loads(found[-1].read_text("utf-8"))
    return CodeMap(raw["files"], raw["values"])


def code_map_of(module: str) -> CodeMap:
    """The map of the project that a file is of."""
    return code_map(module.partition("/")[0])
