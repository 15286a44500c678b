"""Keeps secrets out of what is told: outputs of commands and differences of configuration files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.secret import MASK

SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "secret", "key", "token", "connection", "transport_url")
"""An option whose name contains one of these has a value that is not shown."""

OUTPUT_SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "adminpass", "secret", "token", "authorization")
"""The same for what programs print, where `key` and `connection` are everyday words."""

_SECRET_KEY = re.compile(
    r"(?:(?:fernet|private|api|encryption|access|auth|signing|fixed|master|hmac)[_\-]|api)keys?$", re.I
)
"""The ends of names of keys that are secret: others (`routing_key`, `public_key`, `encryption_key_id`) are not."""

_CONFIG_NAME = re.compile(r"(?<![\w.\-])(?P<name>[\w.\-]+)[\"']?\s*[=:]\s*(?=\S)")
_OUTPUT_NAME = re.compile(
    r"""(?<![\w\-])(?:rabbitmqctl\b[^\n]{0,80}?\b(?P<command>add_user|change_password)["']?,?\s+[^\s,]{1,80},?\s+"""
    r"""|--(?P<flag>\w[\w\-]*)["']?,?\s+|(?P<name>[\w\-]+)(?:\\?["'])?\s*(?P<is>[=:]|%3D)\s*)(?=\S)"""
)
"""A name and what stands between it and its value: an assignment in any notation (`%3D` is one within a URL), an option
of a command line, or a command that takes a user and a password."""

_VALUE = re.compile(
    rf"""{re.escape(MASK)}|"""
    r"""(?:(?:bearer|basic)\s+)?[ub]?(?:\\"(?:(?!\\").)*\\"|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\?["'].*"""
    r"""|\S+?(?=[,;]?(?:\s|$)))""",
    re.IGNORECASE,
)
"""What is masked already, a quoted text, one that is never closed (to the end of its line), or a word without the comma
or semicolon after."""

_BARE = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?:(?!-----).){0,8000}-----END [A-Z ]{0,20}PRIVATE KEY-----"
    r"|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})*)"
    r"|(?:(?<!\w)|(?<=%3D))(?:gAAAAA[\w\-]*=*|eyJ[\w\-]{10,200}\.[\w\-]{10,4000}\.[\w\-]+)"
    r"|(?<![\w+/])AQ[A-Za-z0-9+/]{36}==",
    re.DOTALL,
)
"""Secrets that are known by their look, whatever stands before them: a private key, whole or its beginning, keystone's
tokens (Fernet and JWS), and Ceph's keys, 28 bytes that begin with 1, their kind (sources: RFC 7468, the
specification of Fernet, RFC 7515, and the encoding of CryptoKey in Ceph; 2026-11-27)."""

_BARE_MARKS = ("PRIVATE KEY", "gAAAAA", "eyJ", "AQ")
_NAME_MARKS = (*OUTPUT_SECRET_WORDS, "_key", "-key", "apikey", "rabbitmqctl")
"""What a text must hold, the latter in lower case, for secrets to be looked for in it: most lines of logs hold none."""

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
    """What a command printed or a log says, without passwords in URLs, assignments and commands, without keys and
    tokens. Masked twice, a text is as masked once."""
    shown = _mask_urls(mask_bare(text))
    if not _holds_any(shown.lower(), _NAME_MARKS):
        return shown
    parts, at = [], 0
    while found := _OUTPUT_NAME.search(shown, at):
        value = _VALUE.match(shown, found.end()) if _names_secret(found) else None
        parts += [shown[at : found.end()], MASK if value else ""]
        at = value.end() if value else found.end()
    return "".join([*parts, shown[at:]])


def mask_bare(text: str) -> str:
    """A text without the secrets that are known by their look; a private key may go over several lines."""
    return _BARE.sub(MASK, text) if _holds_any(text, _BARE_MARKS) else text


def _holds_any(text: str, marks: Sequence[str]) -> bool:
    for mark in marks:  # noqa: SIM110 - every line of every log: any() takes twice as long
        if mark in text:
            return True
    return False


def _names_secret(found: re.Match[str]) -> bool:
    """Whether what was found says that a secret follows. `…/v3/auth/tokens: ` is the end of a path, and says none."""
    if found["command"]:
        return True
    if found["is"] == ":" and found.string.startswith("/", max(0, found.start() - 1)):
        return False
    name = str(found["flag"] or found["name"])
    return _is_secret(name, OUTPUT_SECRET_WORDS) or _SECRET_KEY.search(name) is not None


def _is_secret(name: str, words: Sequence[str]) -> bool:
    return any(word in name.lower() for word in words)


def _mask_urls(text: str) -> str:
    return _URL.sub(_mask_passwords, text) if "://" in text else text


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
