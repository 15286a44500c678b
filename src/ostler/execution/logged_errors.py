"""What the services of a host wrote into their logs since a step began: beside what was waited for in vain, that says
why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ostler.errors import OutsideError
from ostler.execution.proofs.log_scan import LogGroup, parse_scan, scan_command
from ostler.masking import mask_line
from ostler.remote.protocol import Transport

MOST, WIDTH = 3, 400
GRAVE = ("CRITICAL", "TRACEBACK")
BEFORE_S = 5.0
"""A host's clock may be behind ours."""


def logged_errors(transport: Transport, host: str, patterns: Sequence[str], since: float) -> tuple[str, ...]:
    """The errors in the logs that match, the gravest and newest first, one line each; none where nobody can read them:
    they only help to understand."""
    try:
        result = transport.run(host, scan_command(since - BEFORE_S, patterns))
        groups = parse_scan(host, [result]).groups
    except (OutsideError, ValueError, KeyError, TypeError):
        return ()
    worst = sorted(groups, key=lambda group: (group.level in GRAVE, group.last), reverse=True)
    return tuple(mask_line(_line(group), WIDTH) for group in worst[:MOST])


def _line(group: LogGroup) -> str:
    cause = f" ({group.cause})" if group.cause else ""
    return f"{PurePosixPath(group.file).name} on {group.host}: {group.level} {group.example}{cause}"
