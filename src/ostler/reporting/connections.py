"""What `ostler config connections` shows: who uses which database and message bus, and which do not answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostler.facts.connections import DATABASE, MESSAGING
from ostler.facts.model import JsonValue, Snapshot, Unknown

HEADINGS = {DATABASE: "DATABASES", MESSAGING: "MESSAGE BUSES"}
UNNAMED = {DATABASE: "(no name)", MESSAGING: "/"}
"""A bus without a name is RabbitMQ's default virtual host."""

GOOD = ("answers", "wants TLS", "open")
UNWRITTEN = "?"
NAME_WIDTH, USE_WIDTH = 24, 68


@dataclass(frozen=True)
class Use:
    """One option of a file that names a store, and the hosts that have it."""

    file: str
    group: str
    option: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Store:
    """One database or message bus, as one user reaches it. `servers` are "host:port", "?" for one that is not written
    as a name or address."""

    kind: str
    scheme: str
    user: str
    name: str
    servers: tuple[str, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class Silence:
    """A server that does not answer as it should, and the hosts that found so."""

    server: str
    scheme: str
    answer: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Connections:
    """All that the hosts' files name. `unread` are hosts and files ("ctl1 /etc/nova/nova.conf") that nobody could read,
    with the reason; `not_asked` is how many servers of databases and buses, each told once, are not written as a name
    or address."""

    stores: tuple[Store, ...]
    silent: tuple[Silence, ...]
    unread: Mapping[str, str]
    not_asked: int

    @property
    def is_fine(self) -> bool:
        return not self.silent and not self.unread


def connections_of(snapshot: Snapshot) -> Connections:
    """Put together what the hosts of a cloud said."""
    uses: dict[tuple[str, str, str, str, tuple[str, ...]], dict[tuple[str, str, str], list[str]]] = {}
    silent: dict[tuple[str, str, str], list[str]] = {}
    unread = {}
    for host in snapshot.cloud.hosts:
        found = snapshot.get("host.connections", host)
        if isinstance(found, Unknown):
            unread[host] = found.reason
            continue
        unread |= {f"{host} {path}": reason for path, reason in found["unread"].items()}
        for each in found["found"]:
            servers = tuple(_server(server) for server in each["servers"])
            store = (each["kind"], each["scheme"], each["user"], each["name"], servers)
            place = (each["file"], each["group"], each["option"])
            uses.setdefault(store, {}).setdefault(place, []).append(host)
            for server in each["servers"]:
                if server["answer"] is not None and server["answer"] not in GOOD:
                    silent.setdefault((_server(server), each["scheme"], server["answer"]), []).append(host)
    return Connections(
        tuple(_store(store, places) for store, places in sorted(uses.items())),
        tuple(Silence(*key, tuple(dict.fromkeys(hosts))) for key, hosts in sorted(silent.items())),
        unread,
        sum(server == UNWRITTEN for store in uses for server in store[-1]),
    )


def _store(
    store: tuple[str, str, str, str, tuple[str, ...]], places: Mapping[tuple[str, str, str], Iterable[str]]
) -> Store:
    kind, scheme, user, name, servers = store
    uses = tuple(Use(*place, tuple(dict.fromkeys(hosts))) for place, hosts in sorted(places.items()))
    return Store(kind, scheme, user, name, servers, uses)


def _server(server: Mapping[str, JsonValue]) -> str:
    host = server["host"]
    if host is None:
        return UNWRITTEN
    return f"[{host}]:{server['port']}" if ":" in host else f"{host}:{server['port']}"


def connections_text(connections: Connections) -> str:
    """The verdict, then each database and bus with who names it, then what does not answer."""
    lines = [_verdict(connections)]
    for kind, heading in HEADINGS.items():
        stores = [store for store in connections.stores if store.kind == kind]
        if stores:
            lines += ["", heading, *(line for store in stores for line in _told(store))]
    if connections.silent:
        lines += ["", "NOT ANSWERING"]
    for each in connections.silent:
        lines.append(f"  {each.server} ({each.scheme}) {each.answer}: asked from {', '.join(each.hosts)}")
    if connections.unread:
        lines += ["", "NOT READ", *(f"  {host}: {reason}" for host, reason in connections.unread.items())]
    return "".join(f"{_printable(line)}\n" for line in lines)


def _verdict(connections: Connections) -> str:
    kinds = [store.kind for store in connections.stores]
    counts = f"{_counted(kinds.count(DATABASE), 'database')} and {_counted(kinds.count(MESSAGING), 'message bus')}"
    files = {use.file for store in connections.stores for use in store.uses}
    if not files and not connections.unread:
        return "No configuration file on any host names a database or a message bus."
    named = f"{counts} in {_counted(len(files), 'configuration file')}"
    if connections.unread:
        named += f"; {_counted(len(connections.unread), 'place')} could not be read"
    if connections.silent:
        named += f"; {_counted(len({each.server for each in connections.silent}), 'server')} not answering"
    elif not connections.unread:
        named += "; every server that was asked answers"
    return f"{named}{f'; {connections.not_asked} told as ? not asked' if connections.not_asked else ''}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def _told(store: Store) -> Iterator[str]:
    user = f"{store.user}@" if store.user else ""
    name = store.name or UNNAMED[store.kind]
    yield f"  {name:{NAME_WIDTH}}{store.scheme}  {user}{', '.join(store.servers)}".rstrip()
    for use in store.uses:
        place = f"{use.file} [{use.group}] {use.option}"
        yield f"    {place:{USE_WIDTH}}{' '.join(use.hosts)}"


def _printable(line: str) -> str:
    """A line with its indentation, and without characters that would do something to a terminal."""
    bare = line.lstrip(" ")
    return line[: len(line) - len(bare)] + "".join(c if c.isprintable() else "?" for c in bare)


def connections_json(connections: Connections, cloud: str) -> dict[str, Any]:
    """The same as one document."""

    def rows(kind: str) -> Sequence[dict[str, Any]]:
        return [
            {
                "name": store.name,
                "scheme": store.scheme,
                "user": store.user,
                "servers": list(store.servers),
                "used_by": [{**vars(use), "hosts": list(use.hosts)} for use in store.uses],
            }
            for store in connections.stores
            if store.kind == kind
        ]

    return {
        "format": 1,
        "cloud": cloud,
        "databases": rows(DATABASE),
        "message_buses": rows(MESSAGING),
        "not_answering": [{**vars(each), "hosts": list(each.hosts)} for each in connections.silent],
        "not_read": dict(connections.unread),
        "not_asked": connections.not_asked,
    }
