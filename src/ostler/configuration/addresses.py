"""Addresses in configuration texts that become others: those of hosts whose place other hosts take. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping

COMMENTS = ("#", ";")

WRITTEN_ANEW = (".conf", ".ini", ".service", ".socket", ".timer")
"""How the names of files end that hold options by name, in which addresses are written anew: configuration, start-up
files of uwsgi, and units."""


def readdressed(text: str, becomes: Mapping[str, str]) -> str:
    """Return the text with each address or host name that `becomes` another one written anew, wherever it stands for a
    host to connect to or to listen at; comments stay as they are.

    A name counts only behind `@` or `//`, or before a colon and a port: elsewhere it may be the name under which a
    service is known (`host = ctl1`), which must not change.
    """
    if not becomes:
        return text
    found = re.compile(rewritten(becomes))
    lines = text.splitlines(keepends=True)
    return "".join(
        line if line.lstrip().startswith(COMMENTS) else found.sub(lambda seen: becomes[seen.group()], line)
        for line in lines
    )


def rewritten(places: Iterable[str]) -> str:
    """The regular expression of what `readdressed` writes anew."""
    return "|".join(_pattern(each) for each in sorted(places, key=len, reverse=True))


def named(host: str) -> str:
    """The regular expression of a name wherever it may stand for its host, also with a domain behind it: neither within
    a path, nor before a backend of volumes (`ctl1@lvm`). What of that is `rewritten` is no concern of anybody's."""
    return rf"(?:(?<=@)|(?<=//)|(?<![\w.@/-])){re.escape(host)}(?![\w@-])"


def _pattern(place: str) -> str:
    word = re.escape(place)
    try:
        version = ipaddress.ip_address(place).version
    except ValueError:
        return rf"(?:(?<=@)|(?<=//)){word}(?![\w-]|\.\w)|(?<![\w.@/-]){word}(?=:\d)"
    return rf"(?<![\w.-]){word}(?![\w-]|\.\w)" if version == 4 else rf"(?<![\w:]){word}(?![\w:])"
