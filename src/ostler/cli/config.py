"""`ostler config`: what configuration files say, and what another release makes of them. Only `migrate --out` writes a
file, a new one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from ostler.cli.progress import reading
from ostler.cli.where import CloudFile, load_cloud
from ostler.cli.writing import write_whole
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.configuration.file import ConfigFile

app = typer.Typer(no_args_is_help=True, help="Configuration files: compare, judge, carry over to another release.")

FINDINGS = 1
ENCODING, AS_THEY_ARE = "utf-8", "surrogateescape"

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]
ProjectName = Annotated[str, typer.Option("--project", help="The project whose files they are, such as nova.")]
From = Annotated[str, typer.Option("--from", metavar="RELEASE", help="The release the files are for.")]
To = Annotated[str, typer.Option("--to", metavar="RELEASE", help="The release to go to.")]


@app.command()
def diff(
    project: ProjectName,
    source: From,
    target: To,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="Your own files.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which options are new, gone, renamed, moved, or have another default; those that your files set first.

    Example:  ostler config diff --project nova --from 2023.1 --to 2025.1 /etc/nova/nova.conf
    """
    from ostler.catalog.config_known import load_config_known
    from ostler.catalog.options import load_options
    from ostler.configuration.difference import difference
    from ostler.configuration.succession import Succession
    from ostler.reporting.config_text import difference_json, difference_text

    succession = Succession(load_options(project), source, target)
    changes = difference(succession, _read_all(files or []), load_config_known())
    if as_json:
        document = difference_json(changes, **{"project": project, "from": source, "to": target})
        typer.echo(json.dumps(document, indent=1))
    else:
        typer.echo(difference_text(changes, bool(files)), nl=False)


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files that the project's services read.")],
    project: Annotated[
        str | None, typer.Option("--project", help="The project whose files they are; else as they tell.")
    ] = None,
    release: Annotated[
        str | None, typer.Option("--release", help="The release that reads them; else that of the cloud file.")
    ] = None,
    cloud: CloudFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in files: unknown and old options, wrong groups, values of a wrong type.

    Ends with 0 when nothing was found, with 1 otherwise (notes alone count as nothing).

    Files tell their project by their name (nova.conf), their folder (/etc/nova), or options that no other has.

    Example:  ostler config lint --project nova --release 2025.1 /etc/nova/nova.conf
    """
    from ostler.catalog.config_known import load_config_known
    from ostler.catalog.options import load_options
    from ostler.configuration.belonging import project_of
    from ostler.configuration.lint import lint as judge
    from ostler.errors import Severity
    from ostler.reporting.findings import findings_json, findings_text

    at = release or load_cloud(cloud).release
    read, known = _read_all(files), load_config_known()
    project = project or project_of(read, at)
    if project is None:
        raise TyperException("Missing option '--project': the files do not tell whose they are")
    options = load_options(project)
    findings = [
        finding
        for name, file in read.items()
        for finding in judge(name, file, options, at, known, [each for each in read.values() if each is not file])
    ]
    if as_json:
        typer.echo(json.dumps(findings_json(findings, project=project, release=at), indent=1))
    else:
        typer.echo(findings_text(findings), nl=False)
    if any(finding.severity is not Severity.NOTE for finding in findings):
        raise typer.Exit(FINDINGS)


@app.command()
def migrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A configuration file, or a policy file in JSON.")],
    project: ProjectName,
    source: From,
    target: To,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the new file here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Carry a file over to a later release: change what must change, explain it, and ask what only you can decide.

    Everything else stays byte for byte. Without --out nothing is written. Ends with 1 when something is to be decided.

    Example:  ostler config migrate --project nova --from 2023.1 --to 2025.1 nova.conf --out nova.conf.new
    """
    from ostler.catalog.config_known import load_config_known
    from ostler.catalog.options import load_options
    from ostler.configuration import migration
    from ostler.configuration.draft import Told
    from ostler.configuration.edits import masked_difference
    from ostler.configuration.succession import Succession
    from ostler.reporting.config_text import migration_json, migration_text

    if out is not None and out.exists():
        raise InputError(
            "config.out-exists", f"{out} is there already, and is not overwritten", do_next="choose another --out"
        )
    known, text, name = load_config_known(), _read(file), str(file)
    if migration.is_text_only(project, known):
        carried = migration.migrate_text(text, project, known)
        shown = masked_difference(text, carried.text, name)
    else:
        succession = Succession(load_options(project), source, target)
        carried = migration.migrate(name, text, succession, known)
        shown = masked_difference(text, carried.text, name, succession.is_secret)
    if out is not None:
        _write(out, carried.text, file.stat().st_mode & 0o777)
    if as_json:
        about = {"project": project, "from": source, "to": target, "file": name, "out": str(out) if out else None}
        typer.echo(json.dumps(migration_json(carried, shown, **about), indent=1))
    else:
        typer.echo(migration_text(name, carried, shown), nl=False)
        print(f"written as {out}" if out else "nothing was written; --out FILE writes it", file=sys.stderr)
    if carried.of(Told.DECIDE):
        raise typer.Exit(FINDINGS)


@app.command()
def connections(cloud: CloudFile = None, as_json: AsJson = False) -> None:
    """Show every database and message bus that files on the cloud's hosts name, who uses it, whether it answers.

    Each host asks the servers itself, without logging in; passwords never leave it. Ends with 0 when all answer, with 1
    otherwise.

    Example:  ostler config connections --json
    """
    import time

    from ostler.execution.connecting import connected
    from ostler.execution.reading import read_snapshot
    from ostler.facts.model import wanted
    from ostler.reporting.connections import connections_json, connections_of, connections_text

    known = load_cloud(cloud)
    with connected(known) as (transport, api), reading(known, as_json=as_json):
        requests = [wanted("host.connections", host) for host in known.hosts]
        found = connections_of(read_snapshot(known, transport, api, requests, time.time))
    if as_json:
        typer.echo(json.dumps(connections_json(found, known.name), indent=1))
    else:
        typer.echo(connections_text(found), nl=False)
    if not found.is_fine:
        raise typer.Exit(FINDINGS)


def _read_all(paths: list[Path]) -> dict[str, ConfigFile]:
    from ostler.configuration.file import parse_config

    return {str(path): parse_config(_read(path)) for path in paths}


def _read(path: Path) -> str:
    """The text of a file with its line ends; bytes that are no text go out as they came in."""
    try:
        return path.read_bytes().decode(ENCODING, AS_THEY_ARE)
    except OSError as error:
        raise InputError(
            "config.cannot-read", f"{path} cannot be read: {error.strerror}", do_next="name a file that you may read"
        ) from None


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file for those who may read the old one."""
    try:
        write_whole(path, text.encode(ENCODING, AS_THEY_ARE), mode)
    except OSError as error:
        raise InputError(
            "config.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="choose another --out"
        ) from None
