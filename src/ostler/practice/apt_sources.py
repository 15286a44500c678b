"""Where the practice hosts' Debian packages come from: the mirrors this machine itself uses.

Reads both formats of apt sources. Only Debian's own archives are taken; other sources of the machine are not
the practice cloud's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ARCHIVE = "http://deb.debian.org/debian"
DEFAULT_SECURITY = "http://deb.debian.org/debian-security"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
CODENAMES = frozenset(("bullseye", "bookworm", "trixie", "forky", "sid", "stable", "oldstable", "testing"))

_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.+)$")


@dataclass(frozen=True)
class AptSource:
    """One archive and suite, as `http://deb.debian.org/debian bookworm main`."""

    uri: str
    suite: str
    components: tuple[str, ...]


def parse_deb822(text: str) -> Iterator[AptSource]:
    """The sources in a `.sources` file. Disabled ones and sources of source code are left out."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _fields(paragraph)
        if fields.get("enabled", "yes").lower() == "no" or "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield AptSource(uri.rstrip("/"), suite, tuple(fields.get("components", "").split()))


def parse_one_line(text: str) -> Iterator[AptSource]:
    """The sources in a `.list` file."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.partition("#")[0].strip())
        if match:
            yield AptSource(match["uri"].rstrip("/"), match["suite"], tuple(match["parts"].split()))


def machine_sources(apt_dir: Path = Path("/etc/apt")) -> list[AptSource]:
    """Every apt source of this machine, in the order of its files."""
    found: list[AptSource] = []
    lists = [apt_dir / "sources.list", *sorted((apt_dir / "sources.list.d").glob("*"))]
    for path in lists:
        if path.suffix == ".list" and path.is_file():
            found += parse_one_line(path.read_text())
        elif path.suffix == ".sources":
            found += parse_deb822(path.read_text())
    return found


def practice_sources(suite: str, own: Iterable[AptSource]) -> str:
    """A `.sources` file for Debian `suite`, on the mirrors among `own`, or else on Debian's own."""
    debian = [source for source in own if "main" in source.components]
    archive = _uri(debian, "") or DEFAULT_ARCHIVE
    security = _uri(debian, "-security") or DEFAULT_SECURITY
    return f"{_paragraph(archive, suite, f'{suite}-updates')}\n{_paragraph(security, f'{suite}-security')}"


def _uri(sources: Iterable[AptSource], ending: str) -> str | None:
    for source in sources:
        if source.suite in {f"{codename}{ending}" for codename in CODENAMES}:
            return source.uri
    return None


def _paragraph(uri: str, *suites: str) -> str:
    return f"Types: deb\nURIs: {uri}\nSuites: {' '.join(suites)}\nComponents: main\nSigned-By: {KEYRING}\n"


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and key:
            fields[key] += f" {line.strip()}"
        elif ":" in line:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
    return fields
