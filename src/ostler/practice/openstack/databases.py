"""The databases of a practice cloud: made, brought to the release's schema, and kept as a dump for the next time.

A dump holds fresh schemas only, with no password or address of a cloud in it, and is named by the environments
whose code made it; loading one takes seconds where the schema commands take most of a minute.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import zstandard

from ostler.environments.store import StoredEnvironment
from ostler.practice.infrastructure import MEMCACHED_PORT
from ostler.practice.layout import Layout
from ostler.practice.openstack.shared_settings import Shared
from ostler.practice.reach import PracticeReach
from ostler.practice.state import State
from ostler.remote.copying import replacing
from ostler.secret import Secret

DATABASES: Mapping[str, tuple[str, ...]] = {
    "keystone": ("keystone",),
    "glance": ("glance",),
    "placement": ("placement",),
    "nova": ("nova_api", "nova_cell0", "nova"),
    "neutron": ("neutron",),
    "cinder": ("cinder",),
}
"""Databases by project, which is also the name of their user."""

SCHEMA_STAGE, DATA_STAGE = "openstack-schema", "openstack-databases"
SYNC_TIMEOUT_S = 600
LOAD_TIMEOUT_S = 300
DUMP_VERSION = 1
CELL0 = "{scheme}://{username}:{password}@{hostname}:{port}/nova_cell0?{query}"
CELL1 = "{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}"
"""Cells are mapped by template: nova puts its own configuration's values in when it reads them."""

WITH_SECRET = 'name=$1; shift; IFS= read -r value; export "$name=$value"; exec "$@"'


@dataclass(frozen=True)
class Databases:
    """The databases of one cloud, reached on its first controller."""

    layout: Layout
    reach: PracticeReach
    archives: Mapping[str, StoredEnvironment]

    def ensure(self, report: Callable[[str], None]) -> None:
        """Make databases and users, and bring the schemas to the archives' release.

        Databases this made once are never dropped; what an earlier, interrupted call left is made anew. Raises
        CommandFailed when a schema command fails.
        """
        state, name = State(self.layout), self.dump_name()
        if state.is_done(SCHEMA_STAGE, name):
            return
        if state.is_done(DATA_STAGE, self.layout.name):
            self._sync_all(report)
        else:
            self._make(self.layout.cache_dir / "databases" / f"{name}.sql.zst", report)
            forget_cached(self.layout)
            state.finish(DATA_STAGE, self.layout.name, 0.0)
        state.finish(SCHEMA_STAGE, name, 0.0)

    def _make(self, dump: Path, report: Callable[[str], None]) -> None:
        if dump.exists():
            self._sql(_users(Shared(self.layout)))
            self._load(dump)
            report("databases loaded from the cache")
        else:
            self._sql(_drop() + _create() + _users(Shared(self.layout)))
            self._sync_all(report)
            self._dump(dump)

    def dump_name(self) -> str:
        """Names the schemas: by the code that makes them and the number of message queue hosts in the cells."""
        addresses = sorted(stored.manifest.address for stored in self.archives.values())
        made_of = repr((DUMP_VERSION, addresses, self.layout.controllers))
        return hashlib.sha256(made_of.encode()).hexdigest()[:16]

    def manage(self, project: str, program: str, *arguments: str, secret: tuple[str, Secret] | None = None) -> str:
        """Run a management program of a project as its user on the first controller; what it printed.

        `secret` is a variable of its environment that must not be seen in a list of processes.
        """
        path = f"{self.archives[project].manifest.path}/bin/{program}"
        name, value = secret if secret else ("OSTLER_NO_SECRET", Secret(""))
        argv = [
            "runuser", f"--user={project}", "--", "env", "--chdir=/", f"HOME=/var/lib/{project}",
            "sh", "-c", WITH_SECRET, "sh", name, path, *arguments,
        ]  # fmt: skip
        host = self.layout.controller_hosts[0]
        return self.reach.run(host, argv, stdin=f"{value.reveal()}\n".encode(), timeout_s=SYNC_TIMEOUT_S).stdout

    def _sync_all(self, report: Callable[[str], None]) -> None:
        work = (self._keystone, self._glance, self._placement, self._nova, self._neutron, self._cinder)
        with ThreadPoolExecutor(3) as pool:
            for name, done in [(each.__name__, pool.submit(each)) for each in (*work[3:], *work[:3])]:
                done.result()
                report(f"schema of {name.strip('_')}: done")

    def _keystone(self) -> None:
        self.manage("keystone", "keystone-manage", "db_sync")

    def _glance(self) -> None:
        self.manage("glance", "glance-manage", "db_sync")
        metadefs = f"{self.archives['glance'].manifest.path}/etc/glance/metadefs"
        self.manage("glance", "glance-manage", "db_load_metadefs", metadefs)

    def _placement(self) -> None:
        self.manage("placement", "placement-manage", "db", "sync")

    def _nova(self) -> None:
        self.manage("nova", "nova-manage", "api_db", "sync")
        self.manage("nova", "nova-manage", "cell_v2", "map_cell0", "--database_connection", CELL0)
        if "cell1" not in self.manage("nova", "nova-manage", "cell_v2", "list_cells"):
            queue = transport_template(self.layout.controllers)
            cell = ["--name", "cell1", "--database_connection", CELL1, "--transport-url", queue]
            self.manage("nova", "nova-manage", "cell_v2", "create_cell", *cell)
        self.manage("nova", "nova-manage", "db", "sync")

    def _neutron(self) -> None:
        files = ["--config-file", "/etc/neutron/neutron.conf", "--config-file", "/etc/neutron/plugins/ml2/ml2_conf.ini"]
        self.manage("neutron", "neutron-db-manage", *files, "upgrade", "heads")

    def _cinder(self) -> None:
        self.manage("cinder", "cinder-manage", "db", "sync")

    def _dump(self, target: Path) -> None:
        names = [name for names in DATABASES.values() for name in names]
        options = ["--single-transaction", "--skip-comments", "--add-drop-database", "--databases"]
        argv = ["mariadb-dump", *options, *names]
        text = self.reach.run(self.layout.controller_hosts[0], argv, timeout_s=LOAD_TIMEOUT_S).stdout
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as file:
            file.write(zstandard.compress(text.encode()))

    def _load(self, dump: Path) -> None:
        text = zstandard.decompress(dump.read_bytes())
        self.reach.run(self.layout.controller_hosts[0], ["mariadb"], stdin=text, timeout_s=LOAD_TIMEOUT_S)

    def _sql(self, statements: str) -> None:
        self.reach.run(self.layout.controller_hosts[0], ["mariadb"], stdin=statements.encode())


def forget_cached(layout: Layout) -> None:
    """Empty memcached everywhere: keystone would go on answering from databases that are no more."""
    for host in layout.controller_hosts:
        with socket.create_connection((host.address, MEMCACHED_PORT), timeout=10) as connection:
            connection.sendall(b"flush_all\r\n")
            connection.recv(16)


def transport_template(hosts: int) -> str:
    """The message queue's address as nova fills it in; nova numbers the parts only when there are several hosts."""
    numbers = [str(number) for number in range(1, hosts + 1)] if hosts > 1 else [""]
    nodes = (f"{{username{n}}}:{{password{n}}}@{{hostname{n}}}:{{port{n}}}" for n in numbers)
    return "{scheme}://" + ",".join(nodes) + "/"


def _drop() -> str:
    return "".join(f"DROP DATABASE IF EXISTS {name};" for names in DATABASES.values() for name in names)


def _create() -> str:
    # utf8mb3 as upstream's installation guides and gates have it: some of nova's old indexes are too long otherwise.
    return "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3;" for names in DATABASES.values() for name in names)


def _users(shared: Shared) -> str:
    statements = []
    for user, names in DATABASES.items():
        password = shared.database_password(user).reveal()
        statements.append(f"CREATE OR REPLACE USER '{user}'@'%' IDENTIFIED BY '{password}';")
        statements += [f"GRANT ALL ON {name}.* TO '{user}'@'%';" for name in names]
    return "".join(statements)
