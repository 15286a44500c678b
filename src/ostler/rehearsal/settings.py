"""The configuration that commands of a rehearsal run with: where the copy is, and no broker. Pure.

`fake://` lets every management command start without a broker (as carried out from Ocata on, 2026-11-20). What status
checks want of the operator's own configuration is set: a copy of databases says nothing about that.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from ostler.catalog.project import Project

PLACEMENT = "http://127.0.0.1:8778"
KEYS = ("fernet-keys/0", "fernet-keys/1", "credential-keys/0", "credential-keys/1")
THROW_AWAY_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
"""keystone's commands want keys to be there; no token is made or read on a copy."""

NO_BROKER = "[DEFAULT]\ntransport_url = fake://\n"


def config_files(project: Project, url: Callable[[str], str]) -> dict[str, str]:
    """Every file that the commands of a project need, by path. `url` gives the address of a database."""
    first, *others = project.config_files
    lines = [NO_BROKER, *_connections(project, url), *_more(project)]
    keys = {f"{project.config_dir}/{path}": THROW_AWAY_KEY for path in KEYS} if project.name == "keystone" else {}
    return {first: "\n".join(lines), **dict.fromkeys(others, ""), **keys}


def _connections(project: Project, url: Callable[[str], str]) -> list[str]:
    found = []
    for database in project.databases:
        if database.connection:
            _, section, option = database.connection
            found.append(f"[{section}]\n{option} = {url(database.name)}\n")
    return found


def _more(project: Project) -> list[str]:
    if project.name == "nova":
        placement = f"[placement]\nauth_type = none\nendpoint_override = {PLACEMENT}\n"
        return [placement, "[service_user]\nsend_service_user_token = true\n"]
    if project.name == "placement":
        return ["[api]\nauth_strategy = noauth2\n"]
    if project.name == "neutron":
        return ["[DEFAULT]\ncore_plugin = ml2\n"]
    return []
