"""What a rehearsal has done, kept beside its copy so that one that was killed goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ostler.errors import Finding, InputError, OutsideError, Refused, Stopped
from ostler.planning.rehearsed import Beginning, CommandRun, DiskTaken

LOADED, BEGUN, REACHED = "loaded", "begun", "reached"
COMMANDS = "commands.jsonl"
BEGINNING = "beginning.json"
DISK = "disk.json"
DATA = "data.json"
ONLY_OURS = 0o700
_RUN: TypeAdapter[CommandRun] = TypeAdapter(CommandRun)
_BEGINNING: TypeAdapter[tuple[str, Beginning]] = TypeAdapter(tuple[str, Beginning])
_DISK: TypeAdapter[DiskTaken] = TypeAdapter(DiskTaken)
_DATA: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])


@dataclass
class Journal:
    """The record in one folder: which dumps are loaded, which commands began, and every one that ended well."""

    folder: Path
    done: dict[str, CommandRun]
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def is_loaded(self, database: str) -> bool:
        """Whether a database was loaded to its end."""
        return self._is_marked(LOADED, database)

    def loaded(self, database: str) -> None:
        """Put on record that a database was loaded to its end."""
        self._mark(LOADED, database)

    def beginning(self) -> tuple[str, Beginning] | None:
        """The release the databases were at when they were loaded, and how they were; None before anybody looked."""
        path = self.folder / BEGINNING
        return _BEGINNING.validate_json(path.read_bytes()) if path.exists() else None

    def begun(self, source: str, beginning: Beginning) -> None:
        """Put on record what release the databases were at, and how they were."""
        self._keep(BEGINNING, _BEGINNING.dump_json((source, beginning)))

    def disk(self) -> DiskTaken | None:
        """What the databases took of the disk up to now; None before anybody looked."""
        path = self.folder / DISK
        return _DISK.validate_json(path.read_bytes()) if path.exists() else None

    def took(self, disk: DiskTaken) -> None:
        """Put on record what the databases took of the disk up to now."""
        self._keep(DISK, _DISK.dump_json(disk))

    def data(self) -> tuple[Finding, ...]:
        """What was found in the rows before anything was run; nothing before anybody looked."""
        path = self.folder / DATA
        return _DATA.validate_json(path.read_bytes()) if path.exists() else ()

    def found(self, data: tuple[Finding, ...]) -> None:
        """Put on record what was found in the rows before anything was run."""
        self._keep(DATA, _DATA.dump_json(data))

    def begins(self, project: str) -> None:
        """Put on record that a command begins that cannot be begun twice: it changes a schema of the project."""
        self._mark(BEGUN, project)

    def ended(self, key: str, run: CommandRun, project: str) -> None:
        """Put a command on record that ended well."""
        with self._writing, (self.folder / COMMANDS).open("a") as file:
            # On a line of its own, also after one that a kill cut off.
            kept = {"key": key, "project": project, "run": _RUN.dump_python(run, mode="json")}
            file.write("\n" + json.dumps(kept) + "\n")
        self.done[key] = run
        (self.folder / BEGUN / project).unlink(missing_ok=True)

    def has_reached(self, project: str, target: str) -> bool:
        """Whether a project came to the end of the hop to `target`."""
        return self._is_marked(REACHED, f"{project}-{target}")

    def reached(self, project: str, target: str) -> None:
        """Put on record that a project came to the end of the hop to `target`."""
        self._mark(REACHED, f"{project}-{target}")

    def torn(self) -> tuple[str, ...]:
        """The projects of which a command did not end well that cannot be begun twice."""
        return tuple(sorted(path.name for path in (self.folder / BEGUN).glob("*")))

    def begin_again(self, project: str, databases: Sequence[str]) -> None:
        """Forget what was done with a project: its databases are to be loaded anew."""
        for database in databases:
            (self.folder / LOADED / database).unlink(missing_ok=True)
        for path in (self.folder / REACHED).glob(f"{project}-*"):
            path.unlink()
        kept = [each for each in _read(self.folder / COMMANDS) if each["project"] != project]
        self._keep(COMMANDS, "".join(f"{json.dumps(each)}\n" for each in kept).encode())
        self.done = _runs(kept)
        (self.folder / BEGUN / project).unlink(missing_ok=True)

    def _keep(self, name: str, content: bytes) -> None:
        """Write a file whole, or not at all."""
        partial = self.folder / f"{name}.new"
        partial.write_bytes(content)
        partial.replace(self.folder / name)

    def _mark(self, kind: str, name: str) -> None:
        (self.folder / kind).mkdir(exist_ok=True)
        (self.folder / kind / name).touch()

    def _is_marked(self, kind: str, name: str) -> bool:
        return (self.folder / kind / name).exists()


@contextmanager
def opened(folder: Path) -> Iterator[Journal]:
    """The journal of a folder, which nobody else may use meanwhile. Raises Refused `rehearsal.busy`."""
    with locked(folder):
        shutil.rmtree(_on_its_way_out(folder), ignore_errors=True)
        yield Journal(folder, _runs(_read(folder / COMMANDS)))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """A folder that is made where it is not there, and that nobody else uses meanwhile. Raises Refused
    `rehearsal.busy`."""
    lock = _locked(folder)
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def kept_while_stopped(folder: Path, report: Callable[[str], None]) -> Iterator[None]:
    """What is in a folder is removed when the block ends, well or badly, unless the rehearsal was stopped or asks for
    other input: the next try goes on with it then."""
    try:
        yield
    except (Stopped, InputError, KeyboardInterrupt):
        report(f"the dump stays in {folder} for the next try: remove it with rm -r {folder}")
        raise
    except BaseException:
        _remove(folder, report)
        raise
    _remove(folder, report)


def _remove(folder: Path, report: Callable[[str], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        report(f"the dump is still in {folder}: remove it with rm -r {folder}")


def _locked(folder: Path) -> int:
    """An open and locked folder; one that its last user removed while we waited for it is made again."""
    while True:
        folder.mkdir(mode=ONLY_OURS, parents=True, exist_ok=True)
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Refused(
                "rehearsal.busy",
                "the same rehearsal is going on in another process",
                do_next="wait until it has ended, or stop it: it can be gone on with",
            ) from None
        if folder.exists() and os.path.samestat(os.fstat(lock), folder.stat()):
            return lock
        os.close(lock)


def forget(folder: Path) -> None:
    """Remove a rehearsal's copy and everything else of it; only who has its journal open may. Raises OutsideError
    when something of it stays. A kill meanwhile leaves no half of it that could be gone on with."""
    gone = _on_its_way_out(folder)
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    if gone.exists():
        raise OutsideError(
            "rehearsal.copy-not-removed",
            f"a copy of the databases is still in {gone}",
            do_next=f"see why it cannot be removed, and remove it: rm -r {gone}",
        )


def _on_its_way_out(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.gone")


def _runs(kept: Sequence[dict[str, Any]]) -> dict[str, CommandRun]:
    return {each["key"]: _RUN.validate_python({"began": 0.0, **each["run"]}) for each in kept}


def _read(path: Path) -> list[dict[str, Any]]:
    """The commands on record; a line that was cut off by a kill counts as never written."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
