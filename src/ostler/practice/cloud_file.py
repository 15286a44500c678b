"""The files that let Ostler use a practice cloud as any other: cloud.yaml and clouds.yaml."""

from __future__ import annotations

import os
from typing import Any

import yaml

from ostler.practice.haproxy import SOCKET
from ostler.practice.layout import Layout

REGION = "RegionOne"
ADMIN_PASSWORD = "keystone-admin"


def cloud(layout: Layout) -> dict[str, Any]:
    """What cloud.yaml says. It holds no secret and points to where they are."""
    controllers = [host.name for host in layout.controller_hosts]  # copied, as YAML would make aliases of it
    return {
        "name": layout.name,
        "release": layout.release,
        "deployment": "venv",
        "environments": {"store": str(layout.environments_dir)},
        "access": {
            "user": "root",
            "key": f"./{layout.private_key.name}",
            "known_hosts": f"./{layout.known_hosts.name}",
        },
        "api": {"clouds_yaml": f"./{layout.clouds_yaml.name}", "cloud": layout.name},
        "load_balancer": {"kind": "haproxy", "hosts": list(controllers), "socket": SOCKET, "vip": layout.vip},
        "databases": {"kind": "mariadb", "hosts": list(controllers), "galera": True},
        "messaging": {"kind": "rabbitmq", "hosts": list(controllers)},
        "hosts": {
            host.name: {"address": host.address, "roles": [host.role], "domain": host.domain} for host in layout.hosts
        },
    }


def clouds(layout: Layout) -> dict[str, Any]:
    """What clouds.yaml says: the administrator's credentials, revealed."""
    return {
        "clouds": {
            layout.name: {
                "auth": {
                    "auth_url": f"http://{layout.vip}:5000/v3",
                    "username": "admin",
                    "password": layout.passwords.get(ADMIN_PASSWORD).reveal(),
                    "project_name": "admin",
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                "region_name": REGION,
                "identity_api_version": 3,
            }
        }
    }


def write(layout: Layout) -> None:
    """Write both files; clouds.yaml is readable by its owner only."""
    layout.cloud_file.write_text(yaml.safe_dump(cloud(layout), sort_keys=False))
    descriptor = os.open(layout.clouds_yaml, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        yaml.safe_dump(clouds(layout), file, sort_keys=False)
