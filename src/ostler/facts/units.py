"""`host.units`: what systemd says of the services' and the infrastructure's units.

Value: {unit without .service: {active, sub, enabled, main_pid, invocation, started_at, restarts}}; a unit the
host does not have is absent (one that still runs though its file is gone is there). `enabled` is true when it
starts at boot; `main_pid` is 0 and `started_at` (seconds since the epoch) None when no main process runs;
`restarts` counts systemd's own restarts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of
from ostler.facts.service_units import SUFFIX, bare, unit_names

PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,InvocationID,ExecMainStartTimestamp,NRestarts"
NOT_THERE = ("not-found", "inactive")
STARTS_AT_BOOT = ("enabled", "alias", "generated", "static")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    # TZ and LC_ALL: systemd before 247 prints times only in local form, and env knows no unit name as a flag.
    units = [f"{unit}{SUFFIX}" for unit in unit_names(cloud)]
    return (read("env", "TZ=UTC", "LC_ALL=C", "systemctl", "show", f"--property={PROPERTIES}", "--", *units),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    text = text_of(results[0], "systemd")
    found = {}
    for block in text.strip().split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" not in shown or "LoadState" not in shown:
            raise ValueError(f"systemd gave a unit without name or state: {excerpt(block)}")
        if (shown["LoadState"], shown.get("ActiveState")) != NOT_THERE:
            found[bare(shown["Id"])] = _unit(shown)
    return found


def _unit(shown: dict[str, str]) -> JsonValue:
    name = shown["Id"]
    main_pid = integer(shown.get("MainPID", "0"), f"the main process of {name}")
    started = shown.get("ExecMainStartTimestamp", "")
    if "ActiveState" not in shown:
        raise ValueError(f"systemd does not say whether {name} is active")
    return {
        "active": shown["ActiveState"],
        "sub": shown.get("SubState", ""),
        "enabled": shown.get("UnitFileState", "") in STARTS_AT_BOOT,
        "main_pid": main_pid,
        "invocation": shown.get("InvocationID", ""),
        "started_at": _epoch(started, name) if main_pid and started else None,
        "restarts": integer(shown.get("NRestarts") or "0", f"the restarts of {name}"),
    }


def _epoch(text: str, unit: str) -> float:
    """Turn systemd's `Fri 2026-11-20 11:17:53 UTC` into seconds since the epoch."""
    try:
        return datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"the start time of {unit} is no time: {excerpt(text)}") from None


FACT = HostFact("host.units", commands, parse)
