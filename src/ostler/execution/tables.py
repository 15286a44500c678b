"""The journal's tables. Times are seconds since the epoch."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Float, Integer, String, Text

TABLES = sa.MetaData()


def _key() -> Column[int]:
    return Column("number", Integer, primary_key=True, autoincrement=True)


RUNS = sa.Table(
    "runs",
    TABLES,
    Column("id", String, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("plan_digest", String, nullable=False),
    Column("operation", String, nullable=False),
    Column("title", String, nullable=False),
    Column("cloud", String, nullable=False),
    Column("cloud_digest", String, nullable=False),
    Column("who", String, nullable=False),
    Column("began_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("state", String, nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("wish", String, nullable=False, default=""),
)
"""`wish` is what another process asks of a run that goes on: "" or "cancel"."""

INTENTS = sa.Table(
    "intents",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("remembered", Text, nullable=False),
    Column("at", Float, nullable=False),
    sa.UniqueConstraint("run", "step", "attempt"),
)

OUTCOMES = sa.Table(
    "outcomes",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("at", Float, nullable=False),
    sa.UniqueConstraint("run", "step", "attempt"),
)

EFFECTS = sa.Table(
    "effects",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("is_change", Boolean, nullable=False),
    Column("is_failure", Boolean, nullable=False),
    Column("has_ended", Boolean, nullable=False),
    Column("at", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    sqlite_autoincrement=True,
)

LANE_ENDS = sa.Table(
    "lane_ends",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("stage", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("result", String, nullable=False),
    Column("at", Float, nullable=False),
)

LOANS = sa.Table(
    "loans",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("step", String, nullable=False),
    Column("lent_at", Float, nullable=False),
    Column("returning_at", Float),
    Column("returned_at", Float),
    Column("how", String, nullable=False, default=""),
)
"""`returning_at` is set before the first effect that gives a loan back early, so that a crash in between is seen."""

SAVED_FILES = sa.Table(
    "saved_files",
    TABLES,
    Column("run", String, primary_key=True),
    Column("host", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("sha256", String),
    Column("mode", String),
    Column("owner", String),
    Column("group", String),
    Column("at", Float, nullable=False),
)
"""`sha256` NULL: there was no such file."""

FINDINGS = sa.Table(
    "findings",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("finding", Text, nullable=False),
    Column("at", Float, nullable=False),
)

APPROVALS = sa.Table(
    "approvals",
    TABLES,
    Column("run", String, primary_key=True),
    Column("gate", String, primary_key=True),
    Column("who", String, nullable=False),
    Column("at", Float, nullable=False),
)

SETTLED = sa.Table(
    "settled",
    TABLES,
    _key(),
    Column("run", String, nullable=False, index=True),
    Column("step", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("decision", String, nullable=False),
    Column("who", String, nullable=False),
    Column("at", Float, nullable=False),
)
"""What a person decided about a step of which nobody knew whether it happened: `done` or `again`."""
