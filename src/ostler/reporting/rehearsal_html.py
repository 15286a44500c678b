"""A rehearsal as one HTML page."""

from __future__ import annotations

from datetime import UTC, tzinfo

from ostler.planning.rehearsed import Rehearsal
from ostler.reporting.pages import page
from ostler.reporting.rehearsal_picture import picture_of_rehearsal
from ostler.reporting.rehearsal_text import disk_of, estimate_of, times_of, verdict_of


def rehearsal_to_html(rehearsal: Rehearsal, zone: tzinfo = UTC) -> str:
    """Return the page; times are shown in ``zone``."""
    ways = dict.fromkeys((hop.source, hop.target) for hop in rehearsal.hops)
    hops = {way: [hop for hop in rehearsal.hops if (hop.source, hop.target) == way] for way in ways}
    return page(
        "rehearsal.html.j2",
        zone,
        rehearsal=rehearsal,
        verdict=verdict_of(rehearsal),
        disk=disk_of(rehearsal.disk),
        times=times_of(rehearsal),
        estimate=lambda run: estimate_of(rehearsal, run),
        picture=picture_of_rehearsal(rehearsal),
        hops=hops,
    )
