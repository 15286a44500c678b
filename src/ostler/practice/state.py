"""What is on record of a practice cloud: how it was asked for, and which stages of building it are done."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostler.errors import InputError, Refused
from ostler.practice.layout import Layout

RECORD = "state.json"
REMOVAL = "is_being_removed"
CHOICES = ("name", "release", "controllers", "computes", "spares", "subnet", "has_tls")
ADDED: Mapping[str, Any] = {"spares": 0, "has_tls": False}
"""Choices that records of older clouds do not have, and what they are there."""


@dataclass(frozen=True)
class State:
    """The record of one cloud, a file that is replaced whole at every change."""

    layout: Layout

    def begin(self) -> None:
        """Put the layout on record. Raises InputError when the cloud was begun with other choices."""
        wanted = {choice: getattr(self.layout, choice) for choice in CHOICES}
        known = {**ADDED, **self._read().get("layout", wanted)}
        if known != wanted:
            changed = [choice for choice in CHOICES if known[choice] != wanted[choice]]
            raise InputError(
                "practice.other-layout",
                f"practice cloud {self.layout.name} exists with another layout",
                found=", ".join(f"{choice} {known[choice]}" for choice in changed),
                expected=", ".join(f"{choice} {wanted[choice]}" for choice in changed),
                do_next=f"take it down first: ostler practice down --name {self.layout.name}; or use another --name",
            )
        self._put("layout", wanted)

    def begin_removal(self) -> None:
        """Put on record that the cloud is being removed: what is there of it from now on is not to be built on."""
        self._put(REMOVAL, True)

    def is_being_removed(self) -> bool:
        """Whether a removal was begun. The record goes with the cloud, so it has not ended."""
        return bool(self._read().get(REMOVAL, False))

    def image(self) -> str | None:
        """The name of the image the hosts stand on; None before one was chosen."""
        image: str | None = self._read().get("image")
        return image

    def demand_image(self) -> str:
        """Hosts can be started once they have an image. Returns its name; raises InputError when they have none."""
        name = self.image()
        if name is None:
            raise InputError(
                "practice.not-built",
                f"practice cloud {self.layout.name} is not built yet",
                do_next=f"build it: ostler practice up --name {self.layout.name}",
            )
        return name

    def keep_image(self, name: str) -> None:
        """Remember the image; hosts must keep the one they were made from."""
        self._put("image", name)

    def is_done(self, stage: str, digest: str) -> bool:
        """Whether a stage was finished with just these parameters."""
        stages: dict[str, dict[str, Any]] = self._read().get("stages", {})
        return stages.get(stage, {}).get("digest") == digest

    def finish(self, stage: str, digest: str, seconds: float) -> None:
        """Put on record that a stage is done."""
        stages = self._read().get("stages", {})
        self._put("stages", {**stages, stage: {"digest": digest, "seconds": round(seconds, 1)}})

    def _read(self) -> dict[str, Any]:
        path = self.layout.state_dir / RECORD
        loaded: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return loaded

    def _put(self, key: str, value: object) -> None:
        record = {**self._read(), key: value}
        self.layout.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.layout.state_dir, prefix=".state")
        with os.fdopen(descriptor, "w") as file:
            json.dump(record, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.layout.state_dir / RECORD)


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Held by the one process that builds or removes this cloud. Raises Refused when another does just now."""
    with Path(f"/run/ostler-practice-{layout.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                "practice.busy",
                f"another process is building or removing practice cloud {layout.name}",
                do_next="wait until it has ended",
            ) from None
        yield


def known_names(state_root: Path) -> list[str]:
    """The names of the practice clouds on record."""
    return sorted(path.parent.name for path in (state_root / "practice").glob(f"*/{RECORD}"))


def load_layout(name: str, state_root: Path, cache_dir: Path) -> Layout:
    """The layout of a cloud on record. Raises InputError when there is none of that name."""
    record = state_root / "practice" / name / RECORD
    known = known_names(state_root)
    if name not in known:
        there_are = f"there are: {', '.join(known)}" if known else "make one: ostler practice up"
        raise InputError("practice.unknown-cloud", f"there is no practice cloud called {name!r}", do_next=there_are)
    choices = json.loads(record.read_text()).get("layout", {"name": name})
    return Layout(**choices, state_root=state_root, cache_dir=cache_dir)
