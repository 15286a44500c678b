"""Where the ``venv`` deployment kind keeps things on a host.

Each *service* has a link of its own, so that a service that is not rolled yet keeps its old code even when
it crashes and is started again, and never imports a module of the other release lazily:

    /opt/openstack/current/nova-api        -> /opt/openstack/venvs/nova-29.4.0
    /opt/openstack/current/nova-conductor  -> /opt/openstack/venvs/nova-29.4.0

A process proves which code it runs by the files mapped into it (``/proc/<pid>/maps`` and ``exe`` show the
resolved path below ``/opt/openstack/venvs``), not by the link.
"""

from __future__ import annotations

ENVIRONMENTS_DIR = "/opt/openstack/venvs"
CURRENT_DIR = "/opt/openstack/current"
MANIFEST_NAME = "ostler-manifest.json"


def environment_path(project: str, version: str) -> str:
    """Return where the environment of one version of a project is unpacked."""
    return f"{ENVIRONMENTS_DIR}/{project}-{version}"


def current_link(service: str) -> str:
    """Return the link through which the units of one service find their environment."""
    return f"{CURRENT_DIR}/{service}"
