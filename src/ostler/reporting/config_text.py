"""What `ostler config` has to say, as text and as JSON. Pure; nothing in it is a secret (see configuration.shown)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ostler.catalog.option import Place
from ostler.configuration.difference import Change, OptionChange, counted
from ostler.configuration.draft import Explanation, Told
from ostler.configuration.migration import Migration
from ostler.configuration.shown import in_words
from ostler.reporting.findings import one_line

HEADINGS = {
    Told.DECIDE: "TO BE DECIDED by you",
    Told.CHANGED: "CHANGED",
    Told.NOTE: "NOTES: nothing was changed for them",
}


def difference_text(changes: Sequence[OptionChange], has_files: bool) -> str:
    """The changes between two releases, what the files set first."""
    if not changes:
        return "No option changes.\n"
    counts = ", ".join(f"{count} {name}" for name, count in counted(changes).items())
    lines = [f"{counts}.", ""]
    mine = [change for change in changes if change.set_in]
    others = [change for change in changes if not change.set_in]
    if has_files:
        lines += ["SET IN YOUR FILES", *([line for change in mine for line in _mine(change)] or ["  nothing"]), ""]
        lines.append("NOT SET IN YOUR FILES")
    for sort, same in groupby(others, key=lambda change: change.change):
        lines += [f" {sort}", *(f"  - {_one(change)}" for change in same), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def difference_json(changes: Sequence[OptionChange], **about: Any) -> dict[str, Any]:
    """The same as one document."""
    rows = [
        {
            "change": str(change.change),
            **_place("", change.place),
            **_place("new_", change.now),
            "before": change.before,
            "after": change.after,
            "since": change.since,
            "reason": change.reason,
            "set_in": [vars(each) for each in change.set_in],
        }
        for change in changes
    ]
    return {"format": 1, **about, "counts": counted(changes), "changes": rows}


def migration_text(name: str, migration: Migration, difference: Sequence[str]) -> str:
    """What was changed, what must be decided, and the difference of the two texts."""
    if not migration.said:
        return f"{name}: nothing must change.\n"
    lines = []
    for told, heading in HEADINGS.items():
        of_sort = migration.of(told)
        if of_sort:
            lines += [heading, *(line for each in of_sort for line in _explained(name, each)), ""]
    if difference:
        lines += [*(f"{line[:1]}{one_line(line[1:])}" for line in difference), ""]
    return "\n".join(lines)


def migration_json(migration: Migration, difference: Sequence[str], **about: Any) -> dict[str, Any]:
    """The same as one document, without the new text, which may hold secrets."""

    def rows(told: Told) -> list[dict[str, Any]]:
        return [
            {"line": each.line, "option": each.option, "what": each.what, "why": each.why}
            for each in migration.of(told)
        ]

    return {
        "format": 1,
        **about,
        "changes": rows(Told.CHANGED),
        "decisions": rows(Told.DECIDE),
        "notes": rows(Told.NOTE),
        "difference": list(difference),
    }


def _mine(change: OptionChange) -> list[str]:
    where = [f"      {each.file}:{each.line} = {each.value}" for each in change.set_in]
    return [f"  - {change.change}: {_one(change)}", *(one_line(line).join(("      ", "")) for line in where)]


def _one(change: OptionChange) -> str:
    words = in_words(*change.place)
    if change.now:
        words += f" → {in_words(*change.now)}"
    if change.change is Change.NEW:
        words += f" = {change.after}"
    elif change.before or change.after:
        words += f": {change.before} → {change.after}"
    if change.since:
        words += f" (since {change.since})"
    return one_line(f"{words}: {change.reason}" if change.reason else words)


def _explained(name: str, each: Explanation) -> list[str]:
    lines = [one_line(f"  - {name}:{each.line} {each.option}: {each.what}").join(("  ", ""))]
    return [*lines, f"      {one_line(each.why)}"] if each.why else lines


def _place(prefix: str, place: Place | None) -> dict[str, str | None]:
    group, option = place if place else (None, None)
    return {f"{prefix}group": group, f"{prefix}option": option}
