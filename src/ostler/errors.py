"""What can go wrong, and how it is told.

Three kinds, never mixed:

1. What the user can fix is collected as :class:`Finding` values and shown all together.
2. What the outside world does is raised as an exception, mapped once, in ``remote/``.
3. A bug of ours is any other exception; the CLI says so and asks for a report.

The exceptions::

    OstlerError                   exit code 1
    ├── InputError                exit code 2: wrong usage or input, nothing was changed
    ├── Refused                   exit code 3: unsafe, and why; carries findings
    ├── Stopped                   exit code 4: stopped on purpose or by a failure, can be resumed
    └── OutsideError              exit code 1: the outside world failed us
        ├── HostUnreachable       no connection (network, name, port, time)
        ├── HostKeyChanged        the host shows another key than the one on record
        ├── AccessDenied          credentials refused by a host or an API
        ├── CommandFailed         a command ended with an unexpected exit code
        ├── CommandTimedOut       a command was still running at its limit and was ended
        ├── NoSpace               a disk is full
        └── ApiError              an OpenStack API answered with an error, or not at all

Codes are stable and never reused: ``area.what-happened``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters: a failure refuses, a warning can be accepted, a note informs."""

    NOTE = "note"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True)
class Finding:
    """Something a check or a diagnosis has to say.

    ``code`` is stable (``nova.stale-service-record``); ``subject`` is what it is about (a host, a
    service, a database, a file with its line); ``found`` and ``expected`` are short and free of
    secrets; ``do_next`` is what the operator should do, in the imperative; ``evidence`` are lines
    or values that were seen; ``component`` is the part of the cloud it is about (``rules.component``), empty when it
    is about none.
    """

    code: str
    severity: Severity
    subject: str
    summary: str
    found: str = ""
    expected: str = ""
    do_next: str = ""
    evidence: tuple[str, ...] = field(default=())
    component: str = ""


class OstlerError(Exception):
    """The root of all errors that Ostler raises on purpose.

    ``summary`` is one sentence; ``do_next`` tells the operator how to go on; ``found`` and
    ``expected`` are shown beside each other when given.
    """

    exit_code = 1

    def __init__(
        self,
        code: str,
        summary: str,
        *,
        found: str = "",
        expected: str = "",
        do_next: str = "",
        source: str = "",
    ) -> None:
        super().__init__(f"{summary} [{code}]")
        self.code = code
        self.summary = summary
        self.found = found
        self.expected = expected
        self.do_next = do_next
        self.source = source


class InputError(OstlerError):
    """Wrong usage or input; nothing was changed."""

    exit_code = 2


class Refused(OstlerError):
    """What was asked for is unsafe now; ``findings`` say why, all together."""

    exit_code = 3

    def __init__(self, code: str, summary: str, *, findings: Sequence[Finding] = (), do_next: str = "") -> None:
        super().__init__(code, summary, do_next=do_next)
        self.findings = tuple(findings)


class Stopped(OstlerError):
    """A run stopped and can be gone on with: ``ostler resume``."""

    exit_code = 4


class OutsideError(OstlerError):
    """The outside world failed us; the cloud is as the journal says."""


class HostUnreachable(OutsideError):
    """No connection to a host could be made, or it broke."""


class HostKeyChanged(OutsideError):
    """A host shows another key than the recorded one."""


class AccessDenied(OutsideError):
    """A host or an API refused our credentials."""


class CommandFailed(OutsideError):
    """A command ended with an exit code that is not among the expected ones."""


class CommandTimedOut(OutsideError):
    """A command was still running at its time limit; its process group was ended."""


class NoSpace(OutsideError):
    """A disk is full."""


class ApiError(OutsideError):
    """An OpenStack API answered with an error (``status``), or not at all (``status`` 0)."""

    def __init__(self, code: str, summary: str, *, status: int = 0, do_next: str = "", found: str = "") -> None:
        super().__init__(code, summary, do_next=do_next, found=found)
        self.status = status
