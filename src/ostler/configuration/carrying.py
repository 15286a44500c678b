"""Options carried over as the harvested releases declare them: renamed, moved, taken out, or kept and looked at."""

from __future__ import annotations

from ostler.catalog.option import DEFAULT, Option, Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.draft import Draft
from ostler.configuration.file import Block
from ostler.configuration.shown import in_words, named_value, shown_value
from ostler.configuration.succession import Fate


def carry_options(draft: Draft) -> None:
    """Carry over every option of the file; what no release knows is left alone, and told."""
    for place in dict.fromkeys(block.place for block in draft.file.options()):
        blocks = draft.file.options(place)
        if blocks:
            _carry(draft, blocks)


def _carry(draft: Draft, blocks: list[Block]) -> None:
    group, name = blocks[-1].group or DEFAULT, blocks[-1].name
    before = draft.option_before(blocks[-1])
    home, fate = what_became_of(draft, group, name)
    if fate is None:
        _leave_unknown(draft, blocks[-1])
    elif fate.place is None:
        namesake = draft.succession.namesake(fate)
        if namesake and not draft.lines(*namesake):
            draft.ask(
                blocks[-1],
                f"{draft.project} reads it no more since {fate.since}: move it to {in_words(*namesake)}, which is new, "
                "if that is the same, or take it out",
            )
            return
        for block in blocks:
            _take_out(draft, block, fate)
    else:
        if fate.place != (home, place_of(home, name)[1]):
            _rename(draft, blocks, home, fate.place, fate)
            home = blocks[-1].place[0]
        if blocks[-1] in draft.file.blocks:
            _set_by_their_own(draft, blocks[-1], home)
        _judge(draft, blocks, before, fate.last)


def what_became_of(draft: Draft, group: str, name: str) -> tuple[str, Fate | None]:
    """The home of an option of the file (see `FileGroups`), and its fate; None when no release knows it."""
    homes = dict.fromkeys((*draft.before.places(group, name), *draft.after.places(group, name)))
    fates = [(home, draft.succession.fate((home, dest))) for home, dest in homes]
    found = [(home, fate) for home, fate in fates if not fate.is_unknown]
    return next((each for each in found if each[1].place), found[0] if found else ("", None))


def place_in_file(group: str, home: str, now: Place) -> Place:
    """Where an option of a group of the file stands when its home has it at `now`."""
    return (group if now[0] in (home, PLUGINS) else now[0], now[1])


def _rename(draft: Draft, blocks: list[Block], home: str, now: Place, fate: Fate) -> None:
    """Give the lines of an option the place that its home has it in now."""
    is_deprecated = fate.since == draft.succession.source
    why = f"{fate.since} knows the old name as deprecated" if is_deprecated else f"it is there since {fate.since}"
    last = blocks[-1]
    place = place_in_file(last.group or DEFAULT, home, now)
    for other in fate.others:
        draft.copy(last, other, why)
    draft.rename(blocks, place, why)


def _set_by_their_own(draft: Draft, block: Block, home: str) -> None:
    """Set the options by their own names that read this line, too, by an old one; ask about one that is to go."""
    for other in draft.succession.read_too(block.place) if home == block.place[0] else ():
        option = draft.succession.after[other]
        if option.removal is None:
            draft.copy(block, other, "this was an old name of it, beside what it is itself")
        elif all(option.is_default(line.value) for line in draft.lines(*other)):  # what is there is taken out
            why = option.removal.reason
            draft.ask(block, f"is read as {in_words(*other)} too, which is to go: see what takes its place", why)


def _take_out(draft: Draft, block: Block, fate: Fate) -> None:
    value = shown_value(block.value, is_secret=draft.succession.is_secret(block.name))
    reason = fate.last.removal.reason if fate.last and fate.last.removal else ""
    draft.remove(block, f"{draft.project} reads it no more since {fate.since}; its value was {value!r}", reason)


def _judge(draft: Draft, blocks: list[Block], before: Option | None, after: Option | None) -> None:
    """Ask about values that the target release does not take, and about what is to go; take that out where it says no
    more than the default."""
    if after is None:
        return
    left = [block for block in blocks if block in draft.file.blocks]
    for block in left:
        problem = after.kind.problem(block.value)
        if problem and not (before and before.kind.problem(block.value)):
            shown = named_value(block.value, is_secret=draft.succession.is_secret(block.name))
            draft.ask(block, f"{shown} is {problem} in {draft.succession.target}: choose another", "")
    if after.removal and left:
        since = f" since {after.removal.since}" if after.removal.since else ""
        if all(after.is_default(block.value) for block in left):
            for block in left:
                draft.remove(block, f"it is to go{since}, and says what is so without it", after.removal.reason)
        else:
            draft.ask(left[-1], f"still works, and is to go{since}: see what takes its place", after.removal.reason)


def _leave_unknown(draft: Draft, block: Block) -> None:
    group = block.group or DEFAULT
    if draft.before.is_open(group, block.place[1]) or draft.after.is_open(group, block.place[1]):
        return
    releases = f"{draft.succession.source} to {draft.succession.target}"
    draft.ask(block, f"no release of {draft.project} from {releases} knows it: take it out, unless a package reads it")
