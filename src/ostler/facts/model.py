"""Facts: what can be asked of a cloud, and the answers as plain data.

A fact asks with commands (on one host) or API requests, and parses what comes back with a pure
function. Its value is plain JSON-like data (dicts, lists, strings, numbers, booleans, None), so that it can
be stored in a journal, compared, and tested by a predicate. A fact that could not be read is
:class:`Unknown`, never a default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult, WebAnswer

JsonValue = Any
"""Plain data: None, bool, int, float, str, lists and dicts of these."""


@dataclass(frozen=True)
class FactRequest:
    """Which fact is wanted: its id, the host it is about (None: the whole cloud), and its parameters.

    ``params`` are pairs sorted by name, so that equal requests are equal values.
    """

    fact: str
    host: str | None = None
    params: tuple[tuple[str, str], ...] = ()

    def param(self, name: str) -> str:
        """Return one parameter. Raises KeyError."""
        return dict(self.params)[name]

    def __str__(self) -> str:
        where = f"@{self.host}" if self.host else ""
        what = "(" + ", ".join(f"{k}={v}" for k, v in self.params) + ")" if self.params else ""
        return f"{self.fact}{where}{what}"


def wanted(fact: str, host: str | None = None, **params: str) -> FactRequest:
    """Return a request for a fact."""
    return FactRequest(fact, host, tuple(sorted(params.items())))


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be read, and why. ``code`` and ``do_next`` are those of the error that kept it from being
    read; empty when the fact was answered, but not in a form that is understood."""

    reason: str
    code: str = ""
    do_next: str = ""


@dataclass(frozen=True)
class HostFact:
    """A fact read by commands on one host: ``FactRequest.host``, or for cloud-wide facts the first of
    ``choose_hosts`` that gives an answer. All commands must be read-only. ``commands`` and ``choose_hosts`` raise
    ValueError for what cannot be asked of this cloud; ``parse`` gets one result per command and raises
    ValueError for output it does not understand."""

    id: str
    commands: Callable[[Cloud, FactRequest], Sequence[Command]]
    parse: Callable[[Sequence[CommandResult], Cloud, FactRequest], JsonValue]
    choose_hosts: Callable[[Cloud, FactRequest], Sequence[str]] | None = None


@dataclass(frozen=True)
class ApiFact:
    """A fact read by GET requests to the APIs."""

    id: str
    requests: Callable[[Cloud, FactRequest], Sequence[ApiRequest]]
    parse: Callable[[Sequence[ApiResponse], Cloud, FactRequest], JsonValue]


@dataclass(frozen=True)
class WebFact:
    """A fact read from the operator's machine as any client would: GETs of URLs without credentials. ``urls`` are by
    a name of the fact's own; ``parse`` gets the answers by the same names. Both raise ValueError."""

    id: str
    urls: Callable[[Cloud, FactRequest], Mapping[str, str]]
    parse: Callable[[Mapping[str, WebAnswer], Cloud, FactRequest], JsonValue]


Fact = HostFact | ApiFact | WebFact


@dataclass(frozen=True)
class Snapshot:
    """All facts read of one cloud at one time; immutable.

    ``taken_at`` is seconds since the epoch; a missing fact is Unknown("not read"). ``clock_read`` tells for each host
    between which two times of this machine (seconds since the epoch) its clock was read. ``later`` holds those facts
    that were read once more because the first look may have met something passing; None when none were.
    """

    cloud: Cloud
    taken_at: float
    values: Mapping[FactRequest, JsonValue | Unknown] = field(default_factory=dict)
    clock_read: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    later: Snapshot | None = None

    def get(self, fact: str, host: str | None = None, **params: str) -> JsonValue | Unknown:
        """Return a fact's value, or Unknown."""
        return self.values.get(wanted(fact, host, **params), Unknown("not read"))

    def known(self, fact: str, host: str | None = None, **params: str) -> JsonValue:
        """Return a fact's value, or None when it is unknown."""
        value = self.get(fact, host, **params)
        return None if isinstance(value, Unknown) else value

    def unknown(self) -> Iterable[tuple[FactRequest, Unknown]]:
        """Yield the facts that could not be read."""
        return ((request, value) for request, value in self.values.items() if isinstance(value, Unknown))

    @property
    def digest(self) -> str:
        """A digest over all values, independent of the order they were read in."""
        lines = sorted(f"{request}={_canonical(value)}" for request, value in self.values.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _canonical(value: JsonValue | Unknown) -> str:
    if isinstance(value, Unknown):
        return f"unknown:{value.reason}"
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
