"""Templates of what is said: the same words with other ids, numbers and names are one. A small Drain.

Ids, numbers, addresses and quoted values are taken out first; most events are then told by one look-up. What is left
is compared word by word with the templates of the same module, length and first word (after "Drain: An Online Log
Parsing Approach with Fixed Depth Tree", He et al., ICWS 2017).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ostler.logs.event import Event, Level

SIMILAR = 0.6
"""The part of words that must be the same."""

MOST_TEMPLATES = 20_000
MOST_REMEMBERED = 100_000
LONGEST_TEXT = 600
MOST_WORDS = 60
ANY = "*"

_VARIABLE = re.compile(
    r"(?:req-)?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|'[^'\n]*'|\"[^\"\n]*\"|\{[^{}\n]*\}|\[[^\[\]\n]*\]"
    r"|(?:https?|rbd|amqp|mysql\+pymysql)://\S+|/[\w./\-]*/[\w./\-]*|\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{12,}\b"
    r"|\b(?:\d+[.:\-x,])*\d+\w{0,3}\b"
)


@dataclass
class Template:
    """One template: ``words`` with `*` where they differ; ``count`` events from ``first`` to ``last``, the gravest of
    ``level``; ``example`` is the first of them."""

    project: str
    module: str
    words: list[str]
    level: Level
    count: int
    first: float
    last: float
    example: Event

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Miner:
    """Learns templates from events, in any order."""

    def __init__(self) -> None:
        self.templates: list[Template] = []
        self.left_out = 0
        self._known: dict[tuple[str, str], Template] = {}
        self._groups: dict[tuple[str, int, str], list[Template]] = {}

    def learn(self, events: Iterable[Event]) -> None:
        """Count events to their templates, making new ones where they fit none."""
        for event in events:
            self.add(event)

    def add(self, event: Event) -> Template | None:
        """Count one event to its template and return that; None when there are too many templates already."""
        key, module = shape_of(event.text), event.module or event.service
        template = self._known.get((module, key))
        if template is None:
            template = self._find(event, module, key)
            if template is None:
                self.left_out += 1
                return None
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[module, key] = template
        template.count += 1
        template.first, template.last = min(template.first, event.time), max(template.last, event.time)
        template.level = max(template.level, event.level)
        return template

    def _find(self, event: Event, module: str, key: str) -> Template | None:
        words = key.split()[:MOST_WORDS]
        group = self._groups.setdefault((module, len(words), words[0] if words else ""), [])
        for template in group:
            same = sum(1 for one, other in zip(template.words, words, strict=True) if one == other)
            if same >= SIMILAR * len(words):
                template.words = [
                    one if one == other else ANY for one, other in zip(template.words, words, strict=True)
                ]
                return template
        if len(self.templates) >= MOST_TEMPLATES:
            return None
        made = Template(event.project, module, words, event.level, 0, event.time, event.time, event)
        group.append(made)
        self.templates.append(made)
        return made


def shape_of(text: str) -> str:
    """The first line of a text without what differs from one event to the next."""
    return _VARIABLE.sub(ANY, text.partition("\n")[0][:LONGEST_TEXT])
