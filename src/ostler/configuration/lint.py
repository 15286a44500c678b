"""What is wrong in a configuration file for one release of its project.

An option that no home of its group knows is looked for under other names and in other groups, and in earlier releases,
before it is called unknown. Groups whose options nobody can list are left alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ostler.catalog.config_known import ConfigKnown, Removal, Rename
from ostler.catalog.option import DEFAULT, Option, Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.catalog.options import ProjectOptions
from ostler.configuration.file import Block, ConfigFile
from ostler.configuration.groups import PLUGIN_CHOOSERS, SettledGroups
from ostler.configuration.messaging import GROUPS as RABBIT_GROUPS
from ostler.configuration.messaging import OLD as RABBIT
from ostler.configuration.shown import in_words, named_value
from ostler.configuration.succession import Succession, old_names
from ostler.errors import Finding, InputError, Severity

MOST_PLACES = 3
MOST_GUESSES = 100
"""So many unknown names are compared with the known ones; a file with more of them is none of this project."""

PASTE = ("app:", "application:", "filter:", "pipeline:", "composite:", "filter-app:", "server:")
"""How groups of a file of PasteDeploy begin."""

ROOTWRAP = "filters_path"
"""What every file of oslo.rootwrap sets."""


def lint(
    name: str,
    file: ConfigFile,
    options: ProjectOptions,
    release: str,
    known: ConfigKnown,
    beside: Sequence[ConfigFile] = (),
) -> tuple[Finding, ...]:
    """The findings of a file called `name`, in the order of its lines; `beside` are files that the service reads too,
    in which an operator may have named groups.

    Raises InputError `catalog.not-harvested` for a release without options, and `config.not-of-oslo` for a file of
    PasteDeploy.
    """
    return tuple(_Lint(name, file, options, release, known, beside).findings())


def demand_oslo(name: str, file: ConfigFile) -> None:
    """Raise InputError `config.not-of-oslo` for a file that oslo.config does not read."""
    is_paste = any(group.startswith(PASTE) for group in file.groups)
    if is_paste or file.value(DEFAULT, ROOTWRAP) is not None:
        raise InputError(
            "config.not-of-oslo",
            f"{name} is a file of {'PasteDeploy' if is_paste else 'oslo.rootwrap'}, which has no options of a service",
            do_next="leave it out; compare it with the one that the new release ships",
        )


class _Lint:
    def __init__(
        self,
        name: str,
        file: ConfigFile,
        options: ProjectOptions,
        release: str,
        known: ConfigKnown,
        beside: Sequence[ConfigFile],
    ) -> None:
        demand_oslo(name, file)
        together = ConfigFile([block for each in (*beside, file) for block in each.blocks])
        self.name, self.file, self.release, self.project = name, file, release, options.project
        self.options = options
        self.at = options.all_at(release)
        self.known = known
        self.groups = SettledGroups(self.project, together, self.at, known)
        self.old = old_names(self.at)
        self.credentials = [each for each in known.credentials if each.is_of(self.project)]
        self.old_words = {place_of(each.group, name) for each in self.credentials for name in each.names}
        self.guesses = 0
        self._places: dict[str, frozenset[Place]] = {}
        self.is_secret = Succession(options, release, release).is_secret

    def findings(self) -> Iterator[Finding]:
        for block in self.file.problems:
            yield self.finding("config.unreadable-line", Severity.FAILURE, block, block.problem, "correct the line")
        told: set[str] = set()
        for block in self.file.options():
            group = block.group or DEFAULT
            option = self.groups.find(group, block.name)
            heirs = self._heirs(block)
            if heirs and (option is None or option.removal):
                yield self._old_name(block, heirs[0])
            elif option is not None:
                yield from self._known(block, option)
            elif block.place not in self.old_words and not self.groups.is_open(group, block.place[1]):
                if self._is_group_known(group) or self._elsewhere(block):
                    yield self._unknown(block)
                elif group not in told:
                    told.add(group)
                    yield self._unknown_group(block)
        yield from self._old_credentials()
        yield from self._gone_values()
        yield from self._set_twice()

    def finding(self, code: str, severity: Severity, block: Block, summary: str, do_next: str) -> Finding:
        found = self._words(block) if block.is_option else ""
        return Finding(code, severity, f"{self.name}:{block.number}", summary, found=found, do_next=do_next)

    def _known(self, block: Block, option: Option) -> Iterator[Finding]:
        problem = option.kind.problem(block.value)
        if problem:
            shown = named_value(block.value, is_secret=self.is_secret(block.name))
            yield self.finding(
                "config.wrong-type",
                Severity.FAILURE,
                block,
                f"{self._words(block)}: {shown} is {problem}",
                "correct the value: the service that reads it does not start",
            )
        if option.removal:
            since = f" since {option.removal.since}" if option.removal.since else ""
            yield self.finding(
                "config.deprecated",
                Severity.NOTE,
                block,
                f"{self._words(block)} still works, and is to go{since}",
                option.removal.reason or "see the project's release notes for what takes its place",
            )

    def _old_name(self, block: Block, heir: Place) -> Finding:
        group = block.group if heir[0] in (PLUGINS, place_of(block.group or "", "")[0]) else heir[0]
        return self.finding(
            "config.old-name",
            Severity.WARNING,
            block,
            f"{self._words(block)} is an old name of {in_words(group or '', heir[1])}",
            f"write {in_words(group or '', heir[1])}; ostler config migrate does it",
        )

    def _unknown(self, block: Block) -> Finding:
        carried = self._carried(block)
        if carried:
            return self.finding(
                "config.removed",
                Severity.WARNING,
                block,
                f"{self._words(block)} is read by nothing in {self.project} {self.release}: {carried}",
                "ostler config migrate carries it over",
            )
        elsewhere = self._elsewhere(block)
        if elsewhere:
            groups = ", ".join(f"[{group}]" for group in elsewhere[:MOST_PLACES])
            return self.finding(
                "config.wrong-group",
                Severity.WARNING,
                block,
                f"{self._words(block)} is read by nothing in {self.project} {self.release}; "
                f"{block.name} belongs to {groups}",
                f"move it to {groups}" if len(elsewhere) == 1 else f"move it to the one that is meant: {groups}",
            )
        gone = self._last_release(block)
        if gone:
            return self.finding(
                "config.removed",
                Severity.WARNING,
                block,
                f"{self._words(block)} is read by nothing in {self.project} {self.release}; {gone} was the last "
                "release that knew it",
                "take it out; ostler config migrate says what took its place, if anything did",
            )
        nearest = self._nearest(block)
        return self.finding(
            "config.unknown-option",
            Severity.WARNING,
            block,
            f"{self.project} {self.release} has no option {self._words(block)}",
            f"did you mean {nearest}?" if nearest else "take it out, or leave it to the package that reads it",
        )

    def _unknown_group(self, block: Block) -> Finding:
        self.guesses += 1
        is_looked_for = self.guesses <= MOST_GUESSES
        near = is_looked_for and difflib.get_close_matches((block.group or "").lower(), self.groups.known, n=1)
        return self.finding(
            "config.unknown-group",
            Severity.WARNING,
            block,
            f"{self.project} {self.release} has no options in a group [{block.group}]",
            f"did you mean [{near[0]}]?" if near else "take it out, or leave it to the package that reads it",
        )

    def _old_credentials(self) -> Iterator[Finding]:
        for each in self.credentials:
            lines = [block for name in each.names for block in self.file.options(place_of(each.group, name))]
            chosen = any(self.file.options(place_of(each.group, name)) for name in PLUGIN_CHOOSERS)
            unread = [block for block in lines if not (chosen and self.groups.find(each.group, block.name))]
            if unread:
                yield self.finding(
                    "config.old-credentials",
                    Severity.WARNING,
                    unread[0],
                    f"[{each.group}] names a service or its user in old words: {', '.join(b.name for b in unread)}",
                    f"{each.why}; ostler config migrate carries them over",
                )

    def _gone_values(self) -> Iterator[Finding]:
        later = self.options.later_than(self.release)
        for change in (change for change in self.known.values if change.is_of(self.project)):
            for block in self.file.options(place_of(change.group, change.option)):
                for item, question in change.gone(block.value, later).items():
                    yield self.finding(
                        "config.value-gone",
                        Severity.FAILURE,
                        block,
                        f"{self._words(block)}: {self.project} {self.release} has no {item}",
                        f"decide what takes the place of {item}: {question.why}",
                    )

    def _set_twice(self) -> Iterator[Finding]:
        lines: dict[Place, list[Block]] = {}
        for block in self.file.options():
            lines.setdefault(block.place, []).append(block)
        for blocks in lines.values():
            option = self.groups.find(blocks[-1].group or "", blocks[-1].name)
            if option and not option.is_multi and len({block.value for block in blocks}) > 1:
                numbers = ", ".join(str(block.number) for block in blocks[:-1])
                yield self.finding(
                    "config.set-twice",
                    Severity.NOTE,
                    blocks[-1],
                    f"{self._words(blocks[-1])} is also set in line {numbers}, and the last line counts",
                    "leave the one that is meant",
                )

    def _carried(self, block: Block) -> str | None:
        """Why an option is no more that the harvested releases never knew, by the table written by hand."""
        table: tuple[Rename | Removal, ...] = (*self.known.renames, *self.known.removals)
        for each in table:
            if each.is_of(self.project) and place_of(each.group, each.option) == block.place:
                return each.why
        is_rabbits = block.place[0] in RABBIT_GROUPS and block.place[1] in RABBIT
        return self.known.transport_url.why if is_rabbits else None

    def _heirs(self, block: Block) -> tuple[Place, ...]:
        """What a name is an old one of; not of an option of a plugin, where the group itself had the name."""
        places = self.groups.places(block.group or "", block.name)
        heirs = next((self.old[place] for place in places if place in self.old), ())
        is_of_plugin = bool(heirs) and heirs[0][0] == PLUGINS
        return () if is_of_plugin and block.place in self.old_words else heirs

    def _elsewhere(self, block: Block) -> tuple[str, ...]:
        """The groups that have an option of this name, DEFAULT first; none for names that many groups have."""
        name = block.place[1]
        groups = sorted(self._groups_by_name.get(name, ()), key=lambda group: (group != DEFAULT, group))
        return tuple(groups) if len(groups) <= MOST_PLACES else ()

    def _last_release(self, block: Block) -> str | None:
        earlier = self.options.releases[: self.options.releases.index(self.release)]
        places = self.groups.places(block.group or "", block.name)
        return next((each for each in reversed(earlier) if not self._known_in(each).isdisjoint(places)), None)

    def _known_in(self, release: str) -> frozenset[Place]:
        """Every place that a release knows, by old names too."""
        if release not in self._places:
            at = self.options.all_at(release)
            self._places[release] = frozenset((*at, *old_names(at)))
        return self._places[release]

    def _nearest(self, block: Block) -> str | None:
        self.guesses += 1
        if self.guesses > MOST_GUESSES:
            return None
        homes = self.groups.homes(block.group or "")
        names = [name for group, name in self.at if group in homes]
        near = difflib.get_close_matches(block.place[1], names, n=1, cutoff=0.7)
        if near:
            return in_words(block.group or "", near[0])
        if block.place[1] in self._groups_by_name:  # in many groups, none of them nearer than another
            return None
        near = difflib.get_close_matches(block.place[1], self._groups_by_name, n=1, cutoff=0.85)
        return in_words(sorted(self._groups_by_name[near[0]])[0], near[0]) if near else None

    def _is_group_known(self, group: str) -> bool:
        return any(home in self.groups.known for home in self.groups.homes(group))

    @cached_property
    def _groups_by_name(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for group, name in self.at:
            if group != PLUGINS:
                found.setdefault(name, []).append(group)
        return found

    def _words(self, block: Block) -> str:
        return in_words(block.group or "", block.name)
