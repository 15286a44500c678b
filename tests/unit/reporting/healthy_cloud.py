"""A healthy small cloud as a snapshot, to be spoiled in one place by a test."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ostler.catalog import load_catalog
from ostler.cloud.model import Api, Cloud, Databases, Host, LoadBalancer, Messaging
from ostler.facts.model import FactRequest, Snapshot, Unknown, wanted
from ostler.facts.service_units import expected_services

TAKEN_AT = 1795174141.0
CONTROLLERS = ("ctl1", "ctl2", "ctl3")


def cloud(computes: Iterable[str] = ("cmp1", "cmp2"), release: str = "2024.1") -> Cloud:
    hosts = {name: Host(name, f"10.0.0.{i}", ("controller",)) for i, name in enumerate(CONTROLLERS, 1)}
    hosts |= {name: Host(name, f"10.0.1.{i}", ("compute",)) for i, name in enumerate(computes, 1)}
    return Cloud(
        "small",
        release,
        "venv",
        hosts,
        api=Api(None, "small"),
        load_balancer=LoadBalancer(CONTROLLERS, "10.0.0.250"),
        databases=Databases(CONTROLLERS, is_galera=True),
        messaging=Messaging(CONTROLLERS),
    )


class Facts:
    """The facts of a cloud in which everything is well; change `values`, then take the `snapshot`."""

    def __init__(self, described: Cloud | None = None) -> None:
        self.cloud = described or cloud()
        self.values: dict[FactRequest, Any] = {}
        for host in self.cloud.hosts:
            self._host(host)
        for host in CONTROLLERS:
            self._clusters(host)
        computes = [host.name for host in self.cloud.hosts_with("compute")]
        self.values |= {
            wanted("vip.answers"): {name: {"status": 200, "seconds": 0.01} for name in self._backends()},
            wanted("api.hypervisors"): {name: {"state": "up", "status": "enabled"} for name in computes},
            wanted("api.network_agents"): {f"agent@{name}": {"alive": True, "admin_up": True} for name in computes},
            wanted("api.volume_services"): {"cinder-volume@ctl1@a": {"state": "up", "status": "enabled"}},
        }

    def at(self, fact: str, host: str | None = None) -> Any:
        """Return a fact's value, to be changed in place."""
        return self.values[wanted(fact, host)]

    def unreachable(self, host: str) -> None:
        for request in self.values:
            if request.host == host:
                self.values[request] = Unknown(f"{host} does not answer", "remote.unreachable", "look at it")

    def run_release(self, service: str, host: str, project: str, release: str) -> None:
        """Let a service run the code of another release, its link with it."""
        path = f"/opt/openstack/venvs/{project}-{load_catalog().project(project).version(release)}"
        self.at("host.processes", host)[service].update(environment=path, environments=[path])
        self.at("host.environments", host)["links"][service] = path

    def snapshot(self) -> Snapshot:
        return Snapshot(self.cloud, TAKEN_AT, copy.deepcopy(self.values))

    def _host(self, host: str) -> None:
        units, processes, links, present, answers = {}, {}, {}, {}, {}
        for project, service in expected_services(self.cloud, host):
            version = load_catalog().project(project).version(self.cloud.release)
            path = f"/opt/openstack/venvs/{project}-{version}"
            units[service.name] = {"active": "active", "enabled": True, "restarts": 0, "started_at": TAKEN_AT - 900}
            processes[service.name] = {
                "environment": path,
                "environments": [path],
                "executables": ["/usr/bin/python3.11"],
                "pids": [100],
                "amqp_connections": 2,
                "database_connections": 1,
                "listening": [],
            }
            links[service.name] = path
            present[f"{project}-{version}"] = {"version": version}
            if service.api:
                answers[service.api.backend] = {"status": 200, "seconds": 0.01}
        self.values |= {
            wanted("host.clock", host): {"epoch": TAKEN_AT},
            wanted("host.units", host): units,
            wanted("host.processes", host): processes,
            wanted("host.environments", host): {"links": links, "present": present},
            wanted("host.answers", host): answers,
        }

    def _clusters(self, host: str) -> None:
        up = {"status": "UP", "sessions": 0, "queued": 0, "weight": 1}
        self.values |= {
            wanted("galera.node", host): {
                "size": 3, "state": "Synced", "status": "Primary", "ready": True, "version": "10.11.19",
            },
            wanted("rabbitmq.node", host): {
                "running": list(CONTROLLERS), "partitions": [], "alarms": [], "version": "3.10.8", "queues": 5,
                "queues_without_leader": 0,
            },
            wanted("haproxy.servers", host): {
                name: {controller: dict(up) for controller in CONTROLLERS} for name in self._backends()
            },
            wanted("haproxy.held", host): {"backends": []},
            wanted("keepalived.vip", host): {"holds": host == "ctl1"},
            wanted("memcached.node", host): {"up": True, "version": "1.6.18"},
        }  # fmt: skip

    def _backends(self) -> list[str]:
        return [service.api.backend for _, service in expected_services(self.cloud, "ctl1") if service.api]
