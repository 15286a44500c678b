"""Spans of time as people say them."""

from __future__ import annotations

DAY_S = 86_400


def duration(seconds: float) -> str:
    """Return seconds as people say them: `40 s`, `12 min`, `1 h 05 min`, `3 days`."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min" if seconds < 2 * DAY_S else f"{round(seconds / DAY_S)} days"
