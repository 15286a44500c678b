"""systemd units of OpenStack services that run from an environment."""

from __future__ import annotations

from collections.abc import Iterable

from ostler.catalog.project import Project
from ostler.catalog.service import EntryPoint, Service
from ostler.deployment.paths import current_link
from ostler.deployment.uwsgi import ini_path

DAEMON_STOP_S = 70
"""Longer than oslo.service's own graceful_shutdown_timeout (60 s), so that systemd does not kill first."""

WSGI_STOP_S = 120
"""Requests in flight may take this long to finish, slow uploads too."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def daemon_unit(project: Project, service: Service, entry: EntryPoint) -> str:
    """The unit of a program that runs by itself."""
    start = [f"{current_link(service.name)}/bin/{entry.target}", *entry.arguments, f"--log-file={service.log_file}"]
    lines = ["Type=exec", f"ExecStart={command_line(start)}", f"TimeoutStopSec={DAEMON_STOP_S}"]
    return _unit(project, service, entry, lines)


def wsgi_unit(project: Project, service: Service, entry: EntryPoint) -> str:
    """The unit of an API under uwsgi. It counts as started when uwsgi listens; stopping it lets requests in
    flight finish (see the ini file)."""
    start = [f"{current_link(service.name)}/bin/uwsgi", "--ini", ini_path(service.name)]
    lines = [
        "Type=notify",
        "NotifyAccess=all",
        f"ExecStart={command_line(start)}",
        # oslo.config reads this before any file, so each API has a log of its own beside the shared configuration.
        f"Environment={quoted(f'OS_DEFAULT__LOG_FILE={service.log_file}')}",
        f"TimeoutStopSec={WSGI_STOP_S}",
    ]
    return _unit(project, service, entry, lines)


def command_line(words: Iterable[str]) -> str:
    """Words as ExecStart takes them."""
    return " ".join(quoted(word) for word in words)


def quoted(word: str) -> str:
    """A word as systemd reads it back: quoted where needed, with no specifier or variable left in it."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if not safe or set(safe) & set(" \t;'\"\\") else safe


def _unit(project: Project, service: Service, entry: EntryPoint, lines: list[str]) -> str:
    environment = [f"Environment={quoted(f'{name}={value}')}" for name, value in sorted(entry.environment.items())]
    body = [
        "[Unit]",
        f"Description=OpenStack {service.name}",
        "After=network.target",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        *lines,
        *environment,
        f"Environment=PATH={current_link(service.name)}/bin:{SYSTEM_PATH}",
        f"User={project.user}",
        f"Group={project.user}",
        f"RuntimeDirectory={service.name}",
        f"StateDirectory={project.name}",
        f"LogsDirectory={project.name}",
        "LogsDirectoryMode=0750",
        "KillMode=mixed",
        "Restart=on-failure",
        "RestartSec=2",
        "LimitNOFILE=16384",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(body) + "\n"
