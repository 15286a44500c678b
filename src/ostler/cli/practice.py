"""`ostler practice`: build, use, disturb and remove practice clouds."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli import practice_faults
from ostler.cli.practice_cloud import DEFAULT_NAME, AsJson, Name, layout_of, reporter, say

if TYPE_CHECKING:
    from ostler.practice.layout import Layout
    from ostler.practice.status import CloudStatus

app = typer.Typer(no_args_is_help=True, help="A real OpenStack on this machine, to rehearse on.")
power = typer.Typer(no_args_is_help=True, help="Switch practice hosts on and off, gently or not.")
app.add_typer(power, name="power")
practice_faults.register(app)

HostNames = Annotated[list[str], typer.Argument(metavar="HOST", help="Hosts such as ctl1, or `all`.")]


@app.command()
def up(
    name: Name = DEFAULT_NAME,
    release: Annotated[str | None, typer.Option(help="OpenStack release; 2024.1 for a new cloud.")] = None,
    controllers: Annotated[int | None, typer.Option(help="How many; 3 for a new cloud.")] = None,
    computes: Annotated[int | None, typer.Option(help="How many; 2 for a new cloud.")] = None,
    spares: Annotated[
        int | None, typer.Option(help="Hosts that can become the control plane (`upgrade --strategy replace`); none.")
    ] = None,
    subnet: Annotated[str | None, typer.Option(help="A private /24; the next free of 10.77.N.0/24.")] = None,
    tls: Annotated[
        bool | None, typer.Option("--tls", help="Public addresses speak TLS, with a certificate of its own.")
    ] = None,
    openstack: Annotated[
        bool, typer.Option(help="With OpenStack; --no-openstack: hosts and infrastructure only.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Build a practice cloud, finish building it, or start what does not run.

    May be given again at any time, also after it was interrupted.

    Examples:  ostler practice up
               ostler practice up --name old --release 2023.1 --controllers 1 --computes 1
               ostler practice up --name trial --release 2023.1 --spares 3
    """
    from ostler.practice.asking import ask
    from ostler.practice.layout import cache_dir, state_root
    from ostler.practice.up import up as build

    started = time.monotonic()
    layout = ask(
        name, state_root(), cache_dir(),
        release=release, controllers=controllers, computes=computes, spares=spares, subnet=subnet, has_tls=tls,
    )  # fmt: skip
    build(layout, reporter(as_json, started), openstack=openstack)
    say(
        as_json,
        {**_summary(layout), "seconds": round(time.monotonic() - started, 1)},
        f"Practice cloud {layout.name} is up.\n"
        f"  cloud file  {layout.cloud_file}\n"
        + (f"  new hosts   {layout.onto_file}\n" if layout.spares else "")
        + f"  APIs        {layout.public_url('keystone')}/v3 and the other ports; credentials in {layout.clouds_yaml}",
    )


@app.command()
def down(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Remove a practice cloud and everything in it. Images and environments stay cached.

    Example:  ostler practice down --name old
    """
    from ostler.practice.down import down as take_down
    from ostler.practice.down import leftovers

    layout = layout_of(name)
    take_down(layout, reporter(as_json, time.monotonic()))
    left = leftovers(layout)
    say(as_json, {"name": name, "leftovers": left}, f"Practice cloud {name} is gone.")
    if left:
        say(False, {}, "\n".join(["These stayed behind:", *(f"  {item}" for item in left)]))
        raise typer.Exit(1)


@app.command("list")
def list_clouds(as_json: AsJson = False) -> None:
    """List the practice clouds of this machine.

    Example:  ostler practice list --json
    """
    from ostler.practice import open_runs
    from ostler.practice.faults.record import FaultRecord
    from ostler.practice.hosts import is_running
    from ostler.practice.layout import state_root
    from ostler.practice.state import State, known_names

    layouts = [layout_of(name) for name in known_names(state_root())]
    rows = [
        {
            **_summary(layout),
            "running": sum(is_running(layout, host) for host in layout.all_hosts),
            "is_half_removed": State(layout).is_being_removed(),
            "open_runs": open_runs.find(layout),
            "faults": [f"{each.fault} on {each.place}" for each in FaultRecord(layout).all()],
        }
        for layout in layouts
    ]
    lines = [_render_row(row) for row in rows]
    say(as_json, rows, "\n".join(lines) or "There is no practice cloud. Make one: ostler practice up")


@app.command()
def status(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Show how the hosts and the infrastructure on them are.

    Example:  ostler practice status --name old
    """
    from ostler.practice.reach import PracticeReach
    from ostler.practice.status import read_status

    layout = layout_of(name)
    found = read_status(layout, PracticeReach(layout))
    say(as_json, found.as_json(), _render_status(found))


@app.command("exec", context_settings={"ignore_unknown_options": True})
def execute(
    host: Annotated[str, typer.Argument(metavar="HOST", help="A host such as ctl1.")],
    command: Annotated[list[str], typer.Argument(metavar="-- CMD", help="The command and its arguments.")],
    name: Name = DEFAULT_NAME,
    as_json: AsJson = False,
) -> None:
    """Run a command on a host as root, over SSH, and end with its exit code.

    Example:  ostler practice exec ctl1 -- systemctl status mariadb
    """
    import subprocess

    from ostler.practice.reach import PracticeReach

    layout = layout_of(name)
    reach, target = PracticeReach(layout), layout.host(host)
    if not as_json:
        reach.demand_reachable(target)
        raise typer.Exit(subprocess.run(reach.command(target, command), check=False).returncode)
    result = reach.run(target, command, timeout_s=3600, check=False)
    document = {"exit_code": result.exit_code, "stdout": result.stdout, "stderr": result.stderr}
    say(True, document, "")
    raise typer.Exit(result.exit_code)


@app.command()
def shell(
    host: Annotated[str, typer.Argument(metavar="HOST", help="A host such as ctl1.")], name: Name = DEFAULT_NAME
) -> None:
    """Open a root shell on a host.

    Example:  ostler practice shell cmp1
    """
    import subprocess

    from ostler.practice.reach import PracticeReach

    layout = layout_of(name)
    reach, target = PracticeReach(layout), layout.host(host)
    reach.demand_reachable(target)
    command = reach.command(target, has_terminal=sys.stdin.isatty())
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@app.command()
def fill(
    name: Name = DEFAULT_NAME,
    rows: Annotated[int, typer.Option(min=0, help="Old records in each of four tables, as told above.")] = 0,
    ports: Annotated[int, typer.Option(min=0, help="Ports on a network of their own, as told above.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Fill a practice cloud: projects, users, images, networks, servers, volumes.

    What an interrupted fill left unfinished or in error is made again. --rows brings four tables (nova's instances and
    console_auth_tokens, cinder's volumes, glance's images) to that many records of things gone long ago: dumps and
    restores take longer then, and schema changes that rewrite a table; those that only add a column do not. --ports
    does the same to neutron's, which keeps nothing that is gone: the ports are there, down and without an address, and
    whoever lists all ports waits for them, as an upgrade does when it records what is there.

    Examples:  ostler practice fill --rows 100000
               ostler practice fill --rows 350000 --ports 300000
    """
    from ostler.practice.openstack.api import told_plainly
    from ostler.practice.openstack.fill import fill as fill_cloud
    from ostler.practice.reach import PracticeReach

    layout = layout_of(name)
    with told_plainly(layout):
        fill_cloud(layout, PracticeReach(layout), rows, ports, reporter(as_json, time.monotonic()))
    say(as_json, {"name": name, "rows": rows, "ports": ports}, f"Practice cloud {name} is filled.")


@app.command()
def verify(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Prove that a practice cloud works: servers, volumes, images, live and cold migration.

    Example:  ostler practice verify
    """
    from ostler.practice.openstack.api import told_plainly
    from ostler.practice.openstack.verify import verify as prove
    from ostler.practice.reach import PracticeReach

    layout = layout_of(name)
    with told_plainly(layout):
        checks = prove(layout, PracticeReach(layout), reporter(as_json, time.monotonic()))
    failed = [check.name for check in checks if not check.ok]
    verdict = f"does not work: {', '.join(failed)}" if failed else "works"
    document = {"name": name, "works": not failed, "checks": [check._asdict() for check in checks]}
    say(as_json, document, f"Practice cloud {name} {verdict}.")
    if failed:
        raise typer.Exit(1)


@power.command("on")
def power_on(hosts: HostNames, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Start hosts and wait until they are up.

    Example:  ostler practice power on all
    """
    _switch("on", hosts, name, as_json)


@power.command("off")
def power_off(hosts: HostNames, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Shut hosts down in order.

    Example:  ostler practice power off cmp1
    """
    _switch("off", hosts, name, as_json)


@power.command("cut")
def power_cut(hosts: HostNames, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Cut the power: every process of the hosts ends at once.

    Example:  ostler practice power cut ctl1 ctl2
    """
    _switch("cut", hosts, name, as_json)


@power.command("reset")
def power_reset(hosts: HostNames, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Cut the power and start the hosts again.

    Example:  ostler practice power reset ctl2
    """
    _switch("reset", hosts, name, as_json)


def _switch(action: str, names: list[str], cloud: str, as_json: bool) -> None:
    from ostler.practice.power import switch

    layout = layout_of(cloud)
    targets = layout.all_hosts if names == ["all"] else tuple(layout.host(name) for name in names)
    words = switch(layout, targets, action)
    say(as_json, words, "\n".join(f"{host}: {word}" for host, word in words.items()))


def _summary(layout: Layout) -> dict[str, Any]:
    from ostler.practice.cloud_file import release_now

    return {
        "name": layout.name,
        "release": release_now(layout),
        "subnet": layout.subnet,
        "vip": layout.vip,
        "cloud_file": str(layout.cloud_file),
        "hosts": {host.name: host.address for host in layout.all_hosts},
    }


def _render_row(row: Mapping[str, Any]) -> str:
    running = f"{row['running']} of {len(row['hosts'])} hosts run"
    runs = [f"run {run} has not ended" for run in row["open_runs"]]
    faults = [f"broken on purpose: {fault}" for fault in row["faults"]]
    removal = ["half removed"] if row["is_half_removed"] else []
    return f"{row['name']:<16} {row['release']:<8} {row['subnet']:<16} {', '.join([running, *runs, *faults, *removal])}"


def _render_status(found: CloudStatus) -> str:
    lines = [f"{found.name}: OpenStack {found.release}, {found.subnet}"]
    for host in found.hosts:
        failed = f"  failed: {', '.join(host.failed_units)}" if host.failed_units else ""
        lines.append(f"  {host.name:<6} {host.address:<13} {host.role:<11} {host.domain:<6} {host.system}{failed}")
    lines += [
        f"  VIP {found.vip}: {', '.join(found.vip_holders) or 'on no host'}",
        f"  Galera: {found.galera_size} nodes, synced: {', '.join(found.galera_synced) or 'none'}",
        f"  RabbitMQ: {', '.join(found.rabbitmq_running) or 'none'}",
    ]
    if found.faults:
        lines.append(f"  broken on purpose: {', '.join(found.faults)}")
    for backend, servers in found.backends.items():
        lines.append(f"  {backend}: {', '.join(f'{server} {word}' for server, word in servers.items())}")
    return "\n".join(lines)
