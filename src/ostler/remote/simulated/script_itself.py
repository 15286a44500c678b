"""Fixed scripts that a simulated host runs as they are written, since all they do is read files and print."""

from __future__ import annotations

import builtins
import functools
import io
import posixpath
from collections.abc import Iterator, Mapping, Sequence
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
        "__import__": functools.partial(_import, {"sys": SimpleNamespace(argv=["-c", *words]), "os": _os(machine)}),
    }
    exec(_compiled(script), {"__builtins__": vars(builtins) | own})
    return Outcome(0, said.getvalue())


def _open(machine: Machine, path: str, encoding: str, errors: str) -> io.StringIO:
    text = machine.files.text(path)
    if text is None:
        raise FileNotFoundError(path)
    return io.StringIO(text)


def _os(machine: Machine) -> SimpleNamespace:
    """As much of `os` as such scripts use."""
    path = SimpleNamespace(join=posixpath.join, isfile=lambda path: machine.files.text(path) is not None)
    return SimpleNamespace(path=path, walk=functools.partial(_walk, machine))


def _walk(machine: Machine, folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    for file in machine.files.files_below(f"{folder}/"):
        at, name = posixpath.split(file)
        yield at, [], [name]


def _import(own: Mapping[str, SimpleNamespace], name: str, *rest: Any) -> ModuleType | SimpleNamespace:
    return own[name] if name in own else builtins.__import__(name, *rest)


@functools.cache
def _compiled(script: str) -> CodeType:
    return compile(script, "<script>", "exec")
