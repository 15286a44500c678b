"""Which logs a folder holds, and whose they are: told by names and places alone, as operators and tools lay them.

nova/nova-api.log                    a project's folder, as below /var/log
ctl1/var/log/kolla/nova/nova-api.log a host's folder, and Kolla's
sosreport-ctl1-2026-01-15-abc/var/log/messages, …/sos_commands/logs/journalctl_--no-pager
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ostler.errors import InputError
from ostler.logs.event import LogFile

PROJECTS = frozenset((
    "aodh", "barbican", "blazar", "ceilometer", "cinder", "cloudkitty", "cyborg", "designate", "glance", "gnocchi",
    "heat", "horizon", "ironic", "keystone", "magnum", "manila", "masakari", "mistral", "murano", "neutron", "nova",
    "octavia", "placement", "sahara", "senlin", "skyline", "swift", "tacker", "trove", "vitrage", "watcher", "zaqar",
    "zun",
))  # fmt: skip
"""Names of folders that are OpenStack projects, and begin the names of their services."""
INFRASTRUCTURE = {
    "rabbitmq": "rabbitmq", "rabbit": "rabbitmq", "mysql": "mariadb", "mariadb": "mariadb", "mysqld": "mariadb",
    "galera": "mariadb", "haproxy": "haproxy", "proxysql": "proxysql", "libvirt": "libvirt", "libvirtd": "libvirt",
    "qemu": "libvirt", "openvswitch": "openvswitch", "ovs": "openvswitch", "ovs-vswitchd": "openvswitch",
    "ovsdb-server": "openvswitch", "ovn": "ovn", "ovn-controller": "ovn", "ceph": "ceph", "keepalived": "keepalived",
    "memcached": "memcached", "httpd": "apache", "apache2": "apache", "apache": "apache", "chrony": "chrony",
    "etcd": "etcd", "redis": "redis", "corosync": "corosync", "pacemaker": "pacemaker", "kern": "kernel",
    "kernel": "kernel", "dmesg": "kernel", "vmcore": "kernel",
}  # fmt: skip
"""What the names of folders and logs say of a part of the infrastructure."""

ON_THE_WAY = frozenset((
    "var", "lib", "log", "logs", "kolla", "containers", "docker", "pods", "storage", "overlay-containers", "stdouts",
    "sos_commands", "journal", "remote", "syslogs", "service",
))  # fmt: skip
"""Folders that say neither whose a log is nor where it is from."""

NO_LOGS = (
    ".conf", ".ini", ".cfg", ".yaml", ".yml", ".py", ".pyc", ".html", ".css", ".js", ".xml", ".png", ".svg", ".pcap",
    ".jar", ".whl", ".rpm", ".deb", ".db", ".sqlite", ".sql", ".md", ".pem", ".crt", ".key",
    ".rst",
)  # fmt: skip
LEADS_OUT = "a link that leads out of the folder is not followed"
PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$")
ROTATED = re.compile(r"(?:\.\d{1,3}|[.\-_](?:20\d{6}(?:[-T]?\d{2,10})?|old|bak))+$")
LIKE_A_LOG = re.compile(r"log|journal|messages|\.err\b|\.out\b|audit|dmesg|console")
OF_NO_SERVICE = re.compile(r"(?:lastlog|faillog|tallylog|dpkg|alternatives|bootstrap|fontconfig|term|eipp)\b")
"""What lies below /var/log of every host, in formats of its own, and tells of packages and logins."""

_SOS = re.compile(r"^(?:sosreport|sos-collector)-(?P<host>.+?)(?:-\d{6,})?-\d{4}-\d\d-\d\d(?:-[a-z0-9]+)?$")


_OF_CONTAINER = re.compile(
    r"(?:^|(?<=/))(?:[^/_]+_[^/_]+_(?:(?P<link>[^/]+)-[0-9a-f]{64}\.log|[0-9a-f\-]{32,36}/(?P<pod>[^/]+)/\d+\.log)"
    r"|(?P<id>[0-9a-f]{12})[0-9a-f]{52}/(?:[0-9a-f]{64}-json\.log|userdata/ctr\.log))"
)
"""Where Kubernetes and Docker keep what containers print: the container's name, or the beginning of its id."""


def find_logs(where: Path, skipped: Callable[[str, str], None] = lambda place, why: None) -> list[LogFile]:
    """Return the logs of a folder (or the one that is named), in the order of their names.

    Whether a file with a strange name is a log is seen when it is read. Links that lead out of the folder are not
    followed: those to folders, and those named like logs or a project, are given to ``skipped`` with why, as are
    folders below that cannot be read. Raises InputError when there is no such folder, or nothing in it, or it
    cannot be read.
    """
    try:
        is_file = stat.S_ISREG(where.stat().st_mode)
    except FileNotFoundError:
        raise InputError(
            "logs.not-found", f"there is no {where}", do_next="name a folder of logs, or a log"
        ) from None  # fmt: skip
    except OSError as error:
        raise _unreadable(where, error) from None
    if is_file:
        return [_of(where, where.parent, where.stat())]

    def skip(path: str, why: str) -> None:
        skipped(Path(path).relative_to(where).as_posix(), why)

    found = [_of(path, where, about) for path, about in sorted(_files(where, skip))]
    if not found:
        raise InputError("logs.no-files", f"{where} holds no logs", do_next="name the folder the logs are in")
    return found


def _unreadable(where: Path, error: OSError) -> InputError:
    return InputError(
        "logs.cannot-read", f"{where} cannot be read: {error.strerror}", do_next="name a folder that you may read"
    )


def is_named_like_a_log(name: str) -> bool:
    """Whether a file's name says that it is a log in which services may say something."""
    return LIKE_A_LOG.search(name.lower()) is not None and OF_NO_SERVICE.match(name.lower()) is None


def _files(where: Path, skip: Callable[[str, str], None]) -> Iterator[tuple[Path, os.stat_result]]:
    root, seen = os.path.realpath(where), set()

    def refused(error: OSError) -> None:
        if Path(error.filename) == where:
            raise _unreadable(where, error)
        skip(error.filename, error.strerror or str(error))

    def leads_out(path: str) -> bool:
        real = os.path.realpath(path)
        return real != root and not real.startswith(root.rstrip(os.sep) + os.sep)

    for folder, folders, names in os.walk(where, onerror=refused):
        folders.sort()
        for path in (os.path.join(folder, name) for name in folders):  # noqa: PTH118
            if os.path.islink(path) and leads_out(path):  # noqa: PTH114
                skip(path, LEADS_OUT)
        paths = [os.path.join(folder, name) for name in names]  # noqa: PTH118 - many thousands of them
        links = {path for path in paths if os.path.islink(path)}  # noqa: PTH114
        for path in sorted(paths, key=lambda path: path in links):
            if path in links and leads_out(path):
                name = os.path.basename(path)  # noqa: PTH119
                if _may_be(path) and (is_named_like_a_log(name) or whose((name,))[1]):
                    skip(path, LEADS_OUT)
                continue
            try:
                about = os.stat(path)  # noqa: PTH116
            except (OSError, ValueError):
                continue
            identity = (about.st_dev, about.st_ino)
            if stat.S_ISREG(about.st_mode) and about.st_size and identity not in seen and _may_be(path):
                seen.add(identity)
                yield Path(path), about


def _may_be(path: str) -> bool:
    bare = PACKED.sub("", path).lower()
    return not bare.endswith(NO_LOGS) or bare.endswith(".log")


def _of(path: Path, root: Path, about: os.stat_result) -> LogFile:
    relative = path.relative_to(root)
    host, project, service = whose(relative.parts)
    return LogFile(str(path), relative.as_posix(), host, project, service, about.st_size, about.st_mtime)


def whose(parts: tuple[str, ...]) -> tuple[str, str, str]:
    """Return host, project and service of a log by its place below the folder that was named; empty what it hides."""
    if printed := _OF_CONTAINER.search("/".join(parts)):
        name = printed["link"] or printed["pod"] or printed["id"]
        parts = (*printed.string[: printed.start()].rstrip("/").split("/"), name)
    stem = _stem(parts[-1])
    folders = [part for part in parts[:-1] if part and part not in ON_THE_WAY]
    project, at = "", len(folders)
    for place in range(len(folders) - 1, -1, -1):
        known = _project_named(folders[place])
        if known:
            project, at = known, place
            break
    by_name = _project_named(stem) or _project_named(re.split(r"[-_.]", stem)[0])
    project = project if project and project != "apache" else by_name or project
    sos = next((found["host"] for part in folders if (found := _SOS.match(part))), "")
    host = sos or (folders[0] if folders and at > 0 else "")
    return host, project, _service(project, stem)


def _stem(name: str) -> str:
    stem = ROTATED.sub("", PACKED.sub("", name))
    stem = re.sub(r"\.(?:log|err|out|txt|json|export)$", "", stem)
    return ROTATED.sub("", stem)


def _project_named(word: str) -> str:
    word = word.lower()
    return word if word in PROJECTS else INFRASTRUCTURE.get(word, "")


def _service(project: str, stem: str) -> str:
    """`server` of neutron is neutron-server; a name that holds its project, and those of other programs, stay."""
    if project in PROJECTS and not stem.startswith(project) and stem not in INFRASTRUCTURE:
        return f"{project}-{stem}"
    return stem
