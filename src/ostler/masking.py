"""Keeps secrets out of what is told: outputs of commands and differences of configuration files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.secret import MASK

SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "secret", "key", "token", "connection", "transport_url")
"""An option whose name contains one of these has a value that is not shown."""

OUTPUT_SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "adminpass", "secret", "token", "authorization")
"""The same for what programs print, where `key` and `connection` are everyday words."""

_CONFIG_NAME = re.compile(r"(?<![\w.\-])(?P<name>[\w.\-]+)[\"']?\s*[=:]\s*(?=\S)")
_OUTPUT_NAME = re.compile(
    r"""(?<![\w\-])(?:--(?P<flag>\w[\w\-]*)["']?,?\s+|(?P<name>[\w\-]+)(?:\\?["'])?\s*[=:]\s*)(?=\S)"""
)
"""A name and what stands between it and its value: an assignment in any notation, or an option of a command line."""

_VALUE = re.compile(
    r"""(?:(?:bearer|basic)\s+)?[ub]?(?:\\"(?:(?!\\").)*\\"|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\?["'].*"""
    r"""|\S+?(?=[,;]?(?:\s|$)))""",
    re.IGNORECASE,
)
"""A quoted text, one that is never closed (to the end of its line), or a word without the comma or semicolon after."""

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.\-]{0,30}://[^\s:/@]*:)(?P<rest>\S*)@", re.IGNORECASE)
"""From a URL's first password to its last `@`: all between may be part of a password that was not encoded."""

LONGEST_LINE = 4000
"""Characters of a line that are looked at before it is cut: some programs print a whole file in one line."""

_NEXT_SERVER = re.compile(r"@((?:\[[0-9a-f:.]+\]|[\w.\-]+)(?::\d+)?,[^\s:,@/]*:)", re.IGNORECASE)
"""The end of one server of a messaging URL and the user of the next one: `@mq1:5672,nova:`."""


def is_secret_name(option: str) -> bool:
    """Whether an option's name says that its value is not shown."""
    return _is_secret(option, SECRET_WORDS)


def mask_config_line(line: str) -> str:
    """A line of a configuration file (or of a difference of two) without secret values."""
    shown = _mask_urls(line)
    for found in _CONFIG_NAME.finditer(shown):
        if _is_secret(found["name"], SECRET_WORDS):
            return shown[: found.end()] + MASK
    return shown


def mask_output(text: str) -> str:
    """What a command printed, without passwords in URLs, assignments and options of command lines."""
    shown = _mask_urls(text)
    parts, at = [], 0
    while found := _OUTPUT_NAME.search(shown, at):
        value = _VALUE.match(shown, found.end()) if _is_secret(_name(found), OUTPUT_SECRET_WORDS) else None
        parts += [shown[at : found.end()], MASK if value else ""]
        at = value.end() if value else found.end()
    return "".join([*parts, shown[at:]])


def _name(found: re.Match[str]) -> str:
    return str(found["flag"] or found["name"])


def _is_secret(name: str, words: Sequence[str]) -> bool:
    return any(word in name.lower() for word in words)


def _mask_urls(text: str) -> str:
    return _URL.sub(_mask_passwords, text)


def _mask_passwords(found: re.Match[str]) -> str:
    others = "".join(f"@{server}{MASK}" for server in _NEXT_SERVER.findall(found["rest"]))
    return f"{found['scheme']}{MASK}{others}@"


def mask_line(text: str, width: int) -> str:
    """The beginning of what a program printed in one line, masked and cut to `width` characters."""
    return mask_output(text[:LONGEST_LINE])[:width]


def last_lines(text: str, count: int = 12, width: int = 300) -> tuple[str, ...]:
    """The last lines that say something, each cut to `width` characters, masked."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return tuple(mask_line(line, width) for line in lines[-count:])
