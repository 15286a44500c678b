"""What every plan-making command shares: reading the cloud, presenting the plan, saving it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.progress import reading
from ostler.cli.writing import write_whole
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud
    from ostler.facts.model import FactRequest, Snapshot
    from ostler.planning.model import Plan
    from ostler.planning.rehearsed import Rehearsal

Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, for `ostler apply FILE`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Every step of every host, with why, undo, and what it changes in files."),
]


def read_cloud(cloud: Cloud, requests: Iterable[FactRequest], *, as_json: bool) -> Snapshot:
    """Read facts of a cloud, over one connection per host. Raises InputError without credentials: what the APIs do not
    tell would only be missing from the plan."""
    from ostler.execution.connecting import connected, demand_api
    from ostler.execution.reading import read_snapshot

    demand_api(cloud)
    with connected(cloud) as (transport, api), reading(cloud, as_json=as_json):
        return read_snapshot(cloud, transport, api, list(requests), time.time)


def present(plan: Plan, out: Path | None, as_json: bool, verbose: bool) -> None:
    """Print a plan and save it. Exits with 3 when the plan may not be carried out."""
    from ostler.planning.model import plan_to_json
    from ostler.reporting.plan_text import plan_text

    text = plan_to_json(plan)
    if out is not None:
        save(out, text)
    if as_json:
        sys.stdout.write(text)
    else:
        sys.stdout.write(plan_text(plan, verbose=verbose))
        if out is not None and plan.is_applyable:
            print(f"saved as {out}; carry it out with: ostler apply {out}")
        elif plan.is_applyable:
            print("save it with --out FILE to carry it out")
        elif out is not None:
            print(f"saved as {out}, to be read only")
    if not plan.is_applyable:
        raise typer.Exit(3)


def save(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises InputError when it cannot be written."""
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            "plan.cannot-save",
            f"the plan could not be written to {path}: {error.strerror}",
            do_next="choose another --out",
        ) from None


def load_plan(path: Path) -> Plan:
    """Read a plan file. Raises InputError for one that is missing, damaged, edited, or of another format."""
    from ostler.planning.model import plan_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(
            "plan.cannot-read", f"the plan file {path} cannot be read: {reason}", do_next="make one with --out FILE"
        ) from None
    return plan_from_json(text)


def load_rehearsals(path: Path) -> tuple[Rehearsal, ...]:
    """Read a rehearsal file. Raises InputError for one that is missing, damaged, or of another format."""
    from ostler.reporting.rehearsal_reading import rehearsals_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(
            "rehearsal.cannot-read",
            f"the rehearsal file {path} cannot be read: {reason}",
            do_next="make one: ostler rehearse --to RELEASE --live --report FILE",
        ) from None
    return rehearsals_from_json(text, str(path))


def plan_schema() -> str:
    """The JSON Schema of plan files, as published in docs/schemas/plan.json."""
    from ostler.planning.model import PLAN_ADAPTER

    schema = PLAN_ADAPTER.json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Ostler plan"
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"
