"""Keeps secrets out of what is told: outputs of commands and differences of configuration files."""

from __future__ import annotations

import re

from ostler.secret import MASK

SECRET_WORDS = ("password", "passwd", "secret", "key", "token", "connection", "transport_url")
"""An option whose name contains one of these has a value that is not shown."""

_ASSIGNMENT = re.compile(
    rf"(?P<name>[\w.\-]*(?:{'|'.join(SECRET_WORDS)})[\w.\-]*)(?P<sign>[\"']?\s*[=:]\s*)(?P<value>\S.*)", re.IGNORECASE
)
_WORD_ASSIGNMENT = re.compile(
    r"(?P<name>[\w\-]*(?:password|passwd|secret|token)[\w\-]*)(?P<sign>[\"']?\s*[=:]\s*)(?P<value>[^\s,;]+)",
    re.IGNORECASE,
)
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]*://[^\s:/@]*:)(?P<rest>\S*)@", re.IGNORECASE)
"""From a URL's first password to its last `@`: all between may be part of a password that was not encoded."""

_NEXT_SERVER = re.compile(r"@((?:\[[0-9a-f:.]+\]|[\w.\-]+)(?::\d+)?,[^\s:,@/]*:)", re.IGNORECASE)
"""The end of one server of a messaging URL and the user of the next one: `@mq1:5672,nova:`."""


def mask_config_line(line: str) -> str:
    """A line of a configuration file (or of a difference of two) without secret values."""
    return _ASSIGNMENT.sub(lambda found: f"{found['name']}{found['sign']}{MASK}", _mask_urls(line))


def mask_output(text: str) -> str:
    """What a command printed, without passwords in URLs and assignments."""
    return _WORD_ASSIGNMENT.sub(lambda found: f"{found['name']}{found['sign']}{MASK}", _mask_urls(text))


def _mask_urls(text: str) -> str:
    return _URL.sub(_mask_passwords, text)


def _mask_passwords(found: re.Match[str]) -> str:
    others = "".join(f"@{server}{MASK}" for server in _NEXT_SERVER.findall(found["rest"]))
    return f"{found['scheme']}{MASK}{others}@"


def last_lines(text: str, count: int = 12, width: int = 300) -> tuple[str, ...]:
    """The last lines that say something, each cut to `width` characters, masked."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return tuple(mask_output(line)[:width] for line in lines[-count:])
