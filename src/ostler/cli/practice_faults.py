"""`ostler practice break`, `mend` and `faults`: breaking a practice cloud on purpose."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli.practice_cloud import DEFAULT_NAME, AsJson, Name, layout_of, reporter, say

if TYPE_CHECKING:
    from ostler.practice.faults.fault import Fault
    from ostler.practice.faults.making import Workshop
    from ostler.practice.faults.record import Made


def register(app: typer.Typer) -> None:
    """Add the commands to `ostler practice`."""
    app.command("break")(break_cloud)
    app.command("mend")(mend)
    app.command("faults")(list_faults)


def break_cloud(
    fault: Annotated[str, typer.Argument(metavar="FAULT", help="A fault, see `ostler practice faults`.")],
    host: Annotated[
        str | None, typer.Argument(metavar="HOST", help="Where; left out: where it is made by default.")
    ] = None,
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
) -> None:
    """Break something on a practice cloud, for real, and see that it is broken.

    What was there before is put on record first, so that `ostler practice mend` can undo it, also when this is killed.

    Examples:  ostler practice break nova-compute-hung cmp1
               ostler practice break endpoint-wrong --name trial
    """
    from ostler.practice.faults.registry import find
    from ostler.practice.infrastructure import vip_holders
    from ostler.practice.machine import demand_machine
    from ostler.practice.reach import PracticeReach
    from ostler.practice.state import alone

    chosen, started = find(fault), time.monotonic()
    workshop = _workshop(name, as_json)
    demand_machine()
    layout = workshop.layout
    with alone(layout):
        made = workshop.make(chosen, host, lambda: vip_holders(layout, PracticeReach(layout)))
    places = [each.place for each in made]
    say(
        as_json,
        {"cloud": name, "fault": chosen.name, "places": places, "seconds": round(time.monotonic() - started, 1)},
        f"{chosen.name} is made on {', '.join(places)}: {chosen.does}.\n"
        f"  Users see: {chosen.users_see}.\n"
        f"  Mend it:   ostler practice mend {chosen.name}{'' if name == DEFAULT_NAME else f' --name {name}'}",
    )


def mend(
    fault: Annotated[str | None, typer.Argument(metavar="FAULT", help="A fault that was made.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that was broken, the last one first.")] = False,
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
) -> None:
    """Undo what `ostler practice break` did, from what was put on record, and see that the fault is gone.

    Name a fault, or give --all.

    Examples:  ostler practice mend nova-compute-hung
               ostler practice mend --all
    """
    from ostler.errors import InputError
    from ostler.practice.machine import demand_machine
    from ostler.practice.state import alone

    if fault and every:
        raise InputError("practice.fault-and-all", "a fault and --all were both given", do_next="give one of them")
    workshop, started = _workshop(name, as_json), time.monotonic()
    demand_machine()
    with alone(workshop.layout):
        made = workshop.chosen(fault, every=every)
        workshop.mend(made)
    say(
        as_json,
        {
            "cloud": name,
            "mended": [{"fault": each.fault, "place": each.place} for each in made],
            "seconds": round(time.monotonic() - started, 1),
        },
        f"Practice cloud {name} has {'no fault' if every or not workshop.record.all() else 'other faults still'}.",
    )


def list_faults(
    made: Annotated[bool, typer.Option("--made", help="Only those that a practice cloud has now.")] = False,
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
) -> None:
    """List what can be broken on purpose: name, what it does, where it can be done, what users see.

    `ostler practice break` makes one, `ostler practice mend` undoes it.

    Examples:  ostler practice faults
               ostler practice faults --made --name trial
    """
    from ostler.practice.faults.record import FaultRecord
    from ostler.practice.faults.registry import FAMILIES

    on_record = FaultRecord(layout_of(name)).all() if made else []
    families = {family: [_row(fault, on_record) for fault in faults] for family, faults in FAMILIES.items()}
    if made:
        families = {family: [row for row in rows if row["made"]] for family, rows in families.items()}
    rows = [{"family": family, **row} for family, rows in families.items() for row in rows]
    say(as_json, rows, _render(families) or f"Nothing is broken on purpose on practice cloud {name}.")


def _workshop(name: str, as_json: bool) -> Workshop:
    from ostler.practice.faults.making import Workshop
    from ostler.practice.reach import PracticeReach

    layout = layout_of(name)
    return Workshop(layout, PracticeReach(layout), reporter(as_json, time.monotonic()), lambda: datetime.now(UTC))


def _row(fault: Fault, on_record: Sequence[Made]) -> dict[str, Any]:
    return {
        "name": fault.name,
        "does": fault.does,
        "where": fault.where(),
        "users_see": fault.users_see,
        "needs": fault.needs,
        "made": [
            {"place": each.place, "since": each.since.isoformat(), "is_seen": each.is_seen}
            for each in on_record
            if each.fault == fault.name
        ],
    }


def _render(families: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    lines: list[str] = []
    for family, rows in families.items():
        lines += ["", family] if rows else []
        for row in rows:
            lines += [f"  {row['name']}", f"    does   {row['does']}", f"    where  {row['where']}"]
            lines.append(f"    users  {row['users_see']}")
            lines += [f"    needs  {row['needs']}"] if row["needs"] else []
            for each in row["made"]:
                doubt = "" if each["is_seen"] else " (begun, not seen)"
                lines.append(f"    MADE   on {each['place']} since {each['since']}{doubt}")
    return "\n".join(lines[1:])
