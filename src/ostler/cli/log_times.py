"""Times as an operator says them: a span before the last event, or a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from ostler.errors import InputError

Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="SPAN",
        help="Only from then on: 90s, 30m, 1h, 2d before the last event, or a time such as 2026-01-15T10:05.",
    ),
]

SPANS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(r"(\d{1,6})([smhdw])")


def since_of(said: str, ends: float | None) -> float:
    """Return the time that `--since` means, in seconds since the epoch; ``ends`` is what spans count back from.

    Raises InputError when it is neither a span nor a moment, or nothing is known to count back from.
    """
    span = _SPAN.fullmatch(said)
    if span is None:
        return _moment(said)
    if ends is None:
        raise InputError(
            "logs.no-end", "no time of the last event is known, to count back from", found=said,
            do_next="say a time instead: --since 2026-01-15T10:00",
        )  # fmt: skip
    return ends - int(span[1]) * SPANS_S[span[2]]


def _moment(said: str) -> float:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise InputError(
            "logs.no-such-time", f"--since does not understand {said!r}", found=said,
            expected="90s, 30m, 1h, 2d, 1w, or a time such as 2026-01-15T10:05",
            do_next="say it in one of these ways",
        ) from None  # fmt: skip
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
