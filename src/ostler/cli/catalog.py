"""`ostler catalog`: show what Ostler knows about OpenStack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli.harvest import harvest

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="What Ostler knows about OpenStack.")

FAMILIES = ("debian", "ubuntu", "redhat")
"""Families of distributions whose units are shown."""

app.command("harvest")(harvest)

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]


@app.command()
def releases(
    release: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="Show this one alone, with all that is known of it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the releases, and the hops that leave each.

    Ostler plans upgrades between those marked so; of the others it knows facts.

    Examples:  ostler catalog releases
               ostler catalog releases 2025.1
    """
    from ostler.catalog import load_catalog
    from ostler.reporting.catalog_documents import release_documents

    rows = release_documents(load_catalog(), release)
    _show(rows, as_json, _release(rows[0]) if release else _releases(rows))


PLANNED = {
    "plans": "plans upgrades",
    "stopped": "plans upgrades with the services stopped",
    "facts": "knows facts, plans nothing",
}


def _planned(row: dict[str, Any]) -> str:
    """What Ostler does with a release or a hop, in one word."""
    return "plans" if row["is_planned"] else "stopped" if row["is_planned_stopped"] else "facts"


def _releases(rows: list[dict[str, Any]]) -> Table:
    table = _table("release", "series", "released", "status", "SLURP", "Ostler", "can go to")
    for row in rows:
        slurp, planned = "yes" if row["is_slurp"] else "", _planned(row)
        words = (row["id"], row["series"], row["released"], row["status"], slurp, planned, row["hops_to"])
        table.add_row(*(_text(word) for word in words))
    return table


def _release(row: dict[str, Any]) -> Table:
    coming, upgrades = row["next_phase"], _text(row["upgrade_distributions"])
    table = _table("release", f"{row['id']} ({row['series']})")
    for name, value in (
        ("released", row["released"]),
        ("status", row["status"] + (f", {coming['status']} from {coming['date']}" if coming else "")),
        ("ended", row["ended"] or "no"),
        ("SLURP", "yes" if row["is_slurp"] else "no"),
        ("Ostler", PLANNED[_planned(row)]),
        ("Python", row["pythons"]),
        ("tested on", _text(row["distributions"]) + (f"; for upgrades also {upgrades}" if upgrades else "")),
        ("can go to", row["hops_to"]),
        ("source", f"{row['source']['where']}, {row['source']['date']}"),
    ):
        table.add_row(name, _text(value) or ("none" if name == "can go to" else "not known"))
    return table


@app.command()
def hops(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="Where to start from, such as 2024.1 or ocata.")],
    to: Annotated[str | None, typer.Option("--to", help="Show the shortest way to this release instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the hops that leave a release, what is known about each, and what is known to stand in its way.

    With --to, the same for each hop of the shortest way to that release.

    Examples:  ostler catalog hops 2024.1
               ostler catalog hops pike --to rocky
    """
    from ostler.catalog import load_catalog
    from ostler.reporting.catalog_documents import hop_documents

    rows = hop_documents(load_catalog(), release, to)
    _show(rows, as_json, _hops(rows))


def _hops(rows: list[dict[str, Any]]) -> Group:
    from rich.console import Group
    from rich.text import Text

    table = _table("from", "to", "kind", "Ostler", "tried in service", "databases that change")
    for row in rows:
        planned, tried = _planned(row), "yes" if row["is_tried"] else "no"
        table.add_row(row["source"], row["target"], row["kind"], planned, tried, _text(row["databases_changed"]))
    notes = [Text(f"{row['source']} → {row['target']}: {row['note']}") for row in rows if row["note"]]
    known = {each["code"]: each for row in rows for each in row["blockers"]}
    blockers = _table("known on the way", "what it is")
    for each in sorted(known.values(), key=lambda each: str(each["kind"])):
        blockers.add_row(_text(each["code"]), _text(f"({each['kind']}) {each['title']}"))
    advice: list[Any] = [blockers, Text("more about each: ostler catalog explain CODE")] if known else []
    return Group(table, *notes, *advice)


@app.command()
def project(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A project, such as nova.")],
    release: Annotated[str | None, typer.Option("--release", help="A release; the newest known otherwise.")] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="A version instead of a release, as a package has it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a project in one release: version, services, databases, commands and what their exit codes mean.

    With --version, in the release that the version belongs to.

    Examples:  ostler catalog project nova --release 2025.1
               ostler catalog project horizon --version 18.3.5
    """
    from ostler.catalog import load_catalog
    from ostler.errors import InputError
    from ostler.reporting.catalog_documents import project_document

    if release and version:
        raise InputError(
            "catalog.release-and-version",
            "--release and --version say the same thing twice",
            do_next="give one of them",
        )
    document = project_document(load_catalog(), name, release, version)
    _show(document, as_json, _project(document))


def _project(document: dict[str, Any]) -> Group:
    from rich.console import Group
    from rich.text import Text

    ends = " – ".join(dict.fromkeys(v for v in (document["first_version"], document["version"]) if v))
    title = f"{document['name']} {document['release']}: {ends or 'its versions follow no release'}"
    place = f"{document['order']['place']} of {document['order']['of']} in the order of projects"
    after = f", after {_text(document['order']['after'])}" if document["order"]["after"] else ""
    before = f", before {_text(document['order']['before'])}" if document["order"]["before"] else ""
    parts: list[Any] = [Text(title), Text(f"{place}{after}{before}")]
    if not document["is_planned"]:
        stopped = "Ostler upgrades it in this release only with the services stopped"
        alone = "facts only: Ostler does not upgrade it in this release"
        parts.append(Text(stopped if document["is_planned_stopped"] else alone))
    tables = (_services(document), _units(document), _databases(document), _commands(document))
    parts += [table for table in tables if table.row_count]
    if document["between_releases"]:
        parts.append(_between(document["between_releases"]))
    return Group(*parts, *(Text(f"• {remark}") for remark in document["remarks"]))


def _services(document: dict[str, Any]) -> Table:
    table = _table("service", "role", "kind", "port", "started by")
    for row in document["services"]:
        words = (row["name"], row["role"], row["kind"], row["port"], row["entry_point"])
        table.add_row(*(_text(word) for word in words))
    return table


def _units(document: dict[str, Any]) -> Table:
    table = _table("unit of", "Debian, Ubuntu", "Red Hat")
    for row in document["services"]:
        if row["units"]:
            debian, ubuntu, redhat = ((row["units"][of] or "–").removesuffix(".service") for of in FAMILIES)
            table.add_row(row["name"], debian if debian == ubuntu else f"{debian}, {ubuntu}", redhat)
    return table


def _databases(document: dict[str, Any]) -> Table:
    table = _table("database", "table of versions", "its rows", "can start from")
    for row in document["databases"]:
        floor = row["starts_from"]
        start = f"{floor['revision']} ({floor['release']})" if floor else ""
        table.add_row(row["name"], row["version_table"], _text(row["version_rows"]), start)
    return table


def _commands(document: dict[str, Any]) -> Table:
    table = _table("for", "command", "exit codes")
    table.columns[1].no_wrap = False
    for row in document["commands"]:
        batch = f" [{row['batch_option']} N]" if row["batch_option"] else ""
        exits = ", ".join(
            f"{known['code']} {known['meaning']}{'?' if known['unless'] else ''}" for known in row["exits"]
        )
        table.add_row(_text(row["for"]), _text(row["command"] + batch), _text(exits))
    return table


def _between(facts: dict[str, Any]) -> Table:
    table = _table("between releases of nova", "")
    for key, value in facts.items():
        if key != "source" and value is not None:
            table.add_row(key.replace("_", " "), _text(value))
    return table


@app.command()
def infrastructure(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A component, such as rabbitmq; all otherwise.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what lies below OpenStack: which steps its versions can take, and what they demand.

    Example:  ostler catalog infrastructure rabbitmq
    """
    from rich.console import Group
    from rich.text import Text

    from ostler.catalog import load_catalog
    from ostler.reporting.catalog_documents import component_documents

    rows = component_documents(load_catalog(), name)
    lines = []
    for row in rows:
        lines.append(Text(row["name"], style="bold"))
        for known in row["versions"]:
            steps = [step for step in row["steps"] if step["source"] == known["version"]]
            onward = [step["target"] + (f" ({step['note']})" if step["note"] else "") for step in steps]
            word = " ".join(part for part in (known["version"], known["name"]) if part)
            lines.append(Text(f"  {word}{' → ' + _text(onward) if onward else ''}"))
        lines += [
            Text(f"  seen with {r['since']} to {r['until']}: {_text(r['versions'])} ({r['source']['where']})")
            for r in row["run_with"]
        ]
        if shipped := [f"{name} {version}" for name, version in row["shipped"].items()]:
            lines.append(Text(f"  comes with {_text(shipped)}"))
        lines += [Text(f"  • {d['text']}{'' if d['is_verified'] else ' (not verified)'}") for d in row["demands"]]
    _show(rows, as_json, Group(*lines))


@app.command()
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code, as it stands in [] behind a message.")],
    as_json: AsJson = False,
) -> None:
    """Explain a code: of a known blocker of upgrades, or of anything Ostler says.

    Example:  ostler catalog explain keystone.system-is-reserved
    """
    from ostler.catalog import load_catalog
    from ostler.reporting.explanation import explanation, explanation_text

    document = explanation(load_catalog(), code)
    typer.echo(json.dumps(document, indent=2) if as_json else explanation_text(document), nl=as_json)


def _table(*columns: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(*columns, box=SIMPLE_HEAD, title_justify="left")
    for column in table.columns[:-1]:
        column.no_wrap = True
    return table


def _text(value: object) -> str:
    """A value as a cell: rich takes what stands in brackets for markup, so brackets are escaped."""
    from rich.markup import escape

    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else escape(str(value))


def _show(document: object, as_json: bool, picture: Any) -> None:
    from rich.console import Console

    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        Console().print(picture)
