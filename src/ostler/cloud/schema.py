"""The cloud file as it is written, key by key; unknown keys are refused.

This is the edge only: `file` turns it into the frozen model.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from ostler.cloud.model import DEFAULT_SOCKET, DeploymentKind, Policy, Role

Text = StrictStr


class Entry(BaseModel):
    """One mapping of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HostEntry(Entry):
    """One host under `hosts`."""

    address: Text
    roles: tuple[Role, ...]
    domain: Text | None = None
    known_as: Text | None = None


class AccessEntry(Entry):
    """`access`: how hosts are reached."""

    user: Text = "root"
    port: Annotated[StrictInt, Field(ge=1, le=65535)] = 22
    key: Text | None = None
    known_hosts: Text | None = None
    proxy_jump: Text | None = None


class ApiEntry(Entry):
    """`api`: where the administrator's credentials are."""

    clouds_yaml: Text
    cloud: Text


class LoadBalancerEntry(Entry):
    """`load_balancer`: what stands before the APIs."""

    kind: Literal["haproxy"] = "haproxy"
    hosts: tuple[Text, ...]
    socket: Text = DEFAULT_SOCKET
    vip: Text


class DatabasesEntry(Entry):
    """`databases`: where they are."""

    kind: Literal["mariadb", "mysql"] = "mariadb"
    hosts: tuple[Text, ...]
    galera: StrictBool = False


class MessagingEntry(Entry):
    """`messaging`: where the brokers are."""

    kind: Literal["rabbitmq"] = "rabbitmq"
    hosts: tuple[Text, ...]


class EnvironmentsEntry(Entry):
    """`environments`: the store of software archives."""

    store: Text


class PolicyEntry(Entry):
    """`policy`: what is demanded of changes."""

    rehearsal: Literal["required", "optional"] = "optional"
    rehearsal_days: Annotated[StrictInt, Field(ge=1)] = Policy.rehearsal_days


class CloudEntry(Entry):
    """The whole file."""

    name: Text
    release: Text
    deployment: DeploymentKind
    access: AccessEntry = AccessEntry()
    api: ApiEntry | None = None
    load_balancer: LoadBalancerEntry | None = None
    databases: DatabasesEntry | None = None
    messaging: MessagingEntry | None = None
    environments: EnvironmentsEntry | None = None
    policy: PolicyEntry = PolicyEntry()
    hosts: dict[Text, HostEntry] = Field(min_length=1)


KNOWN_KEYS: dict[tuple[str, ...], tuple[str, ...]] = {
    (): tuple(CloudEntry.model_fields),
    ("hosts", "*"): tuple(HostEntry.model_fields),
    ("access",): tuple(AccessEntry.model_fields),
    ("api",): tuple(ApiEntry.model_fields),
    ("load_balancer",): tuple(LoadBalancerEntry.model_fields),
    ("databases",): tuple(DatabasesEntry.model_fields),
    ("messaging",): tuple(MessagingEntry.model_fields),
    ("environments",): tuple(EnvironmentsEntry.model_fields),
    ("policy",): tuple(PolicyEntry.model_fields),
}
"""The keys each mapping of the file may have; `*` stands for any name."""
