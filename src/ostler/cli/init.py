"""`ostler init`: write a cloud file for an existing cloud, from an inventory or from answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud, Host, Role

FromKolla = Annotated[Path | None, typer.Option("--from-kolla", metavar="FILE", help="Kolla-Ansible's inventory.")]
FromOsa = Annotated[Path | None, typer.Option("--from-osa", metavar="FILE", help="OpenStack-Ansible's JSON inventory.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The cloud file to write.")]
Release = Annotated[str | None, typer.Option("--release", help='The release the cloud is at, such as "2024.1".')]
Vip = Annotated[str | None, typer.Option("--vip", help="The address clients use; empty for no load balancer.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    from_kolla: FromKolla = None,
    from_osa: FromOsa = None,
    out: Out = Path("cloud.yaml"),
    name: Annotated[str | None, typer.Option("--name", help="What to call the cloud.")] = None,
    release: Release = None,
    vip: Vip = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
) -> None:
    """Write a cloud file for an existing cloud; what is not given is asked for.

    A file that is there already is left as it is, unless --force is given.

    Examples:  ostler init
               ostler init --from-kolla multinode --release 2024.1 --vip 10.0.0.250
               ostler init --from-osa /etc/openstack_deploy/openstack_inventory.json --release 2025.1
    """
    from ostler.catalog import load_catalog
    from ostler.cloud.file import write_cloud_file

    if from_kolla and from_osa:
        raise InputError(
            "init.two-inventories", "give one inventory, not two", do_next="use --from-kolla or --from-osa"
        )
    if out.exists() and not force:
        raise InputError(
            "cloud.file-exists",
            f"there is a file {out} already; it was not changed",
            do_next="choose another name with --out, or replace it with --force",
        )
    name = name or _ask("Name of the cloud", "--name", default=out.stem if out.stem != "cloud" else "mycloud")
    release = release or _ask("Release it is at", "--release")
    load_catalog().release_of_cloud(release)
    cloud = _cloud(from_kolla, from_osa, name, release, vip)
    write_cloud_file(cloud, out, force=force)
    _tell(cloud, out, as_json)


def _cloud(from_kolla: Path | None, from_osa: Path | None, name: str, release: str, vip: str | None) -> Cloud:
    if from_osa:
        from ostler.cloud.openstack_ansible import cloud_from_osa

        return cloud_from_osa(from_osa, name=name, release=release, vip=vip)
    if vip is None:
        vip = _ask("Address clients use (VIP; empty: none)", "--vip", default="")
    if from_kolla:
        from ostler.cloud.kolla import cloud_from_kolla

        return cloud_from_kolla(from_kolla, name=name, release=release, vip=vip or None)
    return _answered(name, release, vip)


def _answered(name: str, release: str, vip: str) -> Cloud:
    """The cloud that answers describe: all infrastructure on the controllers."""
    from ostler.cloud.model import DEPLOYMENT_KINDS, Access, Api, Cloud, Databases, LoadBalancer, Messaging

    kinds = ", ".join(DEPLOYMENT_KINDS)
    deployment = _ask(f"How software gets onto hosts ({kinds})", "--from-kolla or --from-osa", default="venv")
    controllers = _hosts("Controllers, as ctl1=10.0.0.11 ctl2=10.0.0.12", "controller")
    computes = _hosts("Computes, as cmp1=10.0.0.21 (empty: none)", "compute", default="")
    names = tuple(host.name for host in controllers)
    return Cloud(
        name=name,
        release=release,
        deployment=deployment,  # type: ignore[arg-type]  # checked when the file is written
        hosts={host.name: host for host in (*controllers, *computes)},
        access=Access(user=_ask("User to log in as", "--from-kolla or --from-osa", default="root")),
        api=Api(
            Path(_ask("clouds.yaml with the administrator's credentials", "", default="./clouds.yaml")).absolute(),
            _ask("Its entry", "", default=name),
        ),
        load_balancer=LoadBalancer(names, vip) if vip else None,
        databases=Databases(names, is_galera=len(names) > 1),
        messaging=Messaging(names),
    )


def _hosts(question: str, role: Role, default: str | None = None) -> list[Host]:
    from ostler.cloud.model import Host

    hosts = []
    for word in _ask(question, "--from-kolla or --from-osa", default=default).replace(",", " ").split():
        name, equals, address = word.partition("=")
        hosts.append(Host(name, address if equals else name, (role,)))
    return hosts


def _has_terminal() -> bool:
    return sys.stdin.isatty()


def _ask(question: str, option: str, default: str | None = None) -> str:
    """The answer to a question. Raises InputError when there is no terminal to ask at and no option given."""
    if not _has_terminal():
        if default is not None:
            return default
        raise InputError("init.cannot-ask", f"there is no terminal to ask: {question}", do_next=f"give {option}")
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()


def _tell(cloud: Cloud, out: Path, as_json: bool) -> None:
    hosts = {host.name: {"address": host.address, "roles": list(host.roles)} for host in cloud.hosts.values()}
    if as_json:
        typer.echo(
            json.dumps({"file": str(out), "name": cloud.name, "release": cloud.release, "hosts": hosts}, indent=2)
        )
        return
    typer.echo(f"Wrote {out}: cloud {cloud.name}, {cloud.release}, {cloud.deployment}.")
    for host in cloud.hosts.values():
        typer.echo(f"  {host.name:<20} {host.address:<16} {', '.join(host.roles)}")
    typer.echo("Look it through, then: ostler status")
