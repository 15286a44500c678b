"""What a hop makes of the options that a file sets, told from their names and some values: what must get another place,
what is read no more, and which values the target does not take. Secrets need not be known for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.option import Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.carrying import place_in_file, what_became_of
from ostler.configuration.credentials import has_plugin, heir_beside_plugin
from ostler.configuration.draft import Draft
from ostler.configuration.file import parse_config
from ostler.configuration.groups import PLUGIN_CHOOSERS, SECTION
from ostler.configuration.succession import Fate, Succession, old_names

SetOption = tuple[str, str, str | None]
"""Group, name, and the value where it is known."""


class Becomes(StrEnum):
    """What becomes of an option: another place; nothing, since nobody reads it; more than one option; what it was,
    with a value that is no good any more."""

    MOVED = "moved"
    GONE = "gone"
    SEVERAL = "several"
    REFUSED = "refused"


@dataclass(frozen=True)
class OptionOnHop:
    """One option of the file. `now` is the place of one that moved; `since` the release that did it; `why` is what its
    project says, or what is wrong with its value; it may be empty."""

    place: Place
    becomes: Becomes
    now: Place | None = None
    since: str = ""
    why: str = ""


def values_wanted(succession: Succession, known: ConfigKnown) -> tuple[str, ...]:
    """The names of options whose values matter on this hop: those that name groups, and those whose type changes. None
    of them is secret."""
    named_by = [(each.named_by or "").partition("/")[2] for each in known.dynamic_groups]
    names = {*PLUGIN_CHOOSERS, SECTION, *named_by, *(each.having or "" for each in known.dynamic_groups)}
    for place, option in succession.before.items():
        now = succession.fate(place).last
        if now is not None and now.kind != option.kind:
            names |= {name for _, name in (option.place, *option.deprecated)}
    return tuple(sorted(name for name in names if name and not succession.is_secret(name)))


def options_on_hop(options: Iterable[SetOption], succession: Succession, known: ConfigKnown) -> tuple[OptionOnHop, ...]:
    """What becomes of each option that has to be spoken of, in the order of the file.

    An old name is left where it is while the target still reads it: old code on the same host reads the file, too,
    until the last of it is replaced.
    """
    listed = list(options)
    draft = Draft(parse_config(skeleton(listed)), succession, known)
    still_read = old_names(succession.after)
    last = {place_of(group, name): (group, name, value is not None) for group, name, value in listed}
    found: list[OptionOnHop] = []
    for group, name, is_told in last.values():
        moved = _moved_by_table(draft, (group, name))
        home, fate = what_became_of(draft, group, name)
        if moved:
            found.append(moved)
        elif fate is not None and home != PLUGINS:
            if (home, place_of(home, name)[1]) not in still_read:
                found += _of_one(draft, (group, name), home, fate)
            if is_told:
                found += _refused(draft, (group, name), fate)
    return tuple(found)


def _of_one(draft: Draft, place: Place, home: str, fate: Fate) -> Iterator[OptionOnHop]:
    since = fate.since or ""
    if fate.place is None:
        reason = fate.last.removal.reason if fate.last and fate.last.removal else ""
        yield OptionOnHop(place, Becomes.GONE, since=since, why=" ".join(reason.split()))
        return
    if fate.place == (home, place_of(home, place[1])[1]):
        return
    heirs = [place_in_file(place[0], home, heir) for heir in (fate.place, *fate.others)]
    if any(draft.lines(*heir) for heir in heirs):
        yield OptionOnHop(place, Becomes.GONE, since=since, why="what takes its place is set as well, and counts")
    elif fate.others:
        yield OptionOnHop(place, Becomes.SEVERAL, since=since)
    else:
        yield OptionOnHop(place, Becomes.MOVED, heirs[0], since)


def _moved_by_table(draft: Draft, place: Place) -> OptionOnHop | None:
    """An option of the group itself that went without an heir, and has one by the table written by hand: a plugin that
    reads the group may have another of the same name, which is not meant."""
    group, name = place_of(*place)
    fate = draft.succession.fate((group, name))
    if fate.is_unknown or fate.place:
        return None
    for each in draft.known.credentials:
        if each.group == group and each.is_of(draft.project) and has_plugin(draft, group):
            heir = heir_beside_plugin(draft, each, name)
            if heir and draft.after.find(group, heir):
                return OptionOnHop(place, Becomes.MOVED, (place[0], heir), fate.since or "")
    return None


def _refused(draft: Draft, place: Place, fate: Fate) -> Iterator[OptionOnHop]:
    before, value = draft.before.find(*place), draft.lines(*place)[-1].value
    if fate.place is None or fate.last is None or (before and before.kind.problem(value)):
        return
    problem = fate.last.kind.problem(value)
    if problem:
        yield OptionOnHop(place, Becomes.REFUSED, why=problem)


def skeleton(options: Iterable[SetOption]) -> str:
    """A file that sets the same options, as far as is known."""
    return "".join(f"[{group}]\n{name} = {value or ''}\n" for group, name, value in options)
