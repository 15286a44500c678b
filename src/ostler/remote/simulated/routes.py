"""How requests to a simulated cloud's APIs find what answers them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ostler.commands import ApiRequest
from ostler.remote.simulated.machine import World


@dataclass(frozen=True)
class Asked:
    """One request as a route sees it: the world, the words of the path that the route left open, and the query."""

    world: World
    request: ApiRequest
    words: tuple[str, ...]
    query: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        return self.request.body if isinstance(self.request.body, dict) else {}


@dataclass(frozen=True)
class Reply:
    """A status, and a JSON body or bytes."""

    status: int
    body: object | None = None
    content: bytes = b""


@dataclass(frozen=True)
class Route:
    """One method and path of one service; `*` in the path leaves a word open."""

    service: str
    method: str
    path: str
    answer: Callable[[Asked], Reply]
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        text = "".join("([^/]+)" if part == "*" else re.escape(part) for part in re.split(r"(\*)", self.path))
        object.__setattr__(self, "pattern", re.compile(text))


def find_answer(routes: Sequence[Route], world: World, request: ApiRequest) -> Reply:
    """Return what the fitting route answers; 404 when there is none."""
    parts = urlsplit(request.path)
    for route in routes:
        if (route.service, route.method) != (request.service, request.method):
            continue
        found = route.pattern.fullmatch(parts.path.rstrip("/") or "/")
        if found:
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            return route.answer(Asked(world, request, found.groups(), query))
    return missing(f"a simulated cloud has no {request}")


def missing(what: str) -> Reply:
    """Return the answer for what is not there."""
    return Reply(404, {"itemNotFound": {"code": 404, "message": what}})


def refused(status: int, why: str) -> Reply:
    """Return the answer for what cannot be."""
    return Reply(status, {"error": {"code": status, "message": why}})
