"""Effects: the closed vocabulary of what a step does.

An effect is data, so that it can be shown, checked, simulated and replayed. ``execution`` alone interprets
effects. Every effect may be carried out twice without harm, or its step's verify tells whether it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ostler.commands import ApiRequest, Command
from ostler.facts.predicate import Expectation


@dataclass(frozen=True)
class Run:
    """Run a command on a host. ``accept`` maps the exit codes that are no failure to what they mean;
    ``again_on`` are codes that mean "some done, run again" (up to ``again_limit`` times), with ``counts`` only where
    the numbers that this pattern finds in what it printed are not all 0; ``is_silent``: it prints nothing when it
    succeeds, what it prints is why it did not. ``doubts`` are patterns by exit code, each with a
    reason: where one is found in what it printed, the code is a failure after all; ``borne`` are patterns by exit code,
    each with what is left undone: where one is found, the code is none, whatever else is said of it."""

    host: str
    command: Command
    accept: Mapping[int, str] = field(default_factory=lambda: {0: "done"})
    again_on: tuple[int, ...] = ()
    again_limit: int = 10000
    counts: str = ""
    is_silent: bool = False
    doubts: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    borne: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Put:
    """Write a file atomically. Its bytes are ``content``, or those kept in the run's vault under ``blob`` (a
    sha256 hex digest): then the plan holds no configuration text, which may contain secrets."""

    host: str
    path: str
    mode: int
    owner: str = "root"
    group: str = "root"
    content: bytes | None = None
    blob: str | None = None


@dataclass(frozen=True)
class Remove:
    """Remove a file (not a folder); one that is not there is fine."""

    host: str
    path: str


@dataclass(frozen=True)
class Save:
    """Keep files as they are now, with mode, owner and sha256, in the run's vault, under (host, path). The first
    bytes kept in a run for a path are the recorded ones: saving again changes nothing. A path that does not
    exist is recorded as absent. Folders are saved with all regular files below them."""

    host: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class EditConfig:
    """Change options of an oslo.config file on a host, touching only their lines; values are not secret.

    ``edits`` are ("set", group, option, value), ("remove", group, option), ("rename", group, option,
    new_group, new_option). The file is saved to the vault first (see Save)."""

    host: str
    path: str
    edits: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Send:
    """Copy a software archive from the environment store to a host; `digest` is its sha256, checked there."""

    host: str
    project: str
    release: str
    digest: str
    path: str


@dataclass(frozen=True)
class Receive:
    """Copy a large file from a host into the run's folder as ``name``, checking its sha256 against the file
    ``path + '.sha256'`` on the host; encrypted for the operator's age recipient if one is set."""

    host: str
    path: str
    name: str


@dataclass(frozen=True)
class SendBack:
    """Put a large file that a run received (see Receive, under ``name``) back where it was on the host, with its
    `.sha256` beside it, when it is gone or has other bytes. Room is looked at first."""

    host: str
    path: str
    name: str
    run: str


@dataclass(frozen=True)
class Carry:
    """Copy files of `source` to the same paths of `host`, with mode, owner and folders, through this machine's memory;
    `source` and `host` may be one, then they are changed in place and kept as they were (see Save).

    Paths that end with a slash stand for all regular files below, also in `but`, whose files are left out. In
    configuration files each address or host name of `addresses` (pairs: what it was, what it becomes) is written anew.
    Contents are never told, but for the lines of configuration that change, without secrets."""

    host: str
    source: str
    paths: tuple[str, ...]
    addresses: tuple[tuple[str, str], ...] = ()
    but: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forward:
    """Copy large files of `source` to the same paths of `host`, through a file of this machine that only its owner may
    read and that is gone when this ends. One with a file ``path + '.sha256'`` beside it is checked against that."""

    host: str
    source: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """Call an API."""

    request: ApiRequest


@dataclass(frozen=True)
class Until:
    """Read a fact until it satisfies an expectation: every ``every_s``, at most ``timeout_s``; ``on_timeout`` says
    what that means and what to do. It counts only when what was found stays the same for ``steady_s``."""

    expectation: Expectation
    every_s: float = 0.5
    timeout_s: float = 60.0
    on_timeout: str = ""
    steady_s: float = 0.0


@dataclass(frozen=True)
class Hold:
    """Let the load balancers hold new requests to an API (backend name) instead of passing them on."""

    api: str


@dataclass(frozen=True)
class Release:
    """Let held requests to an API go on."""

    api: str


@dataclass(frozen=True)
class Judge:
    """Run a target release's own status checks and turn their exit codes and tables into findings: each project's
    check run by its command; the catalog corrects known false severities. All are run, and told together; then it
    fails when a failure is left, or a warning that was not accepted in the plan."""

    host: str
    release: str
    checks: tuple[tuple[str, Command], ...]


@dataclass(frozen=True)
class Prove:
    """Carry out one named proof against the running cloud (see execution/proofs) and record its result."""

    name: str
    release: str


Effect = (
    Run
    | Put
    | Remove
    | Save
    | EditConfig
    | Send
    | Receive
    | SendBack
    | Carry
    | Forward
    | Call
    | Until
    | Hold
    | Release
    | Judge
    | Prove
)
