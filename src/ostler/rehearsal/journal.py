"""What a rehearsal has done, kept beside its copy so that one that was killed goes on where it was."""

from __future__ import annotations

import fcntl
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ostler.errors import Refused
from ostler.reporting.rehearsal_model import CommandRun

LOADED = "loaded"
COMMANDS = "commands.jsonl"
SOURCE = "source"
_RUN: TypeAdapter[CommandRun] = TypeAdapter(CommandRun)


@dataclass
class Journal:
    """The record in one folder: which dumps are loaded, and every command that ended well."""

    folder: Path
    done: dict[str, CommandRun]
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def is_loaded(self, database: str) -> bool:
        """Whether a database was loaded to its end."""
        return (self.folder / LOADED / database).exists()

    def loaded(self, database: str) -> None:
        """Put on record that a database was loaded to its end."""
        (self.folder / LOADED).mkdir(exist_ok=True)
        (self.folder / LOADED / database).touch()

    def source(self) -> str | None:
        """The release the databases were at when they were loaded; None before anybody looked."""
        path = self.folder / SOURCE
        return path.read_text() if path.exists() else None

    def begun_at(self, source: str) -> None:
        """Put on record what release the databases were at."""
        (self.folder / SOURCE).write_text(source)

    def ended(self, key: str, run: CommandRun) -> None:
        """Put a command on record that ended well."""
        with self._writing, (self.folder / COMMANDS).open("a") as file:
            # On a line of its own, also after one that a kill cut off.
            file.write("\n" + json.dumps({"key": key, "run": _RUN.dump_python(run, mode="json")}) + "\n")
        self.done[key] = run


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal of a folder, which nobody else may use meanwhile. Raises Refused `rehearsal.busy`."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(
                "rehearsal.busy",
                "the same rehearsal is going on in another process",
                do_next="wait until it has ended, or stop it: it can be gone on with",
            ) from None
        yield Journal(folder, dict(_read(folder / COMMANDS)))


def forget(folder: Path) -> None:
    """Remove a rehearsal's copy and everything else of it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)


def _read(path: Path) -> Iterator[tuple[str, CommandRun]]:
    """The commands on record; a last line that was cut off by a kill counts as never written."""
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                kept: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            yield kept["key"], _RUN.validate_python(kept["run"])
