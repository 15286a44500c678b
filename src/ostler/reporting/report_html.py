"""The report as one HTML page that needs nothing else: no network, no other file, no script.

Everything that comes from a cloud is hostile: the template escapes all of it, and nothing is marked as safe.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from ostler.reporting.report_model import RunReport
from ostler.reporting.report_picture import picture_of, span_words

TEMPLATE = "report.html.j2"


def report_to_html(report: RunReport, zone: tzinfo = UTC) -> str:
    """Return the page; times are shown in ``zone``."""
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
    picture = picture_of(report.probe, report.probe_about, report.stages)
    steps = {stage.name: [step for step in report.steps if step.stage == stage.name] for stage in report.stages}
    return environment.get_template(TEMPLATE).render(report=report, picture=picture, steps=steps)


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
