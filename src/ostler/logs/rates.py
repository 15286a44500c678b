"""How many events each service has over time: counted in steps that grow with the time that is covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ostler.logs.event import Event

MOST_STEPS = 480
"""Steps that are kept; when there are more, two and two become one."""

ROUND_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)


@dataclass(frozen=True)
class Rates:
    """Events of each service in steps of ``step_s`` seconds from ``begins`` on; all rows are of the same length."""

    begins: float
    step_s: float
    rows: dict[str, list[int]]

    @property
    def ends(self) -> float:
        return self.begins + self.step_s * max(map(len, self.rows.values()), default=0)

    def most(self) -> int:
        """The highest count of a step."""
        return max((max(row) for row in self.rows.values()), default=0)


class Counter:
    """Counts events by service and time, in any order."""

    def __init__(self) -> None:
        self._step_s = 1
        self._counts: dict[str, dict[int, int]] = {}
        self._low = self._high = 0
        self._is_begun = False

    def cover(self, begins: float, ends: float) -> None:
        """Make the time that is shown at least as long as this, also where nothing happens."""
        low, high = int(begins // self._step_s), int(ends // self._step_s)
        self._low, self._high = (min(self._low, low), max(self._high, high)) if self._is_begun else (low, high)
        self._is_begun = True
        while self._high - self._low > 4 * MOST_STEPS:
            self._widen()

    def add(self, events: Iterable[Event]) -> None:
        """Count events."""
        for event in events:
            self.cover(event.time, event.time)
            step = int(event.time // self._step_s)
            row = self._counts.setdefault(event.service or event.project or "?", {})
            row[step] = row.get(step, 0) + 1

    @property
    def services(self) -> list[str]:
        """Those that were met."""
        return list(self._counts)

    def rates(self, most_steps: int) -> Rates:
        """Return what was counted, in at most so many steps of a round length, the busiest service first."""
        whole_s = (self._high - self._low + 1) * self._step_s
        step_s = next((each for each in ROUND_S if each >= self._step_s and whole_s / each < most_steps), 0)
        step_s = step_s or (whole_s // most_steps + self._step_s)
        begins = self._low * self._step_s // step_s * step_s
        length = int(((self._high + 1) * self._step_s - 1 - begins) // step_s) + 1
        rows: dict[str, list[int]] = {}
        for service, counts in self._counts.items():
            row = rows[service] = [0] * length
            for step, count in counts.items():
                row[int((step * self._step_s - begins) // step_s)] += count
        ordered = sorted(rows, key=lambda service: (-sum(rows[service]), service))
        return Rates(float(begins), float(step_s), {service: rows[service] for service in ordered})

    def _widen(self) -> None:
        self._step_s *= 2
        for service, counts in self._counts.items():
            wider: dict[int, int] = {}
            for step, count in counts.items():
                wider[step // 2] = wider.get(step // 2, 0) + count
            self._counts[service] = wider
        self._low, self._high = self._low // 2, self._high // 2
