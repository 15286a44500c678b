"""What the outer machine must be and have before a practice cloud can live on it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from ostler.errors import Finding, Refused, Severity
from ostler.practice.processes import run

PROGRAMS = {
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "setpriv": "util-linux",
    "setsid": "util-linux",
    "unshare": "util-linux",
    "zstd": "zstd",
}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MACHINE_LOCK = Path("/run/ostler-practice.lock")
INSTALL_TIMEOUT_S = 600
NSPAWN_DIR = Path("/run/systemd/nspawn")
LEAST_INOTIFY_INSTANCES = 1024
INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")


def demand_machine() -> None:
    """A practice cloud needs root on Linux. Raises Refused with everything that is missing."""
    findings = []
    if platform.system() != "Linux":
        findings.append(_missing("practice.not-linux", platform.system(), "Linux", "use a Debian 12 machine"))
    elif os.geteuid() != 0:
        findings.append(_missing("practice.not-root", "an ordinary user", "root", "run it with sudo"))
    if findings:
        raise Refused("practice.machine-unfit", "a practice cloud cannot live on this machine", findings=findings)


def ensure_programs(report: Callable[[str], None]) -> None:
    """Install the Debian packages of the programs that are missing here.

    Raises Refused when one is missing and there is no apt, CommandFailed when apt fails.
    """
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program) is None}
    if not KEYRING.exists():
        packages.add("debian-archive-keyring")
    if not packages:
        return
    if shutil.which("apt-get") is None:
        do_next = f"install: {', '.join(sorted(packages))}"
        finding = _missing("practice.programs-missing", "no apt-get", "a Debian machine", do_next)
        raise Refused("practice.machine-unfit", "programs are missing", findings=[finding], do_next=do_next)
    report(f"installing {', '.join(sorted(packages))}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], timeout_s=INSTALL_TIMEOUT_S, env=env)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *sorted(packages)]
    run(install, timeout_s=INSTALL_TIMEOUT_S, env=env)


@contextmanager
def machine_lock() -> Iterator[None]:
    """Held while something that all practice clouds of this machine share is changed."""
    with MACHINE_LOCK.open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def ensure_nspawn_ground() -> None:
    """Prepare what systemd-nspawn needs of a machine whose PID 1 is not systemd.

    Without a mount of its own on /run/systemd/nspawn, a reboot from inside a host dies with "Attempted to
    remove disk file system". Hosts also need more inotify instances than the kernel's 128 for one user.
    """
    with machine_lock():
        NSPAWN_DIR.mkdir(parents=True, exist_ok=True)
        if not os.path.ismount(NSPAWN_DIR):
            run(["mount", "-t", "tmpfs", "-o", "mode=0755", "ostler-nspawn", str(NSPAWN_DIR)])
        if int(INOTIFY_INSTANCES.read_text()) < LEAST_INOTIFY_INSTANCES:
            INOTIFY_INSTANCES.write_text(str(LEAST_INOTIFY_INSTANCES))


def release_nspawn_ground() -> None:
    """Take our mount off /run/systemd/nspawn again. Call it only when no practice host runs any more."""
    with machine_lock():
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        if any(line.startswith(f"ostler-nspawn {NSPAWN_DIR} ") for line in mounts):
            run(["umount", "--recursive", "--lazy", str(NSPAWN_DIR)])


def _missing(code: str, found: str, expected: str, do_next: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.FAILURE,
        subject="this machine",
        summary=f"the practice cloud needs {expected}",
        found=found,
        expected=expected,
        do_next=do_next,
    )
