"""Pages that need nothing else: no network, no other file, no script; how they are filled.

Everything that comes from a cloud is hostile: templates escape all of it, and nothing is marked as safe.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ostler.reporting.report_picture import span_words


def page(template: str, zone: tzinfo = UTC, **about: Any) -> str:
    """Fill a template; times are shown in ``zone``."""
    environment = Environment(
        loader=PackageLoader("ostler.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = lambda at: _moment(at, zone)
    environment.filters["hour"] = lambda at: _hour(at, zone)
    environment.filters["span"] = _span
    environment.filters["percent"] = _percent
    environment.filters["wait"] = _wait
    return environment.get_template(template).render(**about)


def _moment(at: float | None, zone: tzinfo) -> str:
    return "–" if at is None else datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _hour(at: float | None, zone: tzinfo) -> str:
    return "–" if at is None else datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 60 else span_words(seconds)


def _wait(seconds: float | None) -> str:
    """A wait in seconds; short ones in milliseconds."""
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.1 else f"{seconds:.1f} s"


def _percent(share: float | None) -> str:
    """A share that is not whole is never shown as 100."""
    if share is None:
        return "–"
    shown = f"{share:.2f}".rstrip("0").rstrip(".")
    return "99.99" if shown == "100" and share < 100 else shown
