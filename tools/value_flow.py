"""How a value goes through a function: what it is handed, what it makes use of, whose value it gives back.

For `tools/map_code.py`. All is told from the function alone, without running it: a name that is dereferenced, or raised
for when it is nothing, cannot be nothing further on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Function = tuple[str, str]
Meant = Callable[[ast.expr], set[Function]]
"""Which functions of the project an expression that is called, or an attribute, stands for."""


@dataclass
class Flow:
    """One function (several of one name in a file are taken together).

    ``hands`` are its parameters without self; ``used`` the names that it takes something of, and the calls that have
    got them before; ``lent`` the first call that gets a name; ``gives`` the functions whose value it gives back as it
    is; ``given`` by name, the functions whose value the name has as it is, ``made`` the names with a value of another
    kind; ``names`` those it gives back, or looks at to tell whether to give something back; ``may_give_nothing``
    whether it says None itself or ends without a value; ``asks_outside`` whether it gives back what no function of the
    project made.
    """

    hands: dict[str, None] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)
    lent: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    gives: set[Function] = field(default_factory=set)
    given: set[tuple[str, Function]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    may_give_nothing: bool = False
    asks_outside: bool = False


def flow_of(function: ast.FunctionDef | ast.AsyncFunctionDef, meant: Meant, flow: Flow) -> None:
    """Add to a flow what one function does."""
    arguments = function.args
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if each.arg not in ("self", "cls"):
            flow.hands.setdefault(each.arg)
    returns = False
    nodes = list(_own(function))
    for node in nodes:
        if isinstance(node, ast.Return):
            returns = returns or node.value is not None
            _returned(node.value, meant, flow)
        for names, value in _assigned(node):
            for outer in _branches(value):
                givers = _givers(outer, meant)
                flow.given |= {(name, giver) for name in names for giver in givers}
                if not givers:
                    flow.made |= names
    if returns and not _ends(function.body):
        flow.may_give_nothing = True
    if flow.may_give_nothing and returns:
        flow.names |= {name for node in nodes if isinstance(node, ast.If) for name in _looked_at(node.test)}
    _follow_names(nodes, flow)


def _follow_names(nodes: list[ast.AST], flow: Flow) -> None:
    """What is done with names, in the order in which it stands there."""
    lent: dict[str, list[str]] = {}
    for node in sorted((each for each in nodes if hasattr(each, "lineno")), key=_place):
        for name in _used_in(node):
            flow.used.setdefault(name, set(lent.get(name, ())))
        if isinstance(node, ast.Call) and (called := _called(node)):
            for value in (*node.args, *(each.value for each in node.keywords)):
                if isinstance(value, ast.Name):
                    lent.setdefault(value.id, []).append(called)
    for name, calls in lent.items():
        flow.lent.setdefault(name, calls[0])


def _place(node: ast.AST) -> tuple[int, int]:
    """Where a node ends: what is in a call is done before the call."""
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def _called(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _looked_at(test: ast.expr) -> list[str]:
    """The names that a test looks at as a whole: `x`, `not x`, `x is None`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot):
        test = test.left
    return [test.id] if isinstance(test, ast.Name) else []


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a function without those of functions in it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _own(child)


def _used_in(node: ast.AST) -> set[str]:
    """The names that a node takes something of: it would fail in this function if they were nothing."""
    found: list[ast.expr] = []
    if isinstance(node, ast.Attribute | ast.Subscript):
        found = [node.value]
    elif isinstance(node, ast.For | ast.comprehension):
        found = [node.iter]
    elif isinstance(node, ast.Call):
        found = [node.func, *(each.value for each in node.args if isinstance(each, ast.Starred))]
    elif isinstance(node, ast.Compare) and isinstance(node.ops[-1], ast.In | ast.NotIn):
        found = [node.comparators[-1]]
    elif isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise) and _is_of_nothing(node.test):
        return set(_looked_at(node.test))
    return {each.id for each in found if isinstance(each, ast.Name)}


def _is_of_nothing(test: ast.expr) -> bool:
    """Whether a test holds for what is nothing: `not x`, `x is None`."""
    return isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is))


def _returned(value: ast.expr | None, meant: Meant, flow: Flow) -> None:
    for each in _branches(value) if value is not None else ():
        if isinstance(each, ast.Name):
            flow.names.add(each.id)
        elif isinstance(each, ast.Constant) and each.value is None:
            flow.may_give_nothing = True
        elif isinstance(each, ast.Call | ast.Attribute):
            if found := _givers(each, meant):
                flow.gives |= found
            else:
                flow.asks_outside = True
    if value is None:
        flow.may_give_nothing = True


def _branches(value: ast.expr) -> Iterator[ast.expr]:
    """What the value of an expression may be: each branch of a choice, each part of a tuple."""
    if isinstance(value, ast.IfExp):
        yield from _branches(value.body)
        yield from _branches(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for each in value.values:
            yield from _branches(each)
    elif isinstance(value, ast.Tuple):
        for each in value.elts:
            yield from _branches(each)
    else:
        yield value


def _givers(value: ast.expr, meant: Meant) -> set[Function]:
    if isinstance(value, ast.Call):
        return meant(value.func)
    return meant(value) if isinstance(value, ast.Attribute) else set()


def _assigned(node: ast.AST) -> Iterator[tuple[set[str], ast.expr]]:
    if isinstance(node, ast.Assign):
        yield {name for target in node.targets for name in _bare(target)}, node.value
    elif isinstance(node, ast.For | ast.comprehension):
        yield set(_bare(node.target)), node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield set(_bare(node.optional_vars)), node.context_expr


def _bare(target: ast.expr) -> Iterator[str]:
    """The names that a target is, also those of a tuple; attributes by their own names."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr
    elif isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _bare(each)


def _ends(body: list[ast.stmt]) -> bool:
    """Whether nobody comes past the end of some statements."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return True
    if isinstance(last, ast.If):
        return bool(last.orelse) and _ends(last.body) and _ends(last.orelse)
    if isinstance(last, ast.With):
        return _ends(last.body)
    if isinstance(last, ast.Try):
        return (_ends(last.orelse or last.body) and all(_ends(each.body) for each in last.handlers)) or (
            bool(last.finalbody) and _ends(last.finalbody)
        )
    return isinstance(last, ast.While) and isinstance(last.test, ast.Constant)
