"""The services OpenStack stands on, set up on the controllers side by side: database, messages, cache, VIP."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ostler.errors import OutsideError
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.practice import galera, haproxy, keepalived, rabbitmq
from ostler.practice.certificates import Certificates
from ostler.practice.layout import Host, Layout
from ostler.practice.reach import PracticeReach

MEMCACHED_PORT = 11211
VIP_TIMEOUT_S = 60
DATABASE_TIMEOUT_S = 60


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file of one host. Its content may hold passwords: it is never shown."""

    path: str
    content: str
    mode: int = 0o644
    owner: str = "root:root"


def memcached_config(host: Host) -> str:
    """memcached.conf of a controller: its own address, 64 MiB."""
    return f"-m 64\n-p {MEMCACHED_PORT}\n-u memcache\n-l {host.address}\n-c 2048\n-t 2\n"


def config_files(layout: Layout, host: Host) -> list[ConfigFile]:
    """Every infrastructure file of a controller."""
    cookie = layout.passwords.get("erlang-cookie").reveal()
    return [
        ConfigFile(galera.CONFIG_PATH, galera.config(layout, host)),
        ConfigFile(galera.CHECK_PROGRAM, galera.check_program()),
        ConfigFile(f"/etc/systemd/system/{galera.CHECK_UNIT}", galera.check_unit(host)),
        ConfigFile("/etc/rabbitmq/rabbitmq.conf", rabbitmq.config(layout, host), 0o640, "root:rabbitmq"),
        ConfigFile("/etc/rabbitmq/rabbitmq-env.conf", rabbitmq.environment(host)),
        ConfigFile(rabbitmq.COOKIE, cookie, 0o400, "rabbitmq:rabbitmq"),
        ConfigFile("/etc/memcached.conf", memcached_config(host)),
        ConfigFile(haproxy.HOLD_LUA_PATH, haproxy.HOLD_LUA),
        ConfigFile(HOLD_MAP, ""),
        ConfigFile(haproxy.CONFIG_PATH, haproxy.config(layout), 0o640, "root:haproxy"),
        ConfigFile(keepalived.CONFIG_PATH, keepalived.config(layout, host), 0o640),
        *(_certificates(layout) if layout.has_tls else ()),
    ]


def _certificates(layout: Layout) -> list[ConfigFile]:
    made = Certificates(layout)
    return [
        ConfigFile(haproxy.CERTIFICATE_PATH, made.shown().reveal(), 0o640, "root:haproxy"),
        ConfigFile(haproxy.EXPIRED_PATH, made.expired().reveal(), 0o640, "root:haproxy"),
    ]


def digest(layout: Layout) -> str:
    """Changes when any infrastructure file of any controller would."""
    files = [config_files(layout, host) for host in layout.controller_hosts]
    return hashlib.sha256(repr(files).encode()).hexdigest()


def configure(layout: Layout, reach: PracticeReach) -> None:
    """Write the configuration files of every controller; what runs takes them up where that disturbs nobody."""

    def write(host: Host) -> None:
        for file in config_files(layout, host):
            reach.put(host, file.path, file.content, mode=file.mode, owner=file.owner)
        reach.run(host, ["systemctl", "daemon-reload"])
        reach.run(host, ["systemctl", "enable", "--quiet", "--now", galera.CHECK_UNIT])
        reach.run(host, ["systemctl", "try-reload-or-restart", "keepalived.service", "haproxy.service"])

    reach.each(layout.controller_hosts, write)


def ensure_running(
    layout: Layout, reach: PracticeReach, report: Callable[[str], None], *, has_vip: bool = True
) -> None:
    """Bring every service up and together, whatever ran before; each says when it is done. `has_vip` False: other hosts
    hold the virtual address, and what moves it stays as it is here."""
    parts: dict[str, Callable[[], None]] = {
        "RabbitMQ": lambda: rabbitmq.ensure_running(layout, reach),
        "Galera": lambda: galera.ensure_running(layout, reach),
        "memcached, HAProxy, VIP" if has_vip else "memcached, HAProxy": lambda: _ensure_front(
            layout, reach, has_vip=has_vip
        ),
    }

    def bring_up(name: str) -> None:
        started = time.monotonic()
        parts[name]()
        report(f"{name}: running ({time.monotonic() - started:.1f} s)")

    with ThreadPoolExecutor(len(parts)) as pool:
        futures = [pool.submit(bring_up, name) for name in parts]
    for future in futures:
        future.result()
    _wait_for_database(layout, reach)


def _ensure_front(layout: Layout, reach: PracticeReach, *, has_vip: bool) -> None:
    units = ["memcached.service", "haproxy.service", *(["keepalived.service"] if has_vip else [])]
    reach.run_all(layout.controller_hosts, ["systemctl", "enable", "--quiet", "--now", *units])
    if not has_vip:
        return
    deadline = time.monotonic() + VIP_TIMEOUT_S
    while not vip_holders(layout, reach):
        if time.monotonic() > deadline:
            raise OutsideError(
                "practice.no-vip",
                f"no controller took the VIP {layout.vip}",
                do_next="read `journalctl -u keepalived` on the controllers",
            )
        time.sleep(0.5)


def vip_holders(layout: Layout, reach: PracticeReach, among: Sequence[Host] | None = None) -> list[str]:
    """The names of the controllers that have the VIP: one, in a healthy cloud.

    `among` None asks every controller; those that cannot be reached do not count.
    """

    def has_vip(host: Host) -> bool:
        try:
            shown = reach.run(host, ["ip", "-brief", "-4", "address", "show", "dev", "host0"], check=False)
        except OutsideError:
            return False
        return f" {layout.vip}/" in shown.stdout

    found = reach.each(layout.controller_hosts if among is None else among, has_vip)
    return [name for name, has_it in found.items() if has_it]


def _wait_for_database(layout: Layout, reach: PracticeReach) -> None:
    """Wait until HAProxy, wherever the VIP may go, has a database node to send queries to."""
    deadline = time.monotonic() + DATABASE_TIMEOUT_S
    for host in layout.controller_hosts:
        while "UP" not in haproxy.read_backends(reach, host).get("galera", {}).values():
            if time.monotonic() > deadline:
                raise OutsideError(
                    "practice.no-database-at-vip",
                    f"HAProxy on {host.name} finds no database node usable",
                    do_next="read `journalctl -u galera-check -u mariadb` on the controllers",
                )
            time.sleep(0.5)
