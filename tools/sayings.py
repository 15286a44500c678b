"""What functions say when something is wrong: the words of what they log and raise, without what is filled in.

For `tools/map_code.py`. A line of a log, or of an answer to a user, leads by these words to the function that said it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

LOGGED = frozenset(["error", "exception", "warning", "warn", "critical"])
TRANSLATED = frozenset(["_", "_LE", "_LW", "_LC"])
LEAST, MOST = 14, 70
"""Characters: fewer are said by many, more do not tell more."""

_FILLED_IN = re.compile(r"%\(\w+\)[-.\d]*[a-z]|%[-.\d]*[a-z]|\{[^{}]*\}|[\n'\"]")


def words_of(text: str) -> str:
    """The longest part of a message in which nothing is filled in; empty when it says too little."""
    part = max((each.strip() for each in _FILLED_IN.split(text)), key=len)[:MOST]
    return part if len(part) >= LEAST and part.count(" ") >= 2 else ""


def said_in(function: ast.AST, of_class: dict[str, str]) -> set[str]:
    """The words that one function says; ``of_class`` are the words of exceptions by the names of their classes."""
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            found |= set(_words([node.exc]))
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = raised.attr if isinstance(raised, ast.Attribute) else raised.id if isinstance(raised, ast.Name) else ""
            found.add(of_class.get(name, ""))
        elif isinstance(node, ast.Call) and _says(node.func):
            found |= set(_words(node.args))
    return found - {""}


def exceptions_of(trees: Iterable[ast.Module]) -> dict[str, str]:
    """The words of the exceptions of a project, by the names of their classes."""
    found = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for each in node.body:
                    if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") in ("msg_fmt", "message"):
                        found[node.name] = next(_words([each.value]), "")
    return found


def _says(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr in LOGGED and isinstance(called.value, ast.Name) and called.value.id == "LOG"
    return isinstance(called, ast.Name) and called.id in TRANSLATED


def _words(values: Iterable[ast.expr]) -> Iterator[str]:
    for value in values:
        for node in ast.walk(value):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and (words := words_of(node.value)):
                yield words
