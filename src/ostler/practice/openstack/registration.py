"""The first entries of a cloud's identity service: administrator, service users, services and endpoints."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ostler.practice.cloud_file import ADMIN_PASSWORD, REGION
from ostler.practice.layout import Layout
from ostler.practice.openstack.api import connect
from ostler.practice.openstack.databases import Databases
from ostler.practice.openstack.shared_settings import SERVICE_PROJECT, Shared

SERVICES = (
    ("glance", "image", "glance-api", ""),
    ("placement", "placement", "placement-api", ""),
    ("nova", "compute", "nova-api", "/v2.1"),
    ("neutron", "network", "neutron-api", ""),
    ("cinder", "block-storage", "cinder-api", "/v3/%(project_id)s"),
)
"""User and name, type, HAProxy backend, and what follows the address."""

INTERFACES = ("public", "internal", "admin")


def bootstrap(databases: Databases) -> None:
    """Make the administrator, the default domain and keystone's own endpoints; changes nothing when they are there."""
    password = databases.layout.passwords.get(ADMIN_PASSWORD)
    urls = [
        f"--bootstrap-{interface}-url={_url(databases.layout, 'keystone', interface)}/v3" for interface in INTERFACES
    ]
    arguments = ["bootstrap", f"--bootstrap-region-id={REGION}", *urls]
    databases.manage("keystone", "keystone-manage", *arguments, secret=("OS_BOOTSTRAP_PASSWORD", password))


def register(layout: Layout, report: Callable[[str], None]) -> None:
    """Make service users, services and endpoints as far as they are not there."""
    cloud, shared = connect(layout), Shared(layout)
    identity = cloud.identity
    project = _first(identity.projects(name=SERVICE_PROJECT)) or identity.create_project(
        name=SERVICE_PROJECT, domain_id="default"
    )
    service_role = _first(identity.roles(name="service")) or identity.create_role(name="service")
    roles = [_first(identity.roles(name="admin")), service_role]

    def one(name: str, kind: str, backend: str, suffix: str) -> None:
        user = _first(identity.users(name=name)) or identity.create_user(
            name=name, domain_id="default", password=shared.service_password(name).reveal()
        )
        for role in roles:
            identity.assign_project_role_to_user(project, user, role)
        service = _first(identity.services(type=kind)) or identity.create_service(name=name, type=kind)
        present = {endpoint.interface for endpoint in identity.endpoints(service_id=service.id)}
        for interface in INTERFACES:
            if interface not in present:
                url = f"{_url(layout, backend, interface)}{suffix}"
                identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id=REGION)

    with ThreadPoolExecutor(len(SERVICES)) as pool:
        for done in [pool.submit(one, *service) for service in SERVICES]:
            done.result()
    report(f"{len(SERVICES)} services registered")


def _url(layout: Layout, backend: str, interface: str) -> str:
    return layout.public_url(backend) if interface == "public" else layout.internal_url(backend)


def _first(found: Any) -> Any:
    return next(iter(found), None)
