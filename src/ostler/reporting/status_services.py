"""Judges each service on each host from a snapshot: one word per service, and the first cause of what is wrong.

Causes are looked for in the order in which one explains the next: a service that does not run is not also blamed for
not answering.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ostler.catalog import Catalog, Service, catalog_of
from ostler.errors import Severity
from ostler.facts.model import Snapshot
from ostler.facts.service_units import bare, expected_services
from ostler.reporting.status_model import NOTHING_TO_SAY, OTHER_PATH, Link, ServiceState

FIRST_FAILURE = 400
CRASHES, CRASHED_WITHIN_S = 3, 120
"""A unit that systemd restarted so often, and whose process is so young, is taken to crash again and again."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one service on one host: the word for the table, and the finding's parts."""

    word: str
    code: str
    summary: str
    do_next: str
    severity: Severity = Severity.FAILURE


def judge_services(snapshot: Snapshot, hosts: tuple[str, ...]) -> Iterator[tuple[ServiceState, Trouble | None]]:
    """Yield every service that should run, or runs, on the hosts, with what is wrong with it."""
    for host in hosts:
        for project, service in _services(snapshot, host):
            seen = _Seen(snapshot, host, project, service)
            trouble = seen.trouble()
            yield seen.state(trouble.word if trouble else NOTHING_TO_SAY), trouble


def _services(snapshot: Snapshot, host: str) -> list[tuple[str, Service]]:
    """Return what should run on a host, without what services of another release replace there, and what runs."""
    any_release = _of_any_release(catalog_of(snapshot.cloud.release))
    running = [found for found in any_release if _pids(snapshot, host, found[1].name)]
    names = {service.name for _, service in running}
    replaced = {old for _, service in running for old in service.replaces} - names
    expected = [found for found in expected_services(snapshot.cloud, host) if found[1].name not in replaced]
    known = {service.name for _, service in expected}
    return [*expected, *(found for found in running if found[1].name not in known)]


@functools.cache
def _of_any_release(catalog: Catalog) -> list[tuple[str, Service]]:
    found = {
        service.name: (project.name, service)
        for project in catalog.projects
        for release in project.releases
        for service in project.services(release, optional=True)
    }
    return list(found.values())


def _pids(snapshot: Snapshot, host: str, service: str) -> list[int]:
    processes = snapshot.known("host.processes", host) or {}
    pids: list[int] = processes.get(service, {}).get("pids", [])
    return pids


class _Seen:
    """What the snapshot says of one service on one host."""

    def __init__(self, snapshot: Snapshot, host: str, project: str, service: Service) -> None:
        self.cloud = snapshot.cloud
        self.host, self.project, self.service = host, project, service
        units = snapshot.known("host.units", host)
        self.unit: Mapping[str, Any] | None = None if units is None else units.get(bare(service.unit), {})
        processes = snapshot.known("host.processes", host)
        self.process: Mapping[str, Any] | None = None if processes is None else processes.get(service.name, {})
        self.clock = snapshot.known("host.clock", host)
        self.environments: Mapping[str, Any] = snapshot.known("host.environments", host) or {}
        answers = snapshot.known("host.answers", host) or {}
        self.answer: Mapping[str, Any] | None = answers.get(service.api.backend) if service.api else None
        self.balancers = _balancers(snapshot, host, service)

    def state(self, word: str) -> ServiceState:
        process = self.process or {}
        return ServiceState(
            host=self.host,
            project=self.project,
            service=self.service.name,
            unit=self._unit_word(),
            version=self._version(),
            release=catalog_of(self.cloud.release).project(self.project).release_of(self._version() or ""),
            environment=process.get("environment"),
            executables=tuple(process.get("executables", ())),
            answers=self.answer["status"] if self.answer else None,
            answered_in_s=self.answer["seconds"] if self.answer and self.answer["status"] else None,
            balancers=self.balancers,
            amqp=self._link("amqp_connections", self.service.uses_amqp),
            database=self._link("database_connections", bool(self.service.databases)),
            word=word,
        )

    def trouble(self) -> Trouble | None:
        """Return the first cause of what is wrong; None when nothing is, or when the host could not be asked."""
        if self.unit is None or self.process is None:
            return Trouble("?", "", "", "")
        return (
            self._crashing()
            or self._not_running()
            or self._wrong_code()
            or self._not_answering()
            or self._not_connected()
            or self._not_lasting()
            or self._elsewhere()
        )

    def _crashing(self) -> Trouble | None:
        unit = self.unit or {}
        started = unit.get("started_at")
        is_young = started is None or (self.clock is not None and self.clock["epoch"] - started < CRASHED_WITHIN_S)
        if unit.get("restarts", 0) < CRASHES or not is_young or unit.get("active") == "inactive":
            return None
        says = f"it crashes again and again: systemd restarted it {CRASHES} times or more"
        return Trouble("crashing", "status.unit-crashing", says, f"look at {self.service.log_file}")

    def _not_running(self) -> Trouble | None:
        look, word = f"look at `journalctl -u {bare(self.service.unit)}`", self._unit_word()
        if word == "missing":
            return Trouble(
                "MISSING", "status.unit-missing", "there is no such unit", "install the service, or correct the roles"
            )
        if word == "failed":
            return Trouble("FAILED", "status.unit-failed", "the unit failed", look)
        if word == "inactive":
            return Trouble("stopped", "status.unit-inactive", "the unit is stopped", look)
        if word != "active":
            return Trouble(word[:10], "status.unit-not-settled", f"the unit is {word}, not active", look)
        if not (self.process or {}).get("pids"):
            return Trouble("no process", "status.no-process", "the unit is active, but has no process", look)
        return None

    def _wrong_code(self) -> Trouble | None:
        process = self.process or {}
        if self.cloud.deployment != "venv":
            return None
        if process.get("environment") is None:
            return self._mixed_code()
        link = self.environments.get("links", {}).get(self.service.name)
        if link is not None and link != process["environment"]:
            says = f"it runs {_base(process['environment'])} while its link leads to {_base(link)}"
            do_next = "see `ostler runs`: resume that run or take it back; a restart now would change its release"
            return Trouble("other link", "status.restart-pending", says, do_next, Severity.WARNING)
        return None

    def _mixed_code(self) -> Trouble | None:
        found = ", ".join(_base(path) for path in (self.process or {}).get("environments", ()))
        says = f"its processes do not run from one environment: {found}"
        do_next = "see `ostler runs`: resume that run or take it back; when none is open, restart the service"
        return Trouble("mixed", "status.mixed-code", says, do_next) if found else None

    def _not_answering(self) -> Trouble | None:
        api = self.service.api
        if api is None or self.answer is None:
            return None
        status = self.answer["status"]
        if not 0 < status < FIRST_FAILURE:
            says = f"it answers {status}" if status else f"nothing answers on its port {api.port}"
            return Trouble("no answer", "status.no-answer", says, f"look at {self.service.log_file}")
        bad = {balancer: seen for balancer, seen in self.balancers.items() if seen != "UP"}
        if bad:
            seen = ", ".join(sorted(set(bad.values())))
            says = f"it answers, but is {seen} in the load balancer of {', '.join(bad)}"
            do_next = "see which run or person took it out, then set it ready"
            return Trouble(seen.lower()[:10], "status.out-of-balancer", says, do_next, Severity.WARNING)
        return None

    def _not_connected(self) -> Trouble | None:
        look = f"look at {self.service.log_file}"
        if self._link("amqp_connections", self.service.uses_amqp) is Link.NONE:
            return Trouble("no amqp", "status.no-amqp", "it is not connected to the message broker", look)
        if self._link("database_connections", bool(self.service.databases)) is Link.NONE:
            # A connection that a failover cut is opened again only by the next piece of work.
            says = "it has no connection to the database just now"
            return Trouble("no db", "status.no-database", says, look, Severity.WARNING)
        return None

    def _not_lasting(self) -> Trouble | None:
        if (self.unit or {}).get("enabled"):
            return None
        says = "it runs, but does not start at the next boot"
        do_next = f"`systemctl enable {bare(self.service.unit)}`"
        return Trouble("not at boot", "status.unit-not-enabled", says, do_next, Severity.WARNING)

    def _elsewhere(self) -> Trouble | None:
        """Say that its code lies where Ostler knows nothing; told once for all such services, not for each."""
        is_known = self.cloud.deployment != "venv" or (self.process or {}).get("environment") is not None
        return None if is_known else Trouble(OTHER_PATH, "", "", "")

    def _unit_word(self) -> str:
        if self.unit is None:
            return "unknown"
        return str(self.unit.get("active", "missing"))

    def _link(self, key: str, is_used: bool) -> Link:
        if not is_used:
            return Link.UNUSED
        if self.process is None:
            return Link.UNKNOWN
        if self.process.get(key, 0):
            return Link.CONNECTED
        # An API opens its connections when a request needs them; a daemon listens on its queue all the time.
        return Link.IDLE if self.service.kind == "wsgi" else Link.NONE

    def _version(self) -> str | None:
        environment = (self.process or {}).get("environment")
        if environment is None:
            return None
        known = self.environments.get("present", {}).get(_base(environment), {})
        return str(known.get("version") or _base(environment).rpartition("-")[2])


def _balancers(snapshot: Snapshot, host: str, service: Service) -> dict[str, str]:
    if service.api is None or snapshot.cloud.load_balancer is None:
        return {}
    found = {}
    for balancer in snapshot.cloud.load_balancer.hosts:
        servers = (snapshot.known("haproxy.servers", balancer) or {}).get(service.api.backend, {})
        if host in servers:
            found[balancer] = servers[host]["status"]
    return found


def _base(path: str) -> str:
    return path.rpartition("/")[2]
