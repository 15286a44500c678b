"""The state of a simulated cloud: everything that commands and API calls read and change, as data that can be saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter


@dataclass
class Entry:
    """One entry of a host's file system; `target` is where a link points."""

    kind: Literal["file", "folder", "link"]
    content: bytes = b""
    target: str = ""
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@dataclass
class UnitState:
    """One systemd unit. `text` is its file as systemd has loaded it; `environment` what its processes were started
    from (None: nothing below /opt/openstack); times are seconds since the epoch."""

    active: str = "inactive"
    sub: str = "dead"
    is_enabled: bool = False
    main_pid: int = 0
    invocation: str = ""
    started_at: float | None = None
    stopped_at: float | None = None
    restarts: int = 0
    text: str | None = None
    environment: str | None = None

    @property
    def runs(self) -> bool:
        return self.active == "active"


@dataclass
class BalancerServer:
    """What one load balancer was told about one server: "ready", "drain" or "maint". Out of maintenance it counts
    as up ``until`` its first health check, or until it is told to be down."""

    state: str = "ready"
    changed_at: float = 0.0
    until: float = 0.0


@dataclass
class HostState:
    """One host."""

    name: str
    address: str
    roles: tuple[str, ...]
    boot_id: str
    files: dict[str, Entry] = field(default_factory=dict)
    units: dict[str, UnitState] = field(default_factory=dict)
    disk_bytes: int = 40 * 2**30
    free_bytes: int = 30 * 2**30
    variables: dict[str, str] = field(default_factory=dict)
    balancer: dict[str, dict[str, BalancerServer]] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    clock_offset_s: float = 0.0
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class ServiceRecord:
    """One row of nova's service table."""

    id: int
    uuid: str
    binary: str
    host: str
    version: int
    disabled: bool = False
    disabled_reason: str | None = None
    deleted: bool = False
    seen_at: float = 0.0


@dataclass
class Databases:
    """What is in the databases besides what the APIs show: revisions by database and branch, nova's records, versions
    of its stored objects, the rows each project still has to migrate online, and what is told of roles (rows of
    `databases.roles`); `in_the_way` are rows that known blockers stop at, by a word in the statements about them."""

    schema: dict[str, dict[str, str]] = field(default_factory=dict)
    records: list[ServiceRecord] = field(default_factory=list)
    objects: dict[str, dict[str, int]] = field(default_factory=dict)
    rows_to_migrate: dict[str, int] = field(default_factory=dict)
    roles: list[tuple[str, str, str]] = field(default_factory=list)
    in_the_way: dict[str, int] = field(default_factory=dict)


@dataclass
class Change:
    """What an object of an API becomes by itself: when it was looked at once, or at `due` at the latest."""

    values: dict[str, Any]
    due: float
    is_seen: bool = False


@dataclass
class Thing:
    """One object of an API: its values as the API shows them, and what it is about to become. `is_gone` in a
    change's values stands for being deleted."""

    values: dict[str, Any]
    content: bytes = b""
    change: Change | None = None

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@dataclass
class Aside:
    """Another control plane beside the cloud's: its hosts, and what its databases hold. `others` are the hosts of the
    one that is the cloud's now."""

    hosts: tuple[str, ...]
    others: tuple[str, ...]
    database_hosts: tuple[str, ...]
    messaging_hosts: tuple[str, ...]
    balancer_hosts: tuple[str, ...]
    databases: Databases = field(default_factory=Databases)
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)


@dataclass
class CommandFailure:
    """Commands that match `pattern` end with `exit_code`, `times` times (None: always)."""

    pattern: str
    exit_code: int
    times: int | None = None


@dataclass
class Failures:
    """What was told to fail: units that do not start ("host/unit"), hosts that cannot be reached, commands, and
    commands that take longer (seconds by pattern)."""

    units: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    commands: list[CommandFailure] = field(default_factory=list)
    slow: dict[str, float] = field(default_factory=dict)


@dataclass
class CloudState:
    """A whole simulated cloud. `effects` are the changes made to it, in order, as lines for people and tests;
    `dumps` are databases and objects by the folder they were dumped to; `now` is seconds since the epoch. Changes to
    files whose path begins with `unnoted` are not written down (None: all are). `disabled_backends` are those of
    cinder-volume that take no new volumes, with the reason; `aside` is another control plane within reach."""

    release: str
    hosts: dict[str, HostState]
    database_hosts: tuple[str, ...]
    messaging_hosts: tuple[str, ...]
    balancer_hosts: tuple[str, ...]
    vip: str
    socket: str
    now: float = 1_790_000_000.0
    databases: Databases = field(default_factory=Databases)
    things: dict[str, dict[str, Thing]] = field(default_factory=dict)
    dumps: dict[str, Any] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    effects: list[str] = field(default_factory=list)
    counter: int = 1000
    unnoted: str | None = None
    disabled_backends: dict[str, str | None] = field(default_factory=dict)
    aside: Aside | None = None


STATE: TypeAdapter[CloudState] = TypeAdapter(CloudState)
DATABASES: TypeAdapter[Databases] = TypeAdapter(Databases)
THINGS: TypeAdapter[dict[str, dict[str, Thing]]] = TypeAdapter(dict[str, dict[str, Thing]])
