"""A file on its way to another release, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.option import DEFAULT, Option, Place, place_of
from ostler.configuration.file import Block, ConfigFile
from ostler.configuration.groups import FileGroups
from ostler.configuration.shown import in_words
from ostler.configuration.succession import Succession


class Told(StrEnum):
    """What an explanation is about: a change that was made, a question that only the operator can answer, a note."""

    CHANGED = "changed"
    DECIDE = "decide"
    NOTE = "note"


@dataclass(frozen=True)
class Explanation:
    """One thing said about a line of the file as it was; `line` is 0 for what had none. Free of secrets."""

    told: Told
    line: int
    option: str
    what: str
    why: str = ""


@dataclass
class Draft:
    """The file, which is edited in place, and the explanations so far."""

    file: ConfigFile
    succession: Succession
    known: ConfigKnown
    said: list[Explanation] = field(default_factory=list)

    @property
    def project(self) -> str:
        return self.succession.project

    @cached_property
    def before(self) -> FileGroups:
        """The file's groups as the source release has them."""
        return FileGroups(self.project, self.file, self.succession.before, self.known)

    @cached_property
    def after(self) -> FileGroups:
        """The file's groups as the target release has them."""
        return FileGroups(self.project, self.file, self.succession.after, self.known)

    def lines(self, group: str, name: str) -> list[Block]:
        """The lines that set an option, the one that counts last."""
        return self.file.options(place_of(group, name))

    def changed(self, block: Block, what: str, why: str = "", *, words: str = "") -> None:
        self._say(Told.CHANGED, block, what, why, words)

    def ask(self, block: Block, what: str, why: str = "") -> None:
        self._say(Told.DECIDE, block, what, why)

    def note(self, block: Block, what: str, why: str = "") -> None:
        self._say(Told.NOTE, block, what, why)

    def rename(self, blocks: list[Block], place: Place, why: str) -> None:
        """Give every line of an option its new place; where that is set already, it counts and they go.

        Of an option that may be given several times all lines count, and all are carried over.
        """
        group, name = place
        there = [block for block in self.lines(group, name) if block not in blocks]
        option = self.after.find(group, name)
        for block in blocks:
            words = _words(block)
            if there and not (option and option.is_multi):
                self.file.remove(block)
                self.changed(block, f"taken out: {in_words(group, name)} is set as well, and counts", why, words=words)
            elif place_of(group, "") == place_of(block.group or "", ""):
                block.rename(name)
                self.changed(block, f"is called {name} now", why, words=words)
            else:
                self.file.move(block, group, name)
                self.changed(block, f"is {in_words(group, name)} now", why, words=words)

    def copy(self, block: Block, place: Place, why: str) -> None:
        """Set another option to the same value, written as it is here, unless it is set."""
        group, name = place
        if not self.lines(group, name):
            self.file.put(group, block.copy(name))
            self.changed(block, f"is read as {in_words(*place)} too, which was put in with the same value", why)

    def remove(self, block: Block, what: str, why: str = "") -> None:
        self.file.remove(block)
        self.changed(block, f"taken out: {what}", why)

    def option_before(self, block: Block) -> Option | None:
        return self.before.find(block.group or DEFAULT, block.name)

    def _say(self, told: Told, block: Block, what: str, why: str, words: str = "") -> None:
        self.said.append(Explanation(told, block.number, words or _words(block), what, " ".join(why.split())))


def refers(value: str) -> bool:
    """Whether a value refers to another option (`$name`), so that only its service knows what it is."""
    return "$" in value.replace("$$", "")


def plain(value: str) -> str:
    """A value without the sign that oslo.config writes a `$` with."""
    return value.replace("$$", "$")


def _words(block: Block) -> str:
    return in_words(block.group or "", block.name)
