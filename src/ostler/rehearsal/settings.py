"""The configuration that commands of a rehearsal run with: where the copy is, and no broker. Pure.

`fake://` lets every management command start without a broker (as carried out from Ocata on, 2026-11-20). What status
checks want of the operator's own configuration is set: a copy of databases says nothing about that.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from ostler.catalog.project import Project

PLACEMENT_PORT = 8778
PLACEMENT = f"http://127.0.0.1:{PLACEMENT_PORT}"
SYSTEM_FILES = {"/etc/protocols": "ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\n"}
"""What hosts have and the image lacks: without it the eventlet of Stein to Victoria cannot be imported."""

KEYS = ("fernet-keys/0", "fernet-keys/1", "credential-keys/0", "credential-keys/1")
PLACEMENT_OPEN = "[api]\nauth_strategy = noauth2\n"
THROW_AWAY_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
"""keystone's commands want keys to be there; no token is made or read on a copy."""

NO_BROKER = "[DEFAULT]\ntransport_url = fake://\nrpc_response_timeout = 3\n"
"""Nobody answers: cinder's online migrations of Queens and Rocky ask every cinder-volume."""


def config_files(project: Project, url: Callable[[str], str], *, is_past: bool = False) -> dict[str, str]:
    """Every file that the commands of a project need, by path. `url` gives the address of a database; `is_past` says
    that the code is of a release before those Ostler plans with."""
    first, *others = project.config_files
    lines = [NO_BROKER, *_connections(project, url), *_more(project, is_past)]
    keys = {f"{project.config_dir}/{path}": THROW_AWAY_KEY for path in KEYS} if project.name == "keystone" else {}
    return {first: "\n".join(lines), **dict.fromkeys(others, ""), **keys}


def _connections(project: Project, url: Callable[[str], str]) -> list[str]:
    found = []
    for database in project.databases:
        if database.connection:
            _, section, option = database.connection
            found.append(f"[{section}]\n{option} = {url(database.name)}\n")
    return found


def _more(project: Project, is_past: bool) -> list[str]:
    if project.name == "nova":
        return [_asking_placement(is_past), "[service_user]\nsend_service_user_token = true\n"]
    if project.name == "placement":
        return [PLACEMENT_OPEN]
    if project.name == "neutron":
        return ["[DEFAULT]\ncore_plugin = ml2\n"]
    return []


def _asking_placement(is_past: bool) -> str:
    """How nova's check finds placement. Before 2023.1 the plugin `none` is not always there; up to Rocky placement is
    nova's own and reads the same file."""
    if is_past:
        return f"[placement]\nauth_type = admin_token\nendpoint = {PLACEMENT}\ntoken = admin\n\n{PLACEMENT_OPEN}"
    return f"[placement]\nauth_type = none\nendpoint_override = {PLACEMENT}\n"
