"""One transport_url in place of the options that named RabbitMQ's hosts and user one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ostler.catalog.option import DEFAULT
from ostler.configuration.draft import Draft, plain, refers
from ostler.configuration.file import Block

GROUPS = ("oslo_messaging_rabbit", DEFAULT)
"""The group that counts first."""

OLD = ("rabbit_host", "rabbit_port", "rabbit_hosts", "rabbit_userid", "rabbit_password", "rabbit_virtual_host")
DEFAULTS = {
    "rabbit_host": "localhost",
    "rabbit_port": "5672",
    "rabbit_userid": "guest",
    "rabbit_password": "guest",
    "rabbit_virtual_host": "/",
}
ALL_HOSTS = "$rabbit_host:$rabbit_port"
"""The default of rabbit_hosts, which some files repeat."""

URL = "transport_url"
DRIVERS = ("rabbit", "kombu")


@dataclass(frozen=True)
class Broker:
    """Where RabbitMQ is and who speaks to it, as the old options have it; nothing in it is encoded."""

    hosts: tuple[str, ...]
    port: str
    user: str
    password: str
    virtual_host: str

    @property
    def url(self) -> str:
        """The address for transport_url: of every server, with everything encoded that is no letter or digit."""
        user = f"{_encoded(self.user)}:{_encoded(self.password)}"
        servers = ",".join(f"{user}@{_with_port(host, self.port)}" for host in self.hosts)
        path = "" if self.virtual_host == "/" else _encoded(self.virtual_host)
        return f"rabbit://{servers}/{path}"


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")  # bytes that are no UTF-8 are encoded as they are


def carry_messaging(draft: Draft) -> None:
    """Write transport_url from the options that the target release knows no more."""
    lines = [block for group in reversed(GROUPS) for name in OLD for block in draft.lines(group, name)]
    lines = [block for block in lines if not draft.after.find(block.group or "", block.name)]
    if not lines:
        return
    why = draft.known.transport_url.why
    if draft.file.value(DEFAULT, URL):
        for block in lines:
            draft.remove(block, f"{URL} is set, and counts", why)
        return
    driver = draft.file.value(DEFAULT, "rpc_backend")
    if driver and not any(word in driver for word in DRIVERS):
        draft.ask(lines[0], f"write {URL} by hand: rpc_backend names a driver other than RabbitMQ's", why)
        return
    values = {block.place[1]: block.value for block in _effective_last(draft, lines)}
    if values.get("rabbit_hosts", "").replace(" ", "") == ALL_HOSTS:
        del values["rabbit_hosts"]
    if any(refers(value) for value in values.values()):
        draft.ask(lines[0], f"write {URL} by hand: a value refers to another option with $", why)
        return
    broker = broker_of(values)
    _write(draft, lines, broker, why)


def broker_of(values: Mapping[str, str]) -> Broker:
    """The broker that the old options describe; what is not set has its old default."""
    said = DEFAULTS | {name: plain(value) for name, value in values.items()}
    hosts = [host.strip() for host in said.get("rabbit_hosts", said["rabbit_host"]).split(",")]
    return Broker(
        hosts=tuple(host for host in hosts if host),
        port=said["rabbit_port"],
        user=said["rabbit_userid"],
        password=said["rabbit_password"],
        virtual_host=said["rabbit_virtual_host"],
    )


def _effective_last(draft: Draft, lines: list[Block]) -> list[Block]:
    """The lines in an order in which the last one of a name counts."""
    return sorted(lines, key=lambda block: (block.place[0] == GROUPS[0], draft.file.blocks.index(block)))


def _write(draft: Draft, lines: list[Block], broker: Broker, why: str) -> None:
    count = len(broker.hosts)
    what = f"became part of [DEFAULT] {URL}, which names {count} server{'' if count == 1 else 's'}"
    for block in draft.lines(DEFAULT, URL):  # set to nothing
        draft.file.remove(block)
    for number, block in enumerate(sorted(lines, key=draft.file.blocks.index)):
        draft.changed(block, what if number == 0 else f"became part of [DEFAULT] {URL}", why if number == 0 else "")
    in_place = next((block for block in lines if block.place[0] == DEFAULT), None)
    if in_place is None:
        draft.file.add(DEFAULT, URL, broker.url)
    else:
        in_place.rename(URL)
        in_place.set_value(broker.url)
    for block in lines:
        if block is not in_place:
            draft.file.remove(block)


def _with_port(host: str, port: str) -> str:
    if host.startswith("["):
        return host if "]:" in host else f"{host}:{port}"
    if host.count(":") > 1:
        return f"[{host}]:{port}"
    return host if ":" in host else f"{host}:{port}"
