"""What a run came to when its process ends."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.errors import Finding
from ostler.execution.records import Loan, RunState

EXIT_CODES = {
    RunState.DONE: 0,
    RunState.DONE_WITH_FAILURES: 1,
    RunState.FAILED: 1,
    RunState.CANCELLED: 1,
    RunState.ROLLED_BACK: 1,
    RunState.RUNNING: 4,
    RunState.WAITING: 4,
    RunState.PAUSED: 4,
    RunState.STOPPED: 4,
}


@dataclass(frozen=True)
class RunResult:
    """How a run stands: `done` and `left` are step ids, `failed` those that ended badly, `lent` what is still out."""

    run: str
    state: RunState
    message: str
    done: tuple[str, ...]
    failed: tuple[str, ...]
    left: tuple[str, ...]
    lent: tuple[Loan, ...]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        return EXIT_CODES[self.state]
