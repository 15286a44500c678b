"""Upgrades a practice cloud from 2024.1 to 2025.1 as upstream's guides say, one thing after the other, over plain ssh.

Per project: stop it on every host, one host at a time; bring the database to the new schema; point it at the new
code and start it, one host at a time, looking each time whether it answers. Then the computes, one at a time, and what
the guides say comes last: data migrations, and a restart of nova so that it forgets the old messages. Before that,
what every guide begins with: a dump of the databases, copies of the configuration, the new code copied and unpacked on
every host, the source's data migrations, and the target's upgrade checks.

It plans nothing, proves nothing, and cannot take anything back; users see each project's APIs away while it is
stopped. It is here only to be compared with `ostler apply`: see whole_upgrade.py.

    .venv/bin/python benchmarks/by_the_book.py --name trial [--json]
"""

from __future__ import annotations

import argparse
import io
import json
import shlex
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ostler.catalog.catalog import load_catalog
from ostler.cloud.file import read_cloud_file
from ostler.cloud.model import Cloud, Host
from ostler.deployment.paths import current_link
from ostler.deployment.venv import HostFacts, service_files
from ostler.environments.store import EnvironmentStore, StoredEnvironment
from ostler.practice.layout import state_root

SOURCE, TARGET = "2024.1", "2025.1"
BACKUP = "/var/lib/by-the-book"
ANSWERS_WITHIN_S = 120


@dataclass(frozen=True)
class Guide:
    """What upstream's guide says of one project. Commands are of the project's own programs, run as its user."""

    project: str
    old_services: tuple[str, ...]
    new_services: tuple[str, ...]
    schema: tuple[str, ...]
    check: str
    migrations: tuple[str, ...] = ()


CONFIGURATION = {
    "keystone": "--config-file /etc/keystone/keystone.conf",
    "glance": "--config-file /etc/glance/glance-api.conf",
    "placement": "--config-file /etc/placement/placement.conf",
    "nova": "--config-file /etc/nova/nova.conf",
    "neutron": "--config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini",
    "cinder": "--config-file /etc/cinder/cinder.conf",
}
GUIDES = (
    Guide(
        "keystone",
        ("keystone",),
        ("keystone",),
        ("keystone-manage db_sync",),
        "keystone-status upgrade check",
    ),
    Guide(
        "glance",
        ("glance-api",),
        ("glance-api",),
        ("glance-manage db_sync",),
        "glance-status upgrade check",
    ),
    Guide(
        "placement",
        ("placement-api",),
        ("placement-api",),
        ("placement-manage db sync",),
        "placement-status upgrade check",
        ("placement-manage db online_data_migrations",),
    ),
    Guide(
        "cinder",
        ("cinder-scheduler", "cinder-volume", "cinder-api"),
        ("cinder-scheduler", "cinder-volume", "cinder-api"),
        ("cinder-manage db sync",),
        "cinder-status upgrade check",
        ("cinder-manage db online_data_migrations",),
    ),
    Guide(
        "neutron",
        ("neutron-server",),
        ("neutron-rpc-server", "neutron-api", "neutron-periodic-workers"),
        ("neutron-db-manage upgrade heads",),
        "neutron-status upgrade check",
    ),
    Guide(
        "nova",
        ("nova-conductor", "nova-scheduler", "nova-api", "nova-metadata"),
        ("nova-conductor", "nova-scheduler", "nova-api", "nova-metadata"),
        ("nova-manage api_db sync", "nova-manage db sync"),
        "nova-status upgrade check",
        ("nova-manage db online_data_migrations",),
    ),
)
ON_COMPUTES = (("neutron", "neutron-openvswitch-agent"), ("nova", "nova-compute"))
PROJECTS_ON_COMPUTES = ("neutron", "nova")
CHECK_PASSES = (0, 1)  # 1 is a warning


@dataclass
class Book:
    """The cloud, and how long each chapter took."""

    cloud: Cloud
    new: dict[str, StoredEnvironment]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def controllers(self) -> tuple[Host, ...]:
        return self.cloud.hosts_with("controller")

    @property
    def computes(self) -> tuple[Host, ...]:
        return self.cloud.hosts_with("compute")

    @contextmanager
    def chapter(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        print(f"{name}: {self.seconds[name]:.1f} s", file=sys.stderr)

    def run(self, host: Host, command: str, *, accept: Sequence[int] = (0,), stdin: bytes | None = None) -> str:
        """Run a line of shell on a host, as a person would type it."""
        access = self.cloud.access
        argv = [
            *("ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", str(access.key)),
            *("-o", f"UserKnownHostsFile={access.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "ControlMaster=auto", "-o", "ControlPath=/run/by-the-book-%h", "-o", "ControlPersist=300"),
            f"{access.user}@{host.address}",
            command,
        ]
        done = subprocess.run(argv, capture_output=True, input=stdin if stdin is not None else b"")
        if done.returncode not in accept:
            output = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
            raise SystemExit(f"{host.name}: {command[:200]} ended with {done.returncode}:\n{output}")
        return done.stdout.decode(errors="replace")

    def manage(self, project: str, command: str, environment: str, accept: Sequence[int] = (0,)) -> None:
        """Run a program of a project from one of its environments, as its user, on the first controller."""
        program, _, words = command.partition(" ")
        line = f"{environment}/bin/{program} {CONFIGURATION[project]} {words}"
        as_user = f"runuser -u {project} -- env --chdir=/ HOME=/var/lib/{project}"
        self.run(self.controllers[0], f"{as_user} {line}", accept=accept)


def upgrade(book: Book) -> None:
    with book.chapter("back up"):
        back_up(book)
    with book.chapter("copy and unpack"):
        for host in (*book.controllers, *book.computes):
            copy_environments(book, host)
    with book.chapter("checks"):
        for guide in GUIDES:
            check(book, guide)
    for guide in GUIDES:
        with book.chapter(guide.project):
            upgrade_project(book, guide)
    with book.chapter("computes"):
        for host in book.computes:
            upgrade_compute(book, host)
    with book.chapter("afterwards"):
        afterwards(book)


def back_up(book: Book) -> None:
    names = " ".join(("keystone", "glance", "placement", "nova_api", "nova_cell0", "nova", "neutron", "cinder"))
    first = book.controllers[0]
    book.run(first, f"mkdir -p {BACKUP}")
    dump = f"mariadb-dump --single-transaction --routines --databases {names} | gzip > {BACKUP}/databases.sql.gz"
    book.run(first, f"bash -o pipefail -c {shlex.quote(dump)}")
    for host in (*book.controllers, *book.computes):
        folders = "keystone glance placement nova neutron cinder uwsgi systemd/system"
        book.run(host, f"mkdir -p {BACKUP} && cd /etc && tar -czf {BACKUP}/etc.tar.gz $(ls -d {folders} 2>/dev/null)")


def copy_environments(book: Book, host: Host) -> None:
    for project, stored in book.new.items():
        if "controller" in host.roles or project in PROJECTS_ON_COMPUTES:
            path = shlex.quote(stored.manifest.path)
            line = f"mkdir -p {path} && tar --extract --zstd --file=- --directory={path} --strip-components=4"
            book.run(host, f"{line} --no-same-owner", stdin=stored.archive.read_bytes())


def check(book: Book, guide: Guide) -> None:
    """The source's data migrations are finished, and the target's own check agrees."""
    old = f"/opt/openstack/current/{guide.old_services[0]}"
    for command in guide.migrations:
        book.manage(guide.project, command, old)
    book.manage(guide.project, guide.check, book.new[guide.project].manifest.path, accept=CHECK_PASSES)


def upgrade_project(book: Book, guide: Guide) -> None:
    for host in book.controllers:
        book.run(host, f"systemctl stop {' '.join(guide.old_services)}")
    for command in guide.schema:
        book.manage(guide.project, command, book.new[guide.project].manifest.path)
    gone = [service for service in guide.old_services if service not in guide.new_services]
    for host in book.controllers:
        for service in gone:
            book.run(host, f"systemctl disable -q {service} && rm -f /etc/systemd/system/{service}.service")
        install(book, host, guide.project, guide.new_services)
        for service in guide.new_services:
            book.run(host, f"systemctl enable -q {service} && systemctl start {service}")
            wait_until_it_works(book, host, guide.project, service)


def install(book: Book, host: Host, project_name: str, services: Sequence[str]) -> None:
    """The target's unit and uwsgi files, and links to its code."""
    project = load_catalog().project(project_name)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for service in services:
            files = service_files(project, service, TARGET, HostFacts(host.address))
            for path, text in files.texts.items():
                member = tarfile.TarInfo(path.lstrip("/"))
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
            links = {**files.links, current_link(service): book.new[project_name].manifest.path}
            for path, to in links.items():
                member = tarfile.TarInfo(path.lstrip("/"))
                member.type, member.linkname = tarfile.SYMTYPE, to
                tar.addfile(member)
    book.run(host, "tar --extract --file=- --directory=/ && systemctl daemon-reload", stdin=packed.getvalue())


def wait_until_it_works(book: Book, host: Host, project_name: str, service_name: str) -> None:
    """An API answers on its host; for anything else: systemd says it runs, and still does two seconds later."""
    service = load_catalog().project(project_name).service(service_name, TARGET)
    if service.api is not None:
        url = shlex.quote(f"http://{host.address}:{service.api.port}{service.api.health_path}")
        line = f"for i in $(seq {ANSWERS_WITHIN_S}); do curl -sf -o /dev/null {url} && exit 0; sleep 1; done; exit 1"
    else:
        line = f"systemctl is-active -q {service_name} && sleep 2 && systemctl is-active -q {service_name}"
    book.run(host, line)


def upgrade_compute(book: Book, host: Host) -> None:
    for project, service in ON_COMPUTES:
        book.run(host, f"systemctl stop {service}")
        install(book, host, project, (service,))
        book.run(host, f"systemctl start {service}")
        wait_until_it_works(book, host, project, service)


def afterwards(book: Book) -> None:
    """Data migrations, and nova's services restarted, one after another."""
    for guide in GUIDES:
        for command in guide.migrations:
            book.manage(guide.project, command, book.new[guide.project].manifest.path)
    nova = GUIDES[-1]
    for service in nova.new_services:
        for host in book.controllers:
            book.run(host, f"systemctl restart {service}")
            wait_until_it_works(book, host, "nova", service)
    for host in book.computes:
        book.run(host, "systemctl restart nova-compute")
        wait_until_it_works(book, host, "nova", "nova-compute")


def left_behind(book: Book) -> list[str]:
    """What does not run the target's code afterwards; looked at after the clock was stopped."""
    wrong = []
    for host in (*book.controllers, *book.computes):
        pairs = ON_COMPUTES if "compute" in host.roles else [(g.project, s) for g in GUIDES for s in g.new_services]
        for project, service in pairs:
            path = book.new[project].manifest.path
            line = f"grep -lsF {path}/ /proc/$(systemctl show -P MainPID {service})/maps"
            if not book.run(host, line, accept=(0, 1, 2)).strip():
                wrong.append(f"{service} on {host.name}")
    return wrong


def open_book(name: str) -> Book:
    cloud = read_cloud_file(state_root() / "practice" / name / "cloud.yaml")
    store = EnvironmentStore(cloud.environments.path)
    found = {guide.project: store.newest(guide.project, TARGET) for guide in GUIDES}
    missing = [project for project, stored in found.items() if stored is None]
    if missing:
        raise SystemExit(
            f"no {TARGET} environments of {', '.join(missing)}: run `ostler env build --practice {TARGET}` first"
        )
    return Book(cloud, {project: stored for project, stored in found.items() if stored is not None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="the practice cloud, which must be at 2024.1")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    book = open_book(chosen.name)
    started = time.monotonic()
    upgrade(book)
    seconds = time.monotonic() - started
    wrong = left_behind(book)
    document = {"seconds": round(seconds, 1), "chapters": {k: round(v, 1) for k, v in book.seconds.items()}}
    print(json.dumps({**document, "wrong": wrong}) if chosen.json else f"by the book: {seconds:.0f} s")
    if wrong:
        raise SystemExit(f"not on {TARGET}: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
