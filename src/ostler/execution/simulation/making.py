"""Making a simulated cloud, and finding one again in its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ostler.catalog import projects_of
from ostler.cloud.model import Api as ApiEntry
from ostler.cloud.model import Cloud, Databases, EnvironmentsStore, Host, LoadBalancer, Messaging
from ostler.execution.clock import Clock
from ostler.execution.cloud_lock import LOCK_PATH
from ostler.execution.simulation.archives import fill_store
from ostler.execution.simulation.content import fill
from ostler.execution.simulation.hosts import ON_CONTROLLERS, host_state, spare_state, units_of
from ostler.execution.simulation.software import blueprint
from ostler.remote.simulated import SimulatedCloud
from ostler.remote.simulated.machine import Machine, World
from ostler.remote.simulated.planes import KEEPALIVED
from ostler.remote.simulated.state import Aside, CloudState
from ostler.remote.simulated.systemd import systemctl

VIP = "10.77.0.250"
STATE, STORE = "simulated.json", "environments"
STARTED_BEFORE_S = 3600.0


@dataclass(frozen=True)
class Simulation:
    """A simulated cloud and how its operator describes it. ``clock`` is the simulated time: sleeping takes none."""

    cloud: Cloud
    simulated: SimulatedCloud

    @property
    def onto(self) -> Cloud:
        """How the operator describes the new control plane of a cloud with spare hosts."""
        return _described_spares(self.cloud)

    @property
    def clock(self) -> Clock:
        return Clock(self.simulated.now, self.simulated.now, self.simulated.sleep)


def three_plus_two(
    release: str = "2024.1",
    folder: Path | None = None,
    store: Sequence[str] = (),
    *,
    is_kept: bool = False,
    has_spares: bool = False,
) -> Simulation:
    """Make a cloud of three controllers and two computes in which everything runs.

    With a ``folder``, a store there gets the environments of the releases in ``store``; and when it ``is_kept``, the
    cloud is written to a file there after each change (see `open_simulation`). ``has_spares``: three more hosts have
    databases, brokers and load balancers of their own, and nothing of OpenStack.
    """
    cloud = _described(release, folder)
    software = blueprint(release)
    state = CloudState(
        release=release,
        hosts={host.name: host_state(cloud, host) for host in cloud.hosts.values()},
        database_hosts=cloud.databases.hosts,
        messaging_hosts=cloud.messaging.hosts,
        balancer_hosts=cloud.databases.hosts,
        vip=VIP,
        socket="/run/haproxy/admin.sock",
        unnoted=LOCK_PATH,
    )
    world = World(software, state)
    for project in projects_of(release):
        for database in project.databases:
            state.databases.schema[database.name] = dict(project.heads(database.name, release))
    _start_everything(world, cloud)
    fill(world, cloud)
    if has_spares:
        _add_spares(world, _described_spares(cloud))
    state.effects.clear()
    if folder and store:
        fill_store(folder / STORE, store)
    return Simulation(cloud, SimulatedCloud(software, state, folder / STATE if folder and is_kept else None))


def open_simulation(folder: Path, release: str = "2024.1") -> Simulation:
    """Return the simulated cloud that is kept in a folder; processes that do so share it.

    ``release`` is what its operator says it is at. Raises OSError when there is none.
    """
    return Simulation(_described(release, folder), SimulatedCloud.from_file(folder / STATE, blueprint(release)))


def _described(release: str, folder: Path | None) -> Cloud:
    controllers = [Host(f"ctl{n}", f"10.77.0.{10 + n}", ("controller",), f"rack{n}") for n in (1, 2, 3)]
    computes = [Host(f"cmp{n}", f"10.77.0.{20 + n}", ("compute",), f"rack{n}") for n in (1, 2)]
    names = tuple(host.name for host in controllers)
    where = folder or Path("/nonexistent")
    return Cloud(
        name="simulated",
        release=release,
        deployment="venv",
        hosts={host.name: host for host in (*controllers, *computes)},
        api=ApiEntry(where / "clouds.yaml", "simulated"),
        load_balancer=LoadBalancer(names, VIP),
        databases=Databases(names, is_galera=True),
        messaging=Messaging(names),
        environments=EnvironmentsStore(where / STORE),
    )


def _described_spares(cloud: Cloud) -> Cloud:
    hosts = [Host(f"new{n}", f"10.77.0.{30 + n}", ("controller",), f"rack{n}") for n in (1, 2, 3)]
    names = tuple(host.name for host in hosts)
    return replace(
        cloud,
        hosts={host.name: host for host in hosts},
        load_balancer=LoadBalancer(names, VIP),
        databases=Databases(names, is_galera=True),
        messaging=Messaging(names),
    )


def _add_spares(world: World, onto: Cloud) -> None:
    state, names = world.state, tuple(onto.hosts)
    state.aside = Aside(names, tuple(state.database_hosts), names, names, names)
    for host in onto.hosts.values():
        state.hosts[host.name] = spare_state(onto, host)
        machine = Machine(world, state.hosts[host.name])
        for unit in ON_CONTROLLERS:
            if unit != KEEPALIVED:
                systemctl(machine, ("enable", unit), b"")
                systemctl(machine, ("start", unit), b"")


def _start_everything(world: World, cloud: Cloud) -> None:
    now = world.state.now
    world.state.now = now - STARTED_BEFORE_S
    for host in cloud.hosts.values():
        machine = Machine(world, world.state.hosts[host.name])
        for unit in units_of(cloud, host):
            for verb in ("enable", "start"):
                outcome = systemctl(machine, (verb, unit), b"")
                if outcome.exit_code:
                    raise AssertionError(f"{unit} does not start on {host.name}: {outcome.stderr}")
    world.state.now = now
