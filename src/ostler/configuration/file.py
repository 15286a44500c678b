"""A configuration file as oslo.config reads it, every byte kept.

The rules are those of oslo_config/iniparser.py (oslo.config 9.7, read on 2026-11-25): the first `=` or `:` ends a name;
a line that begins with a space or a tab goes on with the value before it, also when it looks like a comment; a blank
line, a comment, a group or a name ends a value; quotes around a value's first line are not part of it; a name may be
given several times. An edit changes the lines it is about, and no other byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ostler.catalog.option import Place, place_of

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_ASSIGNMENT = re.compile(r"(?P<name>[^=:]*(?<![ \t]))(?P<sign>[ \t]*[=:][ \t]*)(?P<value>.*)", re.DOTALL)
QUOTES = "\"'"


@dataclass(eq=False)
class Block:
    """One or more lines that belong together: a group's head, an option with its value, or others.

    `number` is the first line's, 0 for one that was put in; `name` is that of the group or option as written; `group`
    is the group it stands in as written, None before the first; `problem` says why oslo.config cannot read it.
    """

    lines: list[str]
    number: int
    group: str | None
    name: str = ""
    value: str = ""
    is_head: bool = False
    problem: str = ""

    @property
    def is_option(self) -> bool:
        return bool(self.name) and not self.is_head

    @property
    def place(self) -> Place:
        return place_of(self.group or "", self.name)

    def rename(self, name: str) -> None:
        """Give the option another name; what stands around it stays."""
        written = _assignment(_content(self.lines[0]))["name"]
        self.lines[0] = name + self.lines[0][len(written) :]
        self.name = name

    def copy(self, name: str) -> Block:
        """The same value under another name, as a block that is put in."""
        copied = replace(self, lines=[*self.lines], number=0)
        copied.rename(name)
        return copied

    def set_value(self, value: str) -> None:
        """Give the option another value of one line; its name and sign stay as written."""
        found = _assignment(_content(self.lines[0]))
        ending = _ending(self.lines[-1])
        self.lines = [f"{found['name']}{found['sign']}{value}{ending}"]
        self.value = value


@dataclass
class ConfigFile:
    """A file's blocks in their order."""

    blocks: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(line for block in self.blocks for line in block.lines)

    @property
    def problems(self) -> list[Block]:
        """What oslo.config cannot read; a service does not start with such a file."""
        return [block for block in self.blocks if block.problem]

    @property
    def groups(self) -> list[str]:
        """The groups as written, in their order, repeated ones too."""
        return [block.name for block in self.blocks if block.is_head]

    def options(self, place: Place | None = None) -> list[Block]:
        """Every option, or every line of one: of an option that takes one value, the last counts."""
        options = [block for block in self.blocks if block.name and not block.is_head]
        if place is None:
            return options
        return [block for block in options if place_of(block.group or "", block.name) == place]

    def value(self, group: str, name: str) -> str | None:
        """The value that counts for an option that takes one; None when it is not set."""
        found = self.options(place_of(group, name))
        return found[-1].value if found else None

    def remove(self, block: Block) -> None:
        self.blocks.remove(block)

    def add(self, group: str, name: str, value: str) -> Block:
        """Put an option in, after the last one of its group; a group that is not there is begun at the end."""
        return self.put(group, Block([f"{name} = {value}{self._line_end}"], 0, group, name, value))

    def move(self, block: Block, group: str, name: str) -> None:
        """Take an option to another group under another name; its value stays as written."""
        self.blocks.remove(block)
        block.rename(name)
        self.put(group, block)

    def rename_group(self, head: Block, name: str) -> None:
        """Give a group's head another name; its options stay where they are."""
        at = self.blocks.index(head)
        head.lines[0] = head.lines[0].replace(f"[{head.name}]", f"[{name}]", 1)
        head.name = head.group = name
        for block in self.blocks[at + 1 :]:
            if block.is_head:
                break
            block.group = name

    def put(self, group: str, block: Block) -> Block:
        """Put a block in, after the last option of its group."""
        heads = [number for number, each in enumerate(self.blocks) if each.is_head and _same(each.name, group)]
        if not heads:
            self._end_last_line()
            self.blocks.append(Block([f"[{group}]{self._line_end}"], 0, group, group, is_head=True))
            heads = [len(self.blocks) - 1]
        at = heads[-1]
        block.group = self.blocks[at].name
        for number in range(at + 1, len(self.blocks)):
            if self.blocks[number].is_head:
                break
            if self.blocks[number].is_option:
                at = number
        if not _ending(self.blocks[at].lines[-1]):
            self._end_last_line()
        if not _ending(block.lines[-1]):
            block.lines[-1] += self._line_end
        self.blocks.insert(at + 1, block)
        return block

    @property
    def _line_end(self) -> str:
        ends = (_ending(block.lines[0]) for block in self.blocks)
        return next((end for end in ends if end), "\n")

    def _end_last_line(self) -> None:
        if self.blocks and not _ending(self.blocks[-1].lines[-1]):
            self.blocks[-1].lines[-1] += self._line_end


def parse_config(text: str) -> ConfigFile:
    """The file that a text is; what cannot be read is kept, with its problem."""
    return ConfigFile(list(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    group: str | None = None
    option: Block | None = None
    for number, raw in enumerate(_LINE.findall(text), 1):
        line = _content(raw).rstrip()
        if line.startswith((" ", "\t")) and option is not None:
            option.lines.append(raw)
            option.value += "\n" + line.lstrip()
            continue
        if option is not None:
            yield option
            option = None
        if not line or line.startswith(("#", ";")):
            yield Block([raw], number, group)
        elif line.startswith("["):
            block = _head(raw, line, number)
            group = block.name if block.is_head else group
            yield block
        elif line.startswith((" ", "\t")):
            yield Block([raw], number, group, problem="it goes on with a value, but there is none before it")
        else:
            block = _option(raw, line, number, group)
            option = block if block.is_option else None
            if option is None:
                yield block
    if option is not None:
        yield option


def _head(raw: str, line: str, number: int) -> Block:
    if not line.endswith("]") or len(line) <= 2:
        return Block([raw], number, None, problem="a group's name stands in brackets, and nothing after them")
    return Block([raw], number, line[1:-1], line[1:-1], is_head=True)


def _option(raw: str, line: str, number: int, group: str | None) -> Block:
    found = _ASSIGNMENT.fullmatch(line)
    if found is None or not found["name"].strip():
        return Block([raw], number, group, problem="an option is a name, = and a value")
    if group is None:
        return Block([raw], number, group, problem="it stands before the first [group]")
    value = found["value"].strip()
    if value and value[0] == value[-1] and value[0] in QUOTES:
        value = value[1:-1]
    return Block([raw], number, group, found["name"].strip(), value)


def _assignment(line: str) -> re.Match[str]:
    found = _ASSIGNMENT.fullmatch(line)
    if found is None:
        raise ValueError("not the line of an option")
    return found


def _same(one: str, other: str) -> bool:
    return place_of(one, "") == place_of(other, "")


def _content(raw: str) -> str:
    return raw.rstrip("\r\n")


def _ending(raw: str) -> str:
    return raw[len(_content(raw)) :]
