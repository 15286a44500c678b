"""Keeps secrets out of what is told: outputs of commands and differences of configuration files."""

from __future__ import annotations

import re

from ostler.secret import MASK

SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "secret", "key", "token", "connection", "transport_url")
"""An option whose name contains one of these has a value that is not shown."""

_ASSIGNMENT = re.compile(
    rf"(?P<name>[\w.\-]*(?:{'|'.join(SECRET_WORDS)})[\w.\-]*)(?P<sign>[\"']?\s*[=:]\s*)(?P<value>\S.*)", re.IGNORECASE
)
_SECRET_NAME = r"[\w\-]*(?:password|passwd|passphrase|pwd|adminpass|secret|token)[\w\-]*"
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+?(?=[,;]?(?:\s|$)))"""
"""A quoted text, or a word without the comma or semicolon after it."""

_WORD_ASSIGNMENT = re.compile(
    rf"(?P<name>{_SECRET_NAME})(?P<sign>[\"']?\s*[=:]\s*){_VALUE}|(?P<flag>--{_SECRET_NAME}\s+){_VALUE}", re.IGNORECASE
)
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]*://[^\s:/@]*:)(?P<rest>\S*)@", re.IGNORECASE)
"""From a URL's first password to its last `@`: all between may be part of a password that was not encoded."""

_NEXT_SERVER = re.compile(r"@((?:\[[0-9a-f:.]+\]|[\w.\-]+)(?::\d+)?,[^\s:,@/]*:)", re.IGNORECASE)
"""The end of one server of a messaging URL and the user of the next one: `@mq1:5672,nova:`."""


def is_secret_name(option: str) -> bool:
    """Whether an option's name says that its value is not shown."""
    return any(word in option.lower() for word in SECRET_WORDS)


def mask_config_line(line: str) -> str:
    """A line of a configuration file (or of a difference of two) without secret values."""
    return _ASSIGNMENT.sub(lambda found: f"{found['name']}{found['sign']}{MASK}", _mask_urls(line))


def mask_output(text: str) -> str:
    """What a command printed, without passwords in URLs, assignments and options of command lines."""
    return _WORD_ASSIGNMENT.sub(_mask_value, _mask_urls(text))


def _mask_value(found: re.Match[str]) -> str:
    return f"{found['flag'] or found['name'] + found['sign']}{MASK}"


def _mask_urls(text: str) -> str:
    return _URL.sub(_mask_passwords, text)


def _mask_passwords(found: re.Match[str]) -> str:
    others = "".join(f"@{server}{MASK}" for server in _NEXT_SERVER.findall(found["rest"]))
    return f"{found['scheme']}{MASK}{others}@"


def last_lines(text: str, count: int = 12, width: int = 300) -> tuple[str, ...]:
    """The last lines that say something, each cut to `width` characters, masked."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return tuple(mask_output(line)[:width] for line in lines[-count:])
