"""Tracebacks as evidence: the frames of the projects' own code, also of tracebacks that came through other services."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ostler.logs.finding import PROJECTS
from ostler.logs.frames import frames_in, raised_in

WRAPPERS = frozenset(
    [
        "wrapped",
        "wrapper",
        "inner",
        "__call__",
        "_wrapper",
        "wrapped_f",
        "__exit__",
        "__enter__",
        "<lambda>",
        "decorator",
        "_synchronized",
    ]
)
"""Names of functions that stand around others and only hand on."""

WRONG_VALUE = frozenset(
    ["TypeError", "AttributeError", "KeyError", "IndexError", "ValueError", "UnboundLocalError", "NameError"]
)
"""What Python raises when a value is not what the code takes it for: whoever gave the value may be at fault."""

BARE = frozenset(
    ["Exception", "RuntimeError", "StandardError", "OSError", "IOError", "AssertionError", "NotImplementedError"]
)
"""Exceptions of Python itself that no project raises on purpose for something a user did wrong."""

_WRONG_CALL = re.compile(
    r"takes .{0,40}arguments?|unexpected keyword|required positional|got multiple values|not callable"
)
_ONLY_MET = (
    (re.compile(r"\balready exists\b", re.I), "it is there already"),
    (
        re.compile(r"VIF type unbound|vif_type=unbound|vif_type=binding_failed|Binding failed for port", re.I),
        "a port is not bound",
    ),
    (re.compile(r"^No valid (?:host|backend) was found", re.I), "no host is left"),
)
"""What code only meets: what is there already was left behind, as a rule by something that failed before; a port is
bound by neutron, and a scheduler finds nobody left after those that it had chosen refused (NoValidHost of nova,
NoValidBackend of cinder; the same words from Pike to 2026.1)."""

_SOURCE_LINE = re.compile(
    r'^ *File "([^"\n]{1,400})", line (\d+), in ([^\n]{1,200})\n[ \t]+([^\n]{1,300})', re.MULTILINE
)
_QUOTED = re.compile(r"""['"], u?['"]""")


@dataclass(frozen=True)
class Call:
    """One frame of a project's own code. ``line`` is that of the source, where it is shown."""

    module: str
    function: str
    line: str = ""

    @property
    def is_wrapper(self) -> bool:
        return self.function in WRAPPERS


@dataclass(frozen=True)
class Trace:
    """What a traceback says: its own frames, the outermost first, and what was raised (`TypeError`, and its words)."""

    calls: tuple[Call, ...]
    raised: str
    words: str
    is_raised_below: bool = False
    """Whether it was raised by a library that the innermost of these frames called."""

    @property
    def kind(self) -> str:
        """What kind of exception it is: a wrong call is the caller's fault, a wrong value that of whoever gave it."""
        if self.raised == "TypeError" and _WRONG_CALL.search(self.words):
            return "a wrong call"
        if "NoneType" in self.words or "empty request context" in self.words:
            return "nothing given"
        for pattern, kind in _ONLY_MET:
            if pattern.search(self.words):
                return kind
        if self.raised in WRONG_VALUE:
            return "a wrong value"
        return "a bare exception" if self.raised in BARE else "an exception"

    @property
    def is_only_met(self) -> bool:
        """Whether the code is not at fault for it, wherever it was raised."""
        return self.kind in {kind for _, kind in _ONLY_MET}


def plain(text: str) -> str:
    """A text with the tracebacks that are quoted in it written out (a list of lines, as remote errors hold them)."""
    return _QUOTED.sub("", text.replace("\\n", "\n")) if "\\n" in text else text


def trace_in(text: str) -> Trace | None:
    """The traceback of a text; None when there is none with frames of a project's own code."""
    text = plain(text)
    if 'File "' not in text:
        return None
    lines = {(found[1], found[2], found[3]): found[4].strip() for found in _SOURCE_LINE.finditer(text)}
    frames = frames_in(text)
    calls = tuple(
        Call(frame.module, frame.function, lines.get((frame.file, str(frame.line), frame.function), ""))
        for frame in frames if frame.module.partition("/")[0] in PROJECTS
    )  # fmt: skip
    if not calls:
        return None
    raised, _, words = raised_in(text).partition(":")
    below = frames[-1].module.partition("/")[0] not in PROJECTS
    return Trace(calls, raised.rpartition(".")[2].strip(), words.strip(), below)
