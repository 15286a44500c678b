"""A finding that may be passing is looked at again, and only then."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud, Host
from ostler.commands import Command, CommandResult
from ostler.execution.second_look import look_again
from ostler.facts.model import Snapshot, wanted
from ostler.planning.readiness import readiness
from ostler.remote.local import LocalTransport

CLOUD = Cloud("example", "2024.1", "venv", {"cmp1": Host("cmp1", "10.0.0.21", ("compute",))})
STARTING = {
    "active": "activating", "sub": "auto-restart", "enabled": True, "main_pid": 0, "invocation": "", "started_at": None,
    "restarts": 1,
}  # fmt: skip
SHOWN = """Id=nova-compute.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
MainPID=9
InvocationID=a
ExecMainStartTimestamp=Fri 2026-11-20 11:17:53 UTC
NRestarts=2
"""


class Compute(LocalTransport):
    """A compute on which nova-compute has come up meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        self.asked += [str(command) for command in commands]
        return [
            CommandResult(0, SHOWN, "") if "systemctl" in command.argv else CommandResult(1, "", "")
            for command in commands
        ]


def snapshot(unit: dict[str, object]) -> Snapshot:
    return Snapshot(CLOUD, 0.0, {wanted("host.units", "cmp1"): {"nova-compute": unit}})


def codes(seen: Snapshot) -> set[str]:
    return {finding.code for finding in readiness(load_catalog(), seen, None)}


def test_a_service_that_was_just_being_started_is_no_finding() -> None:
    pauses: list[float] = []
    first = snapshot(STARTING)
    assert "service.not-running" in codes(first)
    seen = look_again(first, Compute(), None, None, lambda: 5.0, pauses.append)
    assert "service.not-running" not in codes(seen)
    assert len(pauses) == 1
    assert seen.values == first.values


def test_nothing_is_read_again_when_nothing_is_doubtful() -> None:
    host, pauses = Compute(), list[float]()
    first = snapshot({**STARTING, "active": "active", "sub": "running"})
    assert look_again(first, host, None, None, lambda: 5.0, pauses.append) is first
    assert (host.asked, pauses) == ([], [])
