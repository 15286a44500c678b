"""Problems of a file, collected with their places and told all together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ostler.errors import InputError

Place = tuple[str | int, ...]
"""Where in a file: the keys and indexes that lead there."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong; `place` is where, `text` what, `advice` what to do (may be empty)."""

    code: str
    place: Place
    text: str
    advice: str = ""


@dataclass
class Problems:
    """Collects what is wrong with the file at `path`; `lines` knows the line of each place, from 1."""

    path: Path
    lines: Mapping[Place, int]
    found: list[Problem] = field(default_factory=list)

    def add(self, code: str, place: Place, text: str, advice: str = "") -> None:
        self.found.append(Problem(code, place, text, advice))

    def demand_none(self) -> None:
        """Raises InputError when there are problems: one with the problem's own code, or `cloud.bad-file`
        naming all."""
        if not self.found:
            return
        told = [self._tell(problem) for problem in sorted(self.found, key=self._line)]
        code = self.found[0].code if len(told) == 1 else "cloud.bad-file"
        count = "a problem" if len(told) == 1 else f"{len(told)} problems"
        raise InputError(
            code,
            f"{self.path} has {count}:\n  " + "\n  ".join(told),
            source=str(self.path),
            do_next="correct the file and try again",
        )

    def _tell(self, problem: Problem) -> str:
        place = ".".join(_shown(str(part)) for part in problem.place)
        advice = f"; {problem.advice}" if problem.advice else ""
        return f"line {self._line(problem)}: {place + ': ' if place else ''}{problem.text}{advice}"

    def _line(self, problem: Problem) -> int:
        place = problem.place
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def _shown(word: str) -> str:
    """A key as it may be printed: control characters, as of a terminal, are written out."""
    return word if word.isprintable() else repr(word)


def nearest(word: str, known: Iterable[str]) -> str:
    """Advice that names the nearest known word, or all of them when none is near."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f"did you mean {near[0]}?" if near else f"known are: {', '.join(words)}"
