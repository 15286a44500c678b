"""What changes in a project's options from one release to another, what a file sets first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.option import Option, Place
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.file import ConfigFile
from ostler.configuration.groups import SettledGroups
from ostler.configuration.shown import cut, in_words, shown_value
from ostler.configuration.succession import Fate, Succession, old_names


class Change(StrEnum):
    """What happened to an option, the weightiest first."""

    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    REQUIRED = "newly required"
    VALUES = "values changed"
    DEFAULT = "default changed"
    DEPRECATED = "newly deprecated"
    NEW = "new"


@dataclass(frozen=True)
class SetIn:
    """A line of an operator's file that sets an option; `value` may be shown."""

    file: str
    line: int
    value: str


@dataclass(frozen=True)
class OptionChange:
    """One change. `now` is the option's new place when it has one; `before` and `after` are defaults or kinds of
    values, as they may be shown; `since` is the release that removed or renamed it."""

    change: Change
    place: Place
    now: Place | None = None
    before: str = ""
    after: str = ""
    since: str = ""
    reason: str = ""
    set_in: tuple[SetIn, ...] = ()


def difference(succession: Succession, files: Mapping[str, ConfigFile], known: ConfigKnown) -> tuple[OptionChange, ...]:
    """Every change between the releases: what the files set first, then by what happened and by place."""
    set_in = _set_in(succession, files, known)
    found = [replace(change, set_in=set_in.get(change.place, ())) for change in _changes(succession)]
    order = list(Change)
    return tuple(sorted(found, key=lambda each: (not each.set_in, order.index(each.change), each.place)))


def _changes(succession: Succession) -> Iterator[OptionChange]:
    taken: set[Place] = set()
    for place, option in succession.before.items():
        if place[0] == PLUGINS:
            continue
        fate = succession.fate(place)
        if fate.place is not None and fate.place in succession.after:
            taken.add(fate.place)
        yield from _of_one(succession, place, option, fate)
    for place, option in succession.after.items():
        if place[0] != PLUGINS and place not in taken and place not in succession.before:
            change = Change.REQUIRED if option.is_required and option.default is None else Change.NEW
            yield OptionChange(change, place, after=_default(option))


def _of_one(succession: Succession, place: Place, option: Option, fate: Fate) -> Iterator[OptionChange]:
    now = fate.last
    since = fate.since or ""
    if fate.place is None or now is None:
        reason = fate.last.removal.reason if fate.last and fate.last.removal else ""
        namesake = succession.namesake(fate)
        if namesake:
            reason = f"{in_words(*namesake)} is new, and may be the same. {reason}".rstrip()
        yield OptionChange(Change.REMOVED, place, since=since, reason=reason)
        return
    moved = fate.place if fate.place != place else None
    if moved:
        change = Change.RENAMED if moved[0] == place[0] else Change.MOVED
        yield OptionChange(change, place, moved, since=since)
    if now.is_required and not option.is_required and now.default is None:
        yield OptionChange(Change.REQUIRED, place, moved)
    if now.kind != option.kind or now.is_multi != option.is_multi:
        yield OptionChange(Change.VALUES, place, moved, _values(option), _values(now))
    if now.default_text != option.default_text:
        yield OptionChange(Change.DEFAULT, place, moved, _default(option), _default(now))
    if now.removal and not option.removal and not moved:
        yield OptionChange(Change.DEPRECATED, place, since=now.removal.since, reason=now.removal.reason)


def _set_in(
    succession: Succession, files: Mapping[str, ConfigFile], known: ConfigKnown
) -> dict[Place, tuple[SetIn, ...]]:
    found: dict[Place, tuple[SetIn, ...]] = {}
    heirs = old_names(succession.before)
    for name, file in files.items():
        groups = SettledGroups(succession.project, file, succession.before, known)
        for block in file.options():
            old = [heir for place in groups.places(block.group or "", block.name) for heir in heirs.get(place, ())]
            option = groups.find(block.group or "", block.name) or next((succession.before[heir] for heir in old), None)
            shown = SetIn(name, block.number, shown_value(block.value, is_secret=succession.is_secret(block.name)))
            place = option.place if option else block.place
            found[place] = (*found.get(place, ()), shown)
    return found


def counted(changes: Iterable[OptionChange]) -> dict[str, int]:
    """How many changes there are of each sort, those that there are none of left out."""
    listed = [change.change for change in changes]
    return {str(each): listed.count(each) for each in Change if each in listed}


def _default(option: Option) -> str:
    """A default as people read it; it is public, also that of a secret option."""
    return cut(option.default_text)


def _values(option: Option) -> str:
    kind = option.kind
    words = [f"several of {kind.type}" if option.is_multi else kind.type]
    if kind.choices:
        words.append(f"one of {', '.join(map(str, kind.choices))}")
    if kind.min is not None:
        words.append(f"from {kind.min:g}")
    if kind.max is not None:
        words.append(f"to {kind.max:g}")
    if kind.items:
        words.append(f"of {kind.items.type}")
    return " ".join(words)
