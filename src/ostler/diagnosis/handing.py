"""Which way a wrong value came to where a traceback names it: who gave it, who handed it on.

A line tells which of its values is meant (`db_volume.get(name)`: `db_volume`). It came from a call there, or was handed
in by the next frame outwards; what that frame has made use of itself, it had right. Backwards from a call, the code map
tells whose value a function gives back as it is, and who gives only what it made itself.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ostler.diagnosis.code_map import Flow, Function, code_map_of
from ostler.diagnosis.tracebacks import Call

DEEPEST = 4
"""So many functions are followed backwards that give back each other's value."""

_ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
_KEY = re.compile(r"u?(['\"])[^'\"]*\1|\d+")
_EMPTY_CONTEXT = "empty request context"
"""How the database layers of nova and cinder refuse a call whose context is None."""

_OPENERS = {")": "(", "]": "[", "}": "{"}
_CLOSERS = {opener: closer for closer, opener in _OPENERS.items()}

_UNSEEN = "_unseen"
"""Stands for the name of a function that is called in a line above the one that is shown."""

CONTEXT = frozenset(["context", "ctxt", "_context", "obj_context"])
"""Names of the context of a request in OpenStack's own code; objects keep that with which they are made."""

Meant = tuple[str, str]
"""How a value is meant in a line (`name`, `call`, `attribute`) and its name."""


@dataclass(frozen=True)
class Handed:
    """One function that the value may have come through: how (a kind of clue); 1 for the only one, less among many."""

    function: Function
    how: str
    strength: float


@dataclass
class _Way:
    calls: list[Call]
    found: list[Handed] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)

    def add(self, function: Function, how: str, strength: float = 1.0) -> None:
        self.found.append(Handed(function, how, strength))


def way_of_wrong(calls: list[Call], words: str, *, is_raised_below: bool) -> list[Handed]:
    """Follow a wrong value backwards from the innermost of the frames (the outermost comes first).

    ``words`` are those of what was raised; ``is_raised_below`` when a library raised it that the innermost one called.
    """
    way = _Way(list(reversed(calls)))
    for how, name in meant_in(way.calls[0].line, words, is_raised_below=is_raised_below):
        _follow(way, 0, how, name)
    return way.found


def _follow(way: _Way, at: int, how: str, name: str) -> None:
    if (at, how, name) in way.seen or at >= len(way.calls):
        return
    way.seen.add((at, how, name))
    call = way.calls[at]
    here = (call.module, call.function)
    graph = code_map_of(call.module)
    flow = graph.flow(here)
    on = ", and handed it on" if at else ""
    if how == "attribute" and name in CONTEXT:
        _outwards(way, at, name)
    elif how == "unpacked":
        several = [giver for giver, often in Counter(giver for _, giver in flow.given).items() if often > 1]
        _received(way, at, _fitting(several, call.line) or several)
    elif how == "call" and name == _UNSEEN:
        _received(way, at, _fitting(graph.leans_on(here), call.line))
    elif how != "name":
        _received(way, at, [each for each in graph.leans_on(here) if each[1] == name])
    elif givers := [giver for named, giver in flow.given if named == name]:
        _received(way, at, givers)
    elif name in flow.hands:
        _outwards(way, at, name)
    elif indirect := graph.givers(here, frozenset({name})):
        way.add(here, f"took what was wrong out of what a call gave{on}")
        for giver in indirect:
            _backwards(way, giver, 2, _share(indirect))
    elif name in flow.made:
        way.add(here, f"made what was wrong{on}")


def _fitting(functions: Iterable[Function], line: str) -> list[Function]:
    """Those of the functions that a line hands the most to by name, when their own name stands in a line above: what it
    hands by keyword, and what is called as their parameters are. None when it hands nothing so."""
    tree = parsed(line)
    names = {
        name
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _UNSEEN
        for name in (
            *(each.arg for each in node.keywords),
            *(each.id for each in node.args if isinstance(each, ast.Name)),
        )
    }
    fits = {each: len(names & set(code_map_of(each[0]).flow(each).hands)) for each in functions}
    most = max(fits.values(), default=0)
    return [each for each, many in fits.items() if most and many == most]


def _received(way: _Way, at: int, givers: list[Function]) -> None:
    call = way.calls[at]
    if givers:
        way.add((call.module, call.function), f"took what was wrong from a call{', and handed it on' if at else ''}")
    for giver in givers:
        _backwards(way, giver, 1, _share(givers))


def _outwards(way: _Way, at: int, name: str) -> None:
    """To the next frame outwards that is another function (one of a subclass has the same name)."""
    inner = way.calls[at]
    further = at + 1
    while further < len(way.calls) and (way.calls[further].module, way.calls[further].function) == (
        inner.module, inner.function,
    ):  # fmt: skip
        further += 1
    if further >= len(way.calls):
        return
    outer = way.calls[further]
    there = (outer.module, outer.function)
    flow = code_map_of(outer.module).flow(there)
    hands = code_map_of(inner.module).flow((inner.module, inner.function)).hands
    handed = handed_in(outer.line, inner.function, name, hands) or _alike(name, flow)
    names = {each for how, each in handed if how == "name"}
    under_way = _under_way(outer, inner)
    had = {each for each in names if each in flow.used and not _is_under_way(under_way, flow.used[each])}
    lent = {each for each in names if each in flow.lent and not _is_under_way(under_way, (flow.lent[each],))}
    if had:
        way.add(there, "handed on what was wrong (that it had right)")
        return
    way.add(there, "handed on what was wrong (that others got from it)" if lent else "handed on what was wrong")
    for how, each in handed:
        _follow(way, further, how, each)


def _under_way(outer: Call, inner: Call) -> set[str] | None:
    """The names by which a frame may have called what led to the next; None when it may be any: an object is made by
    the name of its class, and what a decorator refused has the name of the function that is decorated."""
    named = _called(outer.line)
    leant_on = {name for _, name in code_map_of(outer.module).leans_on((outer.module, outer.function))}
    if inner.function == "__init__":
        return None
    if inner.function in named | leant_on:
        return {inner.function}
    return named if named and _UNSEEN not in named else None


def _is_under_way(under_way: set[str] | None, calls: tuple[str, ...]) -> bool:
    """Whether one of the calls may be the very one that is looked at."""
    return bool(calls) if under_way is None else bool(under_way & set(calls))


def _called(line: str) -> set[str]:
    """The names that a line calls something by."""
    tree = parsed(line)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree is not None else []
    return {
        func.id if isinstance(func, ast.Name) else func.attr
        for func in calls if isinstance(func, ast.Name | ast.Attribute)
    }  # fmt: skip


def _alike(name: str, flow: Flow) -> list[Meant]:
    """What a function has of the same name, when its line does not tell what it hands on."""
    known = set(flow.hands) | flow.own
    alike = CONTEXT & known if name in CONTEXT else {name} & known
    return [("name", each) for each in sorted(alike)]


def _backwards(way: _Way, function: Function, depth: int, strength: float) -> None:
    if (function, depth) in way.seen or depth > DEEPEST:
        return
    way.seen.add((function, depth))
    graph = code_map_of(function[0])
    flow = graph.flow(function)
    free = [name for name in flow.names if name not in flow.used]
    behind = [*flow.gives, *(giver for name, giver in flow.given if name in free)]
    is_made_here = flow.may_give_nothing or flow.asks_outside
    if free and not behind and not is_made_here and set(free) <= set(flow.hands):
        way.add(function, "gave what it was handed", strength)
        return
    way.add(
        function,
        f"gave what was wrong ({depth} back)" if depth <= 2 else "gave what was wrong (further back)",
        strength,
    )
    if not (behind or free or is_made_here):
        way.add(function, "gives only what it made itself", strength)
    for other in behind:
        _backwards(way, other, depth + 1, strength * _share(behind))


def _share(among: Iterable[object]) -> float:
    return 1.0 / math.sqrt(max(1, len(set(among))))


def meant_in(line: str, words: str, *, is_raised_below: bool) -> list[Meant]:
    """The values of a line that may have been wrong, by what was raised."""
    tree = parsed(line)
    if tree is None:
        return [("name", name) for name in re.findall(r"[A-Za-z_]\w*", line)]
    nodes = list(ast.walk(tree))
    bases: list[ast.expr]
    attribute = _ATTRIBUTE.search(words)
    if is_raised_below:
        bases = []
    elif "__getitem__" in words or "subscriptable" in words:
        bases = [node.value for node in nodes if isinstance(node, ast.Subscript)]
    elif _EMPTY_CONTEXT in words:
        return [("name", "context")]
    elif attribute:
        bases = [node.value for node in nodes if isinstance(node, ast.Attribute) and node.attr == attribute[1]]
    elif keyed := [node for node in nodes if isinstance(node, ast.Subscript) and _is_key(node.slice, words)]:
        bases = [node.value for node in keyed]
    elif "iterable" in words:
        if _is_end(line):
            return [("unpacked", "")]
        bases = list(_iterated(nodes))
    else:
        bases = []
    if not bases:
        bases = [each for node in nodes if isinstance(node, ast.Call) for each in _arguments(node)]
    return list(dict.fromkeys(each for base in bases for each in _meant(base)))


def _is_key(index: ast.expr, words: str) -> bool:
    """Whether a KeyError's words are this key: they are the key alone."""
    if isinstance(index, ast.Constant):
        return repr(index.value) == words.removeprefix("u")
    return bool(_KEY.fullmatch(words))


def _is_end(line: str) -> bool:
    """Whether it is the end of a call that goes over several lines."""
    return line.endswith(")") and line.count(")") > line.count("(")


def _iterated(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.For | ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Compare) and isinstance(node.ops[-1], ast.In | ast.NotIn):
            yield node.comparators[-1]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            yield node.value
        elif isinstance(node, ast.Call):
            yield from (each.value for each in node.args if isinstance(each, ast.Starred))
            yield from (each.value for each in node.keywords if each.arg is None)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(each.value for each in call.keywords)]


def _meant(base: ast.expr) -> Iterator[Meant]:
    if isinstance(base, ast.Name):
        yield "name", base.id
    elif isinstance(base, ast.Call):
        func = base.func
        if isinstance(func, ast.Name | ast.Attribute):
            yield "call", func.id if isinstance(func, ast.Name) else func.attr
        for argument in _arguments(base):
            if not isinstance(argument, ast.Call):
                yield from _meant(argument)
    elif isinstance(base, ast.Attribute):
        yield "attribute", base.attr
    elif isinstance(base, ast.BoolOp):
        for value in base.values:
            yield from _meant(value)


def handed_in(line: str, function: str, name: str, hands: tuple[str, ...]) -> list[Meant]:
    """What a line hands to a function as the parameter of this name; empty when the line does not tell."""
    tree = parsed(line)
    values: list[ast.expr] = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            named = [each.value for each in node.keywords if each.arg == name]
            place = hands.index(name) if name in hands else len(node.args)
            if called == function:
                values += named or node.args[place : place + 1]
            elif called == _UNSEEN:
                values += named or [
                    each for each in node.args if {("name", name), ("attribute", name)} & {*_meant(each)}
                ]
    return list(dict.fromkeys(each for value in values for each in _meant(value)))


def parsed(line: str) -> ast.AST | None:
    """One line of source as far as it can be understood alone: parts of longer statements are completed."""
    opened: list[str] = []
    before = ""
    for character in line:
        if character in _CLOSERS:
            opened.append(character)
        elif character in _OPENERS:
            if not opened:
                before = (f"{_UNSEEN}(" if character == ")" else _OPENERS[character]) + before
            elif opened.pop() != _OPENERS[character]:
                return None
    after = "".join(_CLOSERS[each] for each in reversed(opened))
    whole = before + line.strip() + after
    statements = (whole, f"{whole}\n    pass", f"if {line[4:]}\n    pass")
    for text in (*statements, f"{before}_ for _ in _ {line}", f"{before}_ {line}"):
        try:
            with warnings.catch_warnings(action="ignore"):  # odd escapes are not ours to mend
                return ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    return None
