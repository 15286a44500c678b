"""`ostler rehearse`: try the migrations of an upgrade on a copy of the databases first."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.cli.where import CloudFile, load_cloud
from ostler.cli.writing import write_whole
from ostler.errors import InputError, Refused

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud
    from ostler.planning.rehearsed import ServerThere
    from ostler.rehearsal.standing import Said

FINDINGS = 1
PAGES = (".html", ".htm")
Dumps = tuple[tuple[str | None, Path], ...]
"""Files, each with the name of its database (None: as the file says)."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("rehearse")(rehearse)


def rehearse(
    to: Annotated[str, typer.Option("--to", metavar="RELEASE", help="The release to go to.")],
    dump: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]FILE", help="A dump (plain, gz, zst) of one database or of all; again for each."),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Make the dump on the cloud now, and fetch it.")] = False,
    cloud: CloudFile = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RELEASE",
            help="The release of the dumps, where schemas do not tell; with --live, that of the cloud file.",
        ),
    ] = None,
    projects: Annotated[
        str | None, typer.Option("--projects", metavar="NAME,NAME", help="Only these; else all there are dumps of.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write a page (.html), else JSON, to this file, too."),
    ] = None,
    try_fixes: Annotated[
        bool, typer.Option("--try-fixes", help="Make fixes the catalog knows on the copy, and go on.")
    ] = False,
    compare_schemas: Annotated[
        bool, typer.Option("--compare-schemas", help="In the end, compare every schema with that of a fresh install.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the copy there when the rehearsal ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
) -> None:
    """Run the real migrations of every hop on a copy of the databases: what would fail, how long it takes.

    The copy lies in a place of its own without a network: nothing in it can reach a server of yours. Nothing of it
    is left when the rehearsal ends. One that was killed or stopped goes on where it was when the same command is
    given again. Needs root. Ends with 0 when every project came through, with 1 otherwise.

    With --live, or a cloud that --cloud names, times are told as they would be on the cloud, too.

    Dumps may be of any release from Ocata on. Before 2023.1 the way goes by every release; in Stein placement is taken
    out of nova's database.

    Examples:  ostler rehearse --to 2026.1 --dump nova.sql.gz --dump nova_api.sql.gz --dump nova_cell0.sql.gz
               ostler rehearse --to rocky --dump cinder=ocata-backup.sql.zst
               ostler rehearse --to 2025.1 --live --report rehearsal.html
    """
    from ostler.catalog import load_catalog
    from ostler.environments.unpacked import UnpackedStore
    from ostler.practice.images import HOST_IMAGE, ensure_image
    from ostler.practice.layout import cache_dir, state_root
    from ostler.practice.openstack.archives import ensure_way, old_interpreters
    from ostler.rehearsal.rehearse import Stage, Wish, demand_known
    from ostler.rehearsal.rehearse import rehearse as carry_out
    from ostler.rehearsal.standing import Said
    from ostler.reporting.rehearsal_document import rehearsal_json
    from ostler.reporting.rehearsal_html import rehearsal_to_html
    from ostler.reporting.rehearsal_text import rehearsal_text

    if os.geteuid() != 0:
        raise Refused(
            "rehearsal.needs-root",
            "a place of its own for the copy can only be made by root",
            do_next="run the same command as root",
        )
    if bool(dump) == live:
        raise InputError(
            "rehearsal.dumps-or-live",
            "a rehearsal is with dumps, or with one that is made now: one of both",
            do_next="give --dump FILE for each dump, or --live",
        )
    if report is not None and not report.parent.is_dir():
        raise _cannot_write(report, "there is no such folder")
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f}  {line}", file=sys.stderr, flush=True)

    stage = Stage(
        image=lambda: ensure_image(cache_dir() / "images", HOST_IMAGE, tell),
        interpreters=lambda: tuple(found.prefix for found in old_interpreters(cache_dir())),
        archives=lambda needed: ensure_way(cache_dir(), needed, datetime.now(UTC), tell),
        folder=state_root() / "rehearsals",
        unpacked=UnpackedStore(cache_dir() / "unpacked"),
        report=tell,
    )
    chosen = tuple(name.strip() for name in projects.split(",")) if projects else ()
    catalog = load_catalog()
    known = load_cloud(cloud) if live or cloud is not None else None
    living = known if live else None
    said = Said(source) if source else _said_by(living) if living else None
    demand_known(catalog, to, said, chosen)
    there = _server_there(known, tell) if known else None
    given = tuple(_named(each) for each in dump or ())
    with _made_now(living, stage.folder, (to, *chosen), tell) if living else nullcontext(given) as dumps:
        wish = Wish(dumps, to, said, chosen, keep, try_fixes, compare_schemas)
        result = replace(carry_out(catalog, wish, stage), there=there)
        document = json.dumps(rehearsal_json(result), indent=1)
        typer.echo(document if as_json else rehearsal_text(result), nl=as_json)
        if report is not None:
            _write(report, rehearsal_to_html(result) if report.suffix in PAGES else document + "\n")
    if not result.is_fine:
        raise typer.Exit(FINDINGS)


def _said_by(cloud: Cloud) -> Said:
    """The release that the cloud file names, for where schemas do not tell."""
    from ostler.rehearsal.standing import Said

    do_next = "set `release` in the cloud file to the one that the cloud is at, or say it with --from"
    return Said(cloud.release, "the cloud file", do_next)


def _server_there(cloud: Cloud, tell: Callable[[str], None]) -> ServerThere:
    """How fast the cloud's databases are, by what a plan asks them, too; it is told when that cannot be measured."""
    from ostler.execution.connecting import connect_hosts
    from ostler.execution.reading import read_facts
    from ostler.facts.model import Unknown, wanted
    from ostler.facts.speed import Speed
    from ostler.planning.rehearsed import ServerThere

    asked = wanted("databases.speed")
    with closing(connect_hosts(cloud)) as transport:
        found = read_facts(cloud, transport, None, [asked])[asked]
    if isinstance(found, Unknown):
        tell(f"how fast the databases of {cloud.name} are could not be measured: {found.reason}")
        return ServerThere(cloud.name, None, found.reason)
    return ServerThere(cloud.name, Speed(**found))


@contextmanager
def _made_now(cloud: Cloud, below: Path, about: Sequence[str], tell: Callable[[str], None]) -> Iterator[Dumps]:
    """A dump of the living cloud, made now, in a folder of its own that goes with it."""
    from ostler.execution.connecting import connected
    from ostler.execution.live_dump import live_dump
    from ostler.execution.reading import read_facts
    from ostler.rehearsal.journal import kept_while_stopped, locked

    name = hashlib.sha256("\n".join([cloud.name, *about]).encode()).hexdigest()[:16]
    folder = below / f"live-{name}"
    with locked(folder), kept_while_stopped(folder, tell):
        with connected(cloud) as (transport, api):
            made = live_dump(cloud, transport, lambda asked: read_facts(cloud, transport, api, asked), folder, tell)
        yield ((None, made),)


def _named(dump: str) -> tuple[str | None, Path]:
    """NAME=FILE, or a file alone; one that is there is a file, whatever its name."""
    name, sign, file = dump.partition("=")
    if sign and not Path(dump).exists():
        return name, Path(file)
    return None, Path(dump)


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise _cannot_write(path, str(error.strerror)) from None


def _cannot_write(path: Path, reason: str) -> InputError:
    return InputError(
        "rehearsal.cannot-write", f"{path} cannot be written: {reason}", do_next="choose another --report"
    )
