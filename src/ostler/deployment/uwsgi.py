"""uwsgi's configuration of an API.

What is set here was found by breaking it: without `Connection: close`, clients see connections reset; without
chunked input, image uploads fail; a process that serves one request at a time lets two slow uploads starve
HAProxy's health checks; and uwsgi's own answer to SIGTERM cuts requests off, which the hook changes.
Clients that close early (health checks do) are no errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ostler.catalog.service import EntryPoint, Service
from ostler.deployment.paths import current_link

INI_DIR = "/etc/uwsgi"
BUFFER_BYTES = 65535
GRACE_S = 100


@dataclass(frozen=True)
class Capacity:
    """How many requests an API serves side by side: processes times threads."""

    processes: int
    threads: int


CAPACITIES: Mapping[str, Capacity] = {
    "glance-api": Capacity(1, 8),
    "placement-api": Capacity(1, 4),
    "nova-metadata": Capacity(1, 1),
}
"""Only code without eventlet may have threads; the others need processes. keystone must have none either: its first
request sets its policy up, and one that runs beside it finds it there without rules and is refused (403 to
`identity:validate_token`, so that a service answers 401 to a user whose token is good; keystone 25.0.0, once in some
hundred starts, 2026-11-27)."""

DEFAULT_CAPACITY = Capacity(2, 1)


def ini_path(service: str) -> str:
    """Where the uwsgi configuration of a service lies."""
    return f"{INI_DIR}/{service}.ini"


def uwsgi_ini(
    service: Service, entry: EntryPoint, address: str, processes: int | None = None, threads: int | None = None
) -> str:
    """The configuration of one API that listens at `address`; `processes` and `threads` None are its defaults."""
    if service.api is None:
        raise ValueError(f"{service.name} is no API")
    capacity = CAPACITIES.get(service.name, DEFAULT_CAPACITY)
    settings = [
        ("http-socket", f"{address}:{service.api.port}"),
        application(service, entry),
        ("master", "true"),
        ("processes", str(processes or capacity.processes)),
        ("threads", str(threads or capacity.threads)),
        ("enable-threads", "true"),
        ("lazy-apps", "true"),
        ("need-app", "true"),
        ("thunder-lock", "true"),
        ("buffer-size", str(BUFFER_BYTES)),
        ("http-chunked-input", "true"),
        ("http-auto-chunked", "true"),
        ("so-keepalive", "true"),
        ("add-header", "Connection: close"),
        ("hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
        ("worker-reload-mercy", str(GRACE_S)),
        ("disable-logging", "true"),
        ("ignore-sigpipe", "true"),
        ("ignore-write-errors", "true"),
        ("disable-write-exception", "true"),
        ("procname-prefix-spaced", service.name),
    ]
    if entry.arguments:
        settings.append(("pyargv", " ".join(entry.arguments)))
    return "[uwsgi]\n" + "".join(f"{name} = {value.replace('%', '%%')}\n" for name, value in settings)


def application(service: Service, entry: EntryPoint) -> tuple[str, str]:
    """The setting that names the WSGI application."""
    if entry.kind == "wsgi_script":
        return "wsgi-file", f"{current_link(service.name)}/bin/{entry.target}"
    return "module", f"{entry.target}:application"
