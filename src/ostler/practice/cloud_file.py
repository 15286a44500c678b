"""The files that let Ostler use a practice cloud as any other: cloud.yaml and clouds.yaml.

cloud.yaml is written once. From then on it is the operator's and Ostler's own: an upgrade changes the release in it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

from ostler.cloud.release_line import LINE
from ostler.practice.certificates import Certificates
from ostler.practice.haproxy import SOCKET
from ostler.practice.layout import Layout

REGION = "RegionOne"
ADMIN_PASSWORD = "keystone-admin"
KEPT_SUFFIX = ".old"


def release_now(layout: Layout) -> str:
    """The release a cloud is at: what its cloud file says, as upgrades change that; before there is one, the release it
    is built at. The layout's own release stays that one."""
    document = _read(layout.cloud_file)
    said = document.get("release") if isinstance(document, dict) else _release_line(layout.cloud_file)
    return str(said or layout.release)


def cloud(layout: Layout) -> dict[str, Any]:
    """What cloud.yaml of a cloud that is new says. It holds no secret and points to where they are."""
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


def onto(layout: Layout) -> dict[str, Any]:
    """What the cloud file of the spare hosts says: they alone, as a control plane that can take over."""
    said = cloud(layout.on_spares)
    computes = {host.name for host in layout.compute_hosts}
    return {**said, "hosts": {name: host for name, host in said["hosts"].items() if name not in computes}}


def in_charge(layout: Layout) -> Layout:
    """The layout with the control plane that the cloud file names."""
    return layout.on_spares if layout.spares and _fits(_read(layout.cloud_file), cloud(layout.on_spares)) else layout


def clouds(layout: Layout) -> dict[str, Any]:
    """What clouds.yaml says: the administrator's credentials, revealed, and whose certificates to trust."""
    return {
        "clouds": {
            layout.name: {
                "auth": {
                    "auth_url": f"{layout.public_url('keystone')}/v3",
                    "username": "admin",
                    "password": layout.passwords.get(ADMIN_PASSWORD).reveal(),
                    "project_name": "admin",
                    "user_domain_name": "Default",
                    "project_domain_name": "Default",
                },
                "region_name": REGION,
                "identity_api_version": 3,
                **({"cacert": str(Certificates(layout).authority)} if layout.has_tls else {}),
            }
        }
    }


def ensure(layout: Layout) -> None:
    """See to it that both files are there, and that of spare hosts; clouds.yaml is readable by its owner only.

    A file that fits is left as it is, with all that was written into it. A cloud.yaml that does not name this layout's
    hosts is written anew for the release it says, and the former one kept beside it as cloud.yaml.old.
    """
    said = {**cloud(in_charge(layout)), "release": release_now(layout)}
    if layout.spares and not layout.onto_file.exists():
        layout.onto_file.write_text(yaml.safe_dump(onto(layout), sort_keys=False))
    if not _fits(_read(layout.cloud_file), said):
        if layout.cloud_file.exists():
            shutil.copy2(layout.cloud_file, f"{layout.cloud_file}{KEPT_SUFFIX}")
        fresh = layout.cloud_file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(said, sort_keys=False))
        fresh.replace(layout.cloud_file)
    if _credentials(_read(layout.clouds_yaml), layout) != _credentials(clouds(layout), layout):
        _write_credentials(layout)


def _write_credentials(layout: Layout) -> None:
    descriptor = os.open(layout.clouds_yaml, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        yaml.safe_dump(clouds(layout), file, sort_keys=False)


def _credentials(document: Any, layout: Layout) -> Any:
    """The part about this cloud of a clouds.yaml; None when it has none."""
    there = document.get("clouds") if isinstance(document, dict) else None
    return there.get(layout.name) if isinstance(there, dict) else None


def _fits(found: Any, said: dict[str, Any]) -> bool:
    """Whether a cloud file is about the cloud: its name, its virtual address, its hosts and their addresses."""
    return _told(found) == _told(said)


def _told(document: Any) -> object:
    try:
        addresses = {name: host["address"] for name, host in document["hosts"].items()}
        return document["name"], document["load_balancer"]["vip"], addresses
    except (KeyError, TypeError, AttributeError):
        return None


def _release_line(path: Path) -> str:
    """The release in a file that is no YAML, as somebody is just editing it; empty when it does not say one."""
    line = LINE.search(path.read_text(errors="replace")) if path.exists() else None
    return line["value"].strip().strip("\"'") if line else ""


def _read(path: Path) -> Any:
    """The document in a file; None when there is none."""
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None
