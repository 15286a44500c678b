"""Which faults a practice cloud has, and what was there before: a file of the cloud, replaced whole at every change.

A fault is on record before anything is done, so that what was begun and cut off can be mended.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ostler.practice.layout import Layout
from ostler.secret import Secret

FILE = "faults.json"


@dataclass(frozen=True)
class Made:
    """A fault at one place: a host's name, or `the cloud`. `remembered` is what its remembering script printed.

    `is_seen` says whether it was seen to be there; one that is not was begun, and may be made, half made or not made.
    """

    fault: str
    place: str
    since: datetime
    remembered: Secret
    is_seen: bool = False


@dataclass(frozen=True)
class FaultRecord:
    """The faults of one cloud that were made and not mended, in the order they were made."""

    layout: Layout

    def all(self) -> list[Made]:
        path = self.layout.state_dir / FILE
        entries: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return [
            Made(
                fault=entry["fault"],
                place=entry["place"],
                since=datetime.fromisoformat(entry["since"]),
                remembered=Secret(entry["remembered"]),
                is_seen=entry["is_seen"],
            )
            for entry in entries
        ]

    def put(self, made: Iterable[Made]) -> None:
        """Put faults on record, in place of what is on record of the same faults at the same places."""
        fresh = {(each.fault, each.place): each for each in made}
        kept = [fresh.pop((each.fault, each.place), each) for each in self.all()]
        self._write([*kept, *fresh.values()])

    def remove(self, made: Iterable[Made]) -> None:
        """Take faults that are mended off the record."""
        gone = {(each.fault, each.place) for each in made}
        self._write([each for each in self.all() if (each.fault, each.place) not in gone])

    def _write(self, entries: Iterable[Made]) -> None:
        document = [
            {
                "fault": each.fault,
                "place": each.place,
                "since": each.since.isoformat(),
                "remembered": each.remembered.reveal(),
                "is_seen": each.is_seen,
            }
            for each in entries
        ]
        descriptor, name = tempfile.mkstemp(dir=self.layout.state_dir, prefix=".faults")  # which makes it 0600
        with os.fdopen(descriptor, "w") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.layout.state_dir / FILE)
        folder = os.open(self.layout.state_dir, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
