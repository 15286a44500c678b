"""A cloud whose control plane is replaced by another: all hosts of both in one, and which of them is it now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ostler.cloud.model import Cloud, Databases, Host, LoadBalancer, Messaging


@dataclass(frozen=True)
class ControlPlane:
    """The hosts of a control plane, and what they are to their cloud."""

    hosts: tuple[Host, ...]
    load_balancer: LoadBalancer | None
    databases: Databases
    messaging: Messaging

    @property
    def controllers(self) -> tuple[Host, ...]:
        """Those that run OpenStack; the others hold databases, messages or the virtual address alone."""
        return tuple(host for host in self.hosts if "controller" in host.roles)


def control_plane_of(cloud: Cloud) -> ControlPlane:
    """The controllers of a cloud, and whoever has its databases, its messages and its virtual address."""
    balancer = cloud.load_balancer
    names = {*cloud.databases.hosts, *cloud.messaging.hosts, *(balancer.hosts if balancer else ())}
    hosts = tuple(host for host in cloud.hosts.values() if "controller" in host.roles or host.name in names)
    return ControlPlane(hosts, balancer, cloud.databases, cloud.messaging)


def with_control_plane(cloud: Cloud, plane: ControlPlane, beside: ControlPlane | None = None) -> Cloud:
    """The cloud with this control plane. The hosts `beside` are those of the other one: they can be reached, and have
    no part in the cloud (no roles)."""
    either = (*control_plane_of(cloud).hosts, *plane.hosts, *(beside.hosts if beside else ()))
    names = {host.name for host in either}
    stay = [host for host in cloud.hosts.values() if host.name not in names]
    aside = [replace(host, roles=()) for host in (beside.hosts if beside else ())]
    return replace(
        cloud,
        hosts=_by_name([*plane.hosts, *stay, *aside]),
        load_balancer=plane.load_balancer,
        databases=plane.databases,
        messaging=plane.messaging,
    )


def _by_name(hosts: Iterable[Host]) -> Mapping[str, Host]:
    return {host.name: host for host in hosts}
