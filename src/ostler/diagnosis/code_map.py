"""Which function of a project leans on which: told by its sources (`tools/map_code.py`), not by any log.

The map of a release serves others too: files and functions that a release does not have are simply not found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

Function = tuple[str, str]
"""A file (`nova/compute/manager.py`) and the name of a function in it, as tracebacks give them."""

MOST_REACHED = 400


@dataclass(frozen=True)
class Flow:
    """How values go through a function.

    ``hands`` are its parameters; ``used`` names that it takes something of, with the calls that got them before;
    ``lent`` names and the first call that gets them; ``gives`` the functions and ``names`` the names whose value it
    gives back as it is; ``given`` whose value a name has as it is; ``made`` names with a value of another kind;
    ``may_give_nothing`` is true when it gives None by itself, ``asks_outside`` when what is no function of the project
    makes its value.
    """

    hands: tuple[str, ...] = ()
    used: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lent: Mapping[str, str] = field(default_factory=dict)
    gives: tuple[Function, ...] = ()
    names: tuple[str, ...] = ()
    given: tuple[tuple[str, Function], ...] = ()
    made: frozenset[str] = frozenset()
    may_give_nothing: bool = False
    asks_outside: bool = False

    @property
    def own(self) -> set[str]:
        """The names that have their value from this function."""
        return {name for name, _ in self.given} | self.made


class CodeMap:
    """The functions of one project."""

    def __init__(
        self,
        functions: dict[str, dict[str, str]],
        values: dict[str, dict[str, str]],
        flows: dict[str, dict[str, str]],
    ) -> None:
        self._functions = functions
        self._values = values
        self._flows = flows
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
            if value in names:
                found.append(self._unpacked(giver, module))
        return tuple(dict.fromkeys(found))

    def flow(self, function: Function) -> Flow:
        """How values go through a function; of one that is not known, nothing is said."""
        module, name = function
        packed = self._flows.get(module, {}).get(name)
        if packed is None:
            return Flow(asks_outside=True)
        hands, used, lent, gives, given = (part.split() for part in packed.split("|"))
        lists = [each.split("<") for each in used]
        return Flow(
            tuple(hands),
            {name: tuple(calls) for name, *calls in lists},
            {name: call for name, _, call in (each.partition(">") for each in lent)},
            tuple(self._unpacked(each, module) for each in gives if each[0] not in "!?="),
            tuple(each[1:] for each in gives if each[0] == "="),
            tuple(
                (name, self._unpacked(giver, module))
                for name, _, giver in (each.partition("=") for each in given if "=" in each)
            ),
            frozenset(each for each in given if "=" not in each), "!" in gives, "?" in gives,
        )  # fmt: skip

    def _unpacked(self, packed: str, module: str) -> Function:
        number, _, name = packed.partition(":")
        return self._files[int(number)] if number else module, name

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
        return CodeMap({}, {}, {})
    raw = json.loads(found[-1].read_text("utf-8"))
    return CodeMap(raw["files"], raw["values"], raw["flows"])


def code_map_of(module: str) -> CodeMap:
    """The map of the project that a file is of."""
    return code_map(module.partition("/")[0])
