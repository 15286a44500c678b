"""What a hop makes of the known cases that no harvest tells, from the names of a file's options and some values:
services' users whom only keystone's v2 lets in, and items of values that the target's code does not have.

Told is what the source's code did and the target's does not; what neither does is no matter of the hop. Secrets need
not be known for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ostler.catalog.config_known import ConfigKnown, ValueChange
from ostler.catalog.option import place_of
from ostler.configuration.carrying import carry_options
from ostler.configuration.credentials import (
    ENDPOINT,
    PASSWORD,
    PLUGIN,
    USER_DOMAIN,
    domains_missing,
    has_plugin,
    in_old_words,
)
from ostler.configuration.draft import Draft
from ostler.configuration.file import parse_config
from ostler.configuration.groups import SECTION
from ostler.configuration.hop import SetOption, skeleton
from ostler.configuration.succession import Succession


class Case(StrEnum):
    """What it is: a user in words that log in by v2; one without the domains that v3 wants; an item that the target's
    code does not have; a value that is not told, in which there may be one."""

    OLD_WORDS = "old words"
    NO_DOMAIN = "no domain"
    NO_SUCH_ITEM = "no such item"
    NOT_TOLD = "not told"


@dataclass(frozen=True)
class CaseOnHop:
    """One case in a group of the file. `names` are the options it shows by, `lacks` those that are not there; `item`
    stands in `value`, or would be looked for there; `why` is what is known of it, for the operator."""

    case: Case
    group: str
    names: tuple[str, ...]
    why: str = ""
    lacks: tuple[str, ...] = ()
    value: str = ""
    item: str = ""


def asked_on_hop(project: str, known: ConfigKnown, passed: Collection[str]) -> tuple[ValueChange, ...]:
    """The options whose values matter on a hop that passes these releases, for items that are no more; none is
    secret."""
    return tuple(
        change
        for change in known.values
        if change.is_of(project) and any(question.since in passed for question in change.ask.values())
    )


def cases_on_hop(
    options: Iterable[SetOption], succession: Succession, known: ConfigKnown, passed: Collection[str]
) -> tuple[CaseOnHop, ...]:
    """The cases of one file, by its options; `passed` are the releases after the source, up to the target."""
    listed = list(options)
    found: list[CaseOnHop] = []
    if known.domains.since in passed:
        draft = Draft(parse_config(skeleton(listed)), succession, known)
        found += _in_old_words(draft)
        carry_options(draft)  # so that what plugins read has the names of today
        found += _without_domains(draft)
    values = {place_of(group, name): value for group, name, value in listed}
    for change in asked_on_hop(succession.project, known, passed):
        place = place_of(change.group, change.option)
        if place in values:
            found += _items(change, values[place], passed)
    return tuple(found)


def _in_old_words(draft: Draft) -> Iterator[CaseOnHop]:
    for each in draft.known.credentials:
        is_chosen = has_plugin(draft, each.group) or draft.lines(each.group, SECTION)
        if each.is_of(draft.project) and not is_chosen:
            lines = [block for block in in_old_words(draft, each) if each.names.get(block.place[1]) != ENDPOINT]
            read = [block.name for block in lines if draft.before.find(each.group, block.name)]
            if read:
                yield CaseOnHop(Case.OLD_WORDS, each.group, tuple(dict.fromkeys(read)), lacks=(PLUGIN,))


def _without_domains(draft: Draft) -> Iterator[CaseOnHop]:
    """Groups that v2 let in: keystoneauth's `password` takes it where a user has no domain, and there is v2."""
    missing: dict[str, dict[str, str]] = {}
    for group, block, domain in domains_missing(draft):
        is_by_v2 = draft.file.value(group, PLUGIN) == PASSWORD
        if is_by_v2 and not any(draft.lines(group, name) for name in USER_DOMAIN):
            missing.setdefault(group, {})[block.name] = domain
    for group, domains in missing.items():
        yield CaseOnHop(Case.NO_DOMAIN, group, tuple(domains), lacks=tuple(dict.fromkeys(domains.values())))


def _items(change: ValueChange, value: str | None, passed: Collection[str]) -> Iterator[CaseOnHop]:
    gone = {item: question.why for item, question in change.ask.items() if question.since in passed}
    names = (change.option,)
    if value is None:
        short = [item for item in gone if "." not in item]  # the others are the paths of the same
        yield CaseOnHop(Case.NOT_TOLD, change.group, names, item=" or ".join(short))
        return
    for item in dict.fromkeys(item.strip() for item in value.split(",")):
        if item in gone:
            yield CaseOnHop(Case.NO_SUCH_ITEM, change.group, names, gone[item], value=value, item=item)
