"""Logs within logs: which envelope a log comes in, and its lines without that, or with one that the formats know."""

from __future__ import annotations

from collections.abc import Iterable

from ostler.logs.containers import is_cri, is_docker, lines_of_cri, lines_of_docker
from ostler.logs.journal import is_export, is_json, lines_of_export, lines_of_json

ENVELOPES = {"export": is_export, "json": is_json, "docker": is_docker, "cri": is_cri}
CONTAINERS = {"docker": lines_of_docker, "cri": lines_of_cri}
JOURNALS = {"export": lines_of_export, "json": lines_of_json}


def envelope_of(beginning: bytes) -> str:
    """What a log comes in, told by its beginning; empty for most."""
    return next((name for name, is_it in ENVELOPES.items() if is_it(beginning)), "")


def translated(stream: Iterable[bytes], translation: str, service: str) -> Iterable[bytes]:
    """The pieces of a log without the envelope that ``translation`` names. ``service`` is what its place tells."""
    if translation in CONTAINERS:
        return CONTAINERS[translation](stream, service)
    return JOURNALS[translation](stream) if translation else stream
