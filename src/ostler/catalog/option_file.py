"""The file that holds a project's options of every harvested release: what it looks like, and how a harvest is added.

data/options/nova.jsonl: a head, then a line per option, sorted, and of each the ranges of harvested releases in which
it was declared in the same way:

    {"format":1,"project":"nova","releases":{"2023.1":{"python":"3.11","version":"27.5.1"}}}
    ["DEFAULT","debug",[["2023.1","2026.2",{"default":false,"mutable":true,"type":"boolean"}]]]

Options of keystoneauth's plugins, which are read from whichever group asks for one, have no group (""). The same
harvests give the same bytes, in whichever order they were added.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ostler.catalog.option import Place, place_of
from ostler.errors import InputError

FORMAT = 1
PLUGINS = ""
"""The group of what keystoneauth's plugins read."""

Record = Mapping[str, Any]
OWN_KEYS = ("group", "name")


@dataclass(frozen=True)
class Harvest:
    """Every option of a project in one release: the version of the project that was asked, the Python that ran it."""

    release: str
    version: str
    python: str
    records: Mapping[Place, Record]


@dataclass
class OptionFile:
    """What a file holds; `lines` are, per option, its ranges of releases."""

    project: str
    releases: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: dict[Place, list[tuple[str, str, Record]]] = field(default_factory=dict)

    def records_at(self, release: str) -> Iterator[tuple[Place, Record]]:
        """Every option that a harvested release declares."""
        order = {each: number for number, each in enumerate(self.releases)}
        at = order[release]
        for place, ranges in self.lines.items():
            for since, until, record in ranges:
                if order[since] <= at <= order[until]:
                    yield place, record

    def harvests(self) -> Iterator[Harvest]:
        for release, about in self.releases.items():
            yield Harvest(release, about["version"], about["python"], dict(self.records_at(release)))


def harvest_from(answer: Mapping[str, Any], release: str) -> Harvest:
    """The harvest in what environments/foreign/harvesting.py answered."""
    records = [*answer["options"], *({**each, "group": PLUGINS} for each in answer["plugins"])]
    return Harvest(
        release,
        answer["version"],
        answer["python"],
        {place_of(each["group"], each["name"]): _without(each, OWN_KEYS) for each in records},
    )


def with_harvest(known: OptionFile, harvest: Harvest, order: Sequence[str]) -> OptionFile:
    """The file with one release's options in place of what it had for that release; `order` is that of releases."""
    harvests = {each.release: each for each in known.harvests()} | {harvest.release: harvest}
    merged = OptionFile(known.project)
    for release in sorted(harvests, key=order.index):
        each = harvests[release]
        before = next(reversed(merged.releases), None)
        merged.releases[release] = {"version": each.version, "python": each.python}
        for place, record in each.records.items():
            ranges = merged.lines.setdefault(place, [])
            if ranges and ranges[-1][1] == before and ranges[-1][2] == record:
                ranges[-1] = (ranges[-1][0], release, record)
            else:
                ranges.append((release, release, record))
    return merged


def read_option_file(text: str, source: str) -> OptionFile:
    """The file that `write_option_file` wrote. Raises InputError `catalog.bad-options` for anything else."""
    try:
        head, *lines = [json.loads(line) for line in text.splitlines()]
        if head["format"] != FORMAT:
            raise ValueError(f"format {head['format']}")
        found = OptionFile(head["project"], head["releases"])
        for group, name, ranges in lines:
            found.lines[group, name] = [(since, until, record) for since, until, record in ranges]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "catalog.bad-options",
            f"{source} is no file of options of format {FORMAT}: {error}",
            do_next="restore the file as it came with Ostler, or harvest every release again",
            source=source,
        ) from None
    return found


def write_option_file(file: OptionFile) -> str:
    """The file as text."""
    head = {"format": FORMAT, "project": file.project, "releases": file.releases}
    lines = ([group, name, ranges] for (group, name), ranges in sorted(file.lines.items()))
    return "".join(_line(each) for each in (head, *lines))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _without(record: Record, keys: Sequence[str]) -> Record:
    return {key: record[key] for key in sorted(record) if key not in keys}
