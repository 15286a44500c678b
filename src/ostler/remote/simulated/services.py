"""What runs on simulated hosts: which code a unit starts, whether it serves, and what it reports."""

from __future__ import annotations

import re
import uuid
from functools import cached_property

from ostler.remote.simulated.blueprint import Edition, ServiceEdition
from ostler.remote.simulated.file_system import FileSystem
from ostler.remote.simulated.machine import Machine, World
from ostler.remote.simulated.planes import is_address_lost, known_as
from ostler.remote.simulated.state import HostState, ServiceRecord, UnitState

ENVIRONMENTS = "/opt/openstack/venvs"
MANIFEST = "ostler-manifest.json"
UNIT_DIR = "/etc/systemd/system"
VENDOR_DIR = "/lib/systemd/system"

_PROGRAM = re.compile(r"^ExecStart=[-@:+!]*\"?(/opt/openstack/\S+?)/bin/([^\s\"]+)", re.MULTILINE)
UNCHECKED = re.compile(r"^disable_compute_service_check_for_ffu *= *True", re.MULTILINE)
"""The line of nova.conf with which computes that are too old are not minded."""

_INI = re.compile(r"--ini[= ](\S+)")
_APPLICATION = re.compile(r"^(?:wsgi-file|module) *= *(\S+)", re.MULTILINE)


def unit_text(machine: Machine, unit: str) -> str | None:
    """Return a unit's file as it is on the disk; None when there is none."""
    files = machine.files
    own = files.text(f"{UNIT_DIR}/{unit}.service")
    return own if own is not None else files.text(f"{VENDOR_DIR}/{unit}.service")


def edition_at(world: World, files: FileSystem, environment: str) -> Edition | None:
    """Return what an environment's folder holds; None when it is not whole."""
    if files.entry(f"{environment}/{MANIFEST}") is None:
        return None
    project, _, version = environment.rpartition("/")[2].partition("-")
    return world.blueprint.edition(project, version)


def code_of(machine: Machine, unit: str, text: str) -> tuple[str | None, str]:
    """Return the environment a unit would start from, and why it cannot start from it (empty: it can).

    The environment is None for a unit that starts nothing below /opt/openstack.
    """
    found = _PROGRAM.search(text)
    if found is None:
        return None, ""
    environment = machine.files.resolve(found[1])
    edition = edition_at(machine.world, machine.files, environment)
    if edition is None:
        return environment, f"{environment}: no such environment"
    service = edition.by_unit.get(unit)
    if service is None:
        return environment, f"{edition.project} {edition.version} has no {unit}"
    target = _started(machine, text, found[2])
    if target.partition(":")[0].rpartition("/")[2] != service.target:
        return environment, f"{environment} has no {target}"
    return environment, ""


def _started(machine: Machine, text: str, program: str) -> str:
    """Return what a unit really starts: the application that uwsgi is configured for, or the program itself."""
    ini = _INI.search(text)
    if program != "uwsgi" or ini is None:
        return program
    application = _APPLICATION.search(machine.files.text(ini[1]) or "")
    return application[1] if application else "no application"


def running(world: World, host: HostState, unit: str) -> tuple[Edition, ServiceEdition] | None:
    """Return what an active unit runs; None when it does not run, or runs nothing of OpenStack."""
    found = host.units.get(unit)
    if found is None or not found.runs or found.environment is None:
        return None
    project, _, version = found.environment.rpartition("/")[2].partition("-")
    edition = world.blueprint.edition(project, version)
    if edition is None:
        return None
    service = edition.by_unit.get(unit)
    return (edition, service) if service else None


class Answers:
    """What requests are answered with as the cloud is at one moment: what is so for all servers is found out once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._fits: dict[tuple[str, str], bool] = {}

    def of(self, host: HostState, port: int) -> int:
        """Return what a port of a host answers: 0 when nothing listens, 500 when the code there does not fit the
        schema of its databases, 503 when no database answers."""
        for unit in self.world.blueprint.units_at.get(port, ()):
            runs = running(self.world, host, unit)
            if runs is None or runs[1].port != port:
                continue
            edition, service = runs
            if service.uses_database and not self._database_answers:
                return 503
            return 200 if self._does_fit(edition) else 500
        return 0

    @cached_property
    def _database_answers(self) -> bool:
        return database_answers(self.world)

    def _does_fit(self, edition: Edition) -> bool:
        """Whether code works on its databases."""
        code = (edition.project, edition.release)
        if code not in self._fits:
            self._fits[code] = self.world.blueprint.runs_on(*code, self.world.state.databases.schema)
        return self._fits[code]


def database_answers(world: World) -> bool:
    """Tell whether any database server of the cloud answers at the address that services know."""
    if is_address_lost(world):
        return False
    hosts = (world.state.hosts[name] for name in world.state.database_hosts)
    return any(_has(world, host, "mariadb") for host in hosts)


def members(world: World, unit: str, hosts: tuple[str, ...]) -> list[str]:
    """Return which of some hosts can be reached and run a unit."""
    return [name for name in hosts if _has(world, world.state.hosts[name], unit)]


def _has(world: World, host: HostState, unit: str) -> bool:
    found = host.units.get(unit)
    return world.is_reachable(host.name) and found is not None and found.runs


def report(machine: Machine, unit: str, state: UnitState) -> str:
    """Let a started nova service write its record; return why nova refuses to start (empty: it does not)."""
    runs = running(machine.world, machine.host, unit)
    if runs is None or runs[1].record is None:
        return ""
    edition, service = runs
    nova = machine.world.blueprint.nova[edition.release]
    records = machine.state.databases.records
    kept = [r for r in records if not r.deleted]
    floor = [r.version for r in kept if r.binary == "nova-compute" and r.version < nova.compute_floor]
    if floor and UNCHECKED.search(machine.files.text("/etc/nova/nova.conf") or "") is None:
        return f"a nova-compute of version {min(floor)} is too old for {edition.release}"
    same = [r.version for r in kept if r.binary == service.record]
    if same and nova.service_version < min(same):
        return f"this service is older (v{nova.service_version}) than the minimum (v{min(same)})"
    name = known_as(machine.host)
    own = next((r for r in kept if r.binary == service.record and r.host == name), None)
    if own is None:
        world = machine.world
        own = ServiceRecord(world.number(), world.identifier(), str(service.record), name, 0)
        records.append(own)
    own.version, own.seen_at = nova.service_version, machine.state.now
    return ""


def _reporting(world: World, name: str, unit: str) -> HostState | None:
    """The host whose service goes by a name: the one where it runs, if several may."""
    hosts = [host for host in world.state.hosts.values() if known_as(host) == name]
    return next((host for host in hosts if (found := host.units.get(unit)) and found.runs), next(iter(hosts), None))


def age_of(world: World, record: ServiceRecord) -> float:
    """Return the seconds since a service reported last; one that runs reports every ten seconds."""
    unit = {"nova-osapi_compute": "nova-api"}.get(record.binary, record.binary)
    host = _reporting(world, record.host, unit)
    found = host.units.get(unit) if host else None
    if host is None or found is None:
        return max(0.0, world.state.now - record.seen_at)
    if found.runs and world.is_reachable(host.name) and record.binary not in ("nova-osapi_compute", "nova-metadata"):
        return (world.state.now - (found.started_at or 0.0)) % 10.0
    return max(0.0, world.state.now - max(record.seen_at, found.stopped_at or 0.0))


def identity_of(host: str) -> str:
    """Return the UUID by which a compute knows itself."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, host))
