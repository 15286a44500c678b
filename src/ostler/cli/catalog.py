"""`ostler catalog`: show what Ostler knows about OpenStack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli.harvest import harvest

if TYPE_CHECKING:
    from rich.table import Table

    from ostler.catalog import Project

app = typer.Typer(no_args_is_help=True, help="What Ostler knows about OpenStack.")

app.command("harvest")(harvest)

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]


@app.command()
def releases(as_json: AsJson = False) -> None:
    """List the releases, and the hops that leave each.

    Example:  ostler catalog releases
    """
    from ostler.catalog import load_catalog

    catalog = load_catalog()
    rows = [
        {
            "id": release.id,
            "series": release.series,
            "released": release.released,
            "status": release.status,
            "is_slurp": release.is_slurp,
            "pythons": list(release.pythons),
            "distributions": list(release.distributions),
            "hops_to": [hop.target.id for hop in catalog.hops_from(release.id)],
        }
        for release in catalog.releases.all
    ]
    table = _table("release", "series", "released", "status", "SLURP", "can go to")
    for row in rows:
        slurp = "yes" if row["is_slurp"] else ""
        table.add_row(
            _text(row["id"]), _text(row["series"]), _text(row["released"]), _text(row["status"]), slurp,
            _text(row["hops_to"]),
        )  # fmt: skip
    _show(rows, as_json, table)


@app.command()
def hops(
    release: Annotated[str, typer.Argument(help="Where to start from, such as 2024.1.")], as_json: AsJson = False
) -> None:
    """List the hops that leave a release, and what is known about each.

    Example:  ostler catalog hops 2024.1
    """
    from rich.console import Group

    from ostler.catalog import load_catalog

    catalog = load_catalog()
    rows: list[dict[str, Any]] = []
    table = _table("from", "to", "kind", "tried in service", "databases that change")
    for hop in catalog.hops_from(release):
        changes = sorted(
            {change.database for p in catalog.projects for change in p.schema_changes(hop.source.id, hop.target.id)}
        )
        rolling = hop.rolling
        rows.append(
            {
                "source": hop.source.id,
                "target": hop.target.id,
                "kind": hop.kind,
                "databases_changed": changes,
                "is_tried": bool(rolling and rolling.is_tried),
                "note": rolling.note if rolling else "",
            }
        )
        tried = "yes" if rolling and rolling.is_tried else "no"
        table.add_row(hop.source.id, hop.target.id, hop.kind, tried, ", ".join(changes))
    notes = [f"{row['source']} → {row['target']}: {row['note']}" for row in rows if row["note"]]
    _show(rows, as_json, Group(table, *notes))


@app.command()
def project(
    name: Annotated[str, typer.Argument(help="A project, such as nova.")],
    release: Annotated[str | None, typer.Option("--release", help="A release; the newest known otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a project in one release: version, services, databases, commands.

    Example:  ostler catalog project nova --release 2025.1
    """
    from rich.console import Group

    from ostler.catalog import load_catalog

    found = load_catalog().project(name)
    at = release or found.releases[-1]
    document = _project(found, at)
    services = _table("service", "role", "kind", "port", "started by", title=f"{name} {at}: {found.version(at)}")
    for row in document["services"]:
        words = (row[key] for key in ("name", "role", "kind", "port", "entry_point"))
        services.add_row(*(_text(word) for word in words))
    databases = _table("database", "rows of its version table")
    for row in document["databases"]:
        databases.add_row(row["name"], _text(row["version_rows"]))
    commands = _table("for", "command")
    for row in document["commands"]:
        commands.add_row(row["for"], row["command"])
    _show(document, as_json, Group(services, databases, commands))


def _project(found: Project, release: str) -> dict[str, Any]:
    check, online = found.status_check(release), found.online_migration(release)
    commands = [("status check", check)] if check else []
    named = [(phase.name, phase) for phase in found.schema_phases(release)]
    rows = [*commands, *named, *([("online data migrations", online)] if online else [])]
    return {
        "name": found.name,
        "release": release,
        "version": found.version(release),
        "package": found.package,
        "services": [
            {
                "name": service.name,
                "role": service.role,
                "kind": service.kind,
                "entry_point": found.entry_point(service.name, release).target,
                "unit": service.unit,
                "port": service.api.port if service.api else None,
                "is_optional": service.is_optional,
            }
            for service in found.services(release, optional=True)
        ],
        "databases": [
            {"name": database.name, "version_rows": sorted(found.version_rows(database.name, release))}
            for database in found.databases
        ],
        "commands": [{"for": use, "command": " ".join(command.argv), "code": command.code} for use, command in rows],
    }


def _table(*columns: str, title: str | None = None) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(*columns, title=title, box=SIMPLE_HEAD, title_justify="left")
    for column in table.columns[:-1]:
        column.no_wrap = True
    return table


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _show(document: object, as_json: bool, picture: Any) -> None:
    from rich.console import Console

    if as_json:
        typer.echo(json.dumps(document, indent=2))
    else:
        Console().print(picture)
