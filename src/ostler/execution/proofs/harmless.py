"""Log records that are known to mean no harm, and why: read from the data file beside this room."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from ostler.catalog.reading import read_record
from ostler.catalog.record import Closed
from ostler.execution.proofs.log_scan import LogGroup

DATA = Path(__file__).parent / "data" / "harmless_log_lines.yaml"


@dataclass(frozen=True, kw_only=True)
class Harmless(Closed):
    """A kind of log record and why it means no harm; see the data file's head."""

    logger: str
    text: str
    reason: str
    seen: str

    def is_about(self, group: LogGroup) -> bool:
        """Tell whether a group's records are of this kind."""
        is_text = re.search(self.text, group.example) or re.search(self.text, group.cause)
        return bool(re.search(self.logger, group.logger) and is_text)


@functools.cache
def harmless_kinds() -> tuple[Harmless, ...]:
    """Return the known kinds."""
    return read_record(tuple[Harmless, ...], DATA)


def why_harmless(group: LogGroup) -> str:
    """Return why a group's records mean no harm; empty: nobody knows that they do not."""
    return next((kind.reason for kind in harmless_kinds() if kind.is_about(group)), "")
