"""Fixed scripts that a simulated host runs as they are written, since all they do is read a file and print."""

from __future__ import annotations

import builtins
import functools
import io
from collections.abc import Sequence
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from ostler.remote.simulated.machine import Machine, Outcome


def run_itself(machine: Machine, script: str, words: Sequence[str]) -> Outcome:
    """Run the text of a Python script; `words` are what it finds from sys.argv[1] on. It sees the simulated host's
    files and nothing of this machine's."""
    said = io.StringIO()
    own: dict[str, Any] = {
        "open": functools.partial(_open, machine),
        "print": functools.partial(print, file=said),
        "__import__": functools.partial(_import, SimpleNamespace(argv=["-c", *words])),
    }
    exec(_compiled(script), {"__builtins__": vars(builtins) | own})
    return Outcome(0, said.getvalue())


def _open(machine: Machine, path: str, encoding: str, errors: str) -> io.StringIO:
    text = machine.files.text(path)
    if text is None:
        raise FileNotFoundError(path)
    return io.StringIO(text)


def _import(sys: SimpleNamespace, name: str, *rest: Any) -> ModuleType | SimpleNamespace:
    return sys if name == "sys" else builtins.__import__(name, *rest)


@functools.cache
def _compiled(script: str) -> CodeType:
    return compile(script, "<script>", "exec")
