"""The report as one HTML page."""

from __future__ import annotations

from datetime import UTC, tzinfo

from ostler.reporting.pages import page
from ostler.reporting.report_model import RunReport
from ostler.reporting.report_picture import picture_of


def report_to_html(report: RunReport, zone: tzinfo = UTC) -> str:
    """Return the page; times are shown in ``zone``."""
    picture = picture_of(report.probe, report.probe_about, report.stages)
    steps = {stage.name: [step for step in report.steps if step.stage == stage.name] for stage in report.stages}
    return page("report.html.j2", zone, report=report, picture=picture, steps=steps)
