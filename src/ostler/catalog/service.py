"""One daemon or API of a project: its unit, its role, how it is started and how it is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ostler.catalog.record import Closed, Ranged

Role = Literal["controller", "compute"]
ServiceKind = Literal["wsgi", "daemon", "agent"]


@dataclass(frozen=True, kw_only=True)
class Api(Closed):
    """How an API is reached: its HAProxy backend and port, what the identity catalog calls it.

    `service_type` is None for an API that is not in the identity catalog (nova's metadata);
    `health_path` answers 200 (or 300: a list of versions) without a token when the API works.
    """

    backend: str
    port: int
    service_type: str | None
    health_path: str


@dataclass(frozen=True, kw_only=True)
class EntryPoint(Ranged):
    """What starts a service in a range of releases.

    `kind` is `console` (a program in bin/), `wsgi_script` (a file in bin/ that holds `application`) or
    `wsgi_module` (a Python module that holds `application`); `target` is the program's or module's name;
    `arguments` and `environment` tell it where its configuration is (for WSGI, `arguments` are those the
    application reads from sys.argv, so uwsgi's --pyargv).
    """

    kind: Literal["console", "wsgi_script", "wsgi_module"]
    target: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Service(Ranged):
    """A service of a project.

    `unit` is its systemd unit; `api` is None for what serves no HTTP; `entry_points` have exactly one for
    each release it exists in; `replaces` are the services of earlier releases whose work it took over;
    `databases` are those it connects to by itself; `process` is a regular expression searched in the
    command line (arguments joined by blanks) of its processes, for hosts where the unit does not tell;
    `is_optional` marks what only some clouds run: there is nothing wrong when its unit does not exist;
    `is_behind_requests` marks what no request waits for: its project's API answers as well while it is stopped.
    """

    name: str
    unit: str
    role: Role
    kind: ServiceKind
    api: Api | None = None
    entry_points: tuple[EntryPoint, ...]
    replaces: tuple[str, ...] = ()
    uses_amqp: bool
    databases: tuple[str, ...] = ()
    log_file: str
    process: str
    is_optional: bool = False
    is_behind_requests: bool = False
