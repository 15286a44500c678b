"""The hosts of a practice cloud: systemd-nspawn containers, each on its own overlay over the shared image."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

from ostler.errors import HostUnreachable, OutsideError
from ostler.practice import cgroups
from ostler.practice.host_files import HostFile, identity_files, launch_script
from ostler.practice.layout import Host, Layout
from ostler.practice.processes import run
from ostler.practice.reach import PracticeReach

BOOT_TIMEOUT_S = 90
LAUNCH_TIMEOUT_S = 10
"""A host that was told to start has a process by then, or has ended."""
SETTLE_TIMEOUT_S = 60
SHUTDOWN_TIMEOUT_S = 60
STILL_BOOTING = ("initializing", "starting", "")
SSH_PORT = 22
CLEAN_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}


def folder(layout: Layout, host: Host) -> Path:
    """Everything of one host on the outer machine: `upper`, `work`, `root`, `launch`, `console.log`."""
    return layout.hosts_dir / host.name


def prepare(layout: Layout, host: Host, image: Path) -> None:
    """Give a host its identity and mount its tree; what is there already stays as it is."""
    home = folder(layout, host)
    for name in ("upper", "work", "root"):
        (home / name).mkdir(parents=True, exist_ok=True)
    layout.shared_dir.mkdir(exist_ok=True)
    if not (home / "prepared").exists():
        _write_identity(layout, host)
        (home / "prepared").touch()
    (home / "launch.new").write_text(launch_script(layout, host, home / "root"))
    (home / "launch.new").replace(home / "launch")  # a running launcher still reads the old one
    _mount(home, image)


def is_running(layout: Layout, host: Host) -> bool:
    """Whether any process of the host lives, its launcher included."""
    return bool(cgroups.processes(layout.machine(host)))


def power_on(layout: Layout, host: Host) -> None:
    """Start a host that does not run. Returns at once; see `wait_until_up`."""
    if is_running(layout, host):
        return
    home = folder(layout, host)
    with (home / "console.log").open("ab") as log:
        # setsid --fork: the launcher is nobody's child and outlives us.
        subprocess.run(
            ["setsid", "--fork", "sh", str(home / "launch")],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=CLEAN_ENVIRONMENT, check=True,
        )  # fmt: skip


def wait_until_up(layout: Layout, host: Host, reach: PracticeReach, settle_s: float = SETTLE_TIMEOUT_S) -> str:
    """Wait until the host can be reached and its boot is over, and return systemd's word for it.

    The word is `running` or `degraded`, or `starting` when some unit takes longer than `settle_s` after that:
    a database node that waits for its cluster does. Raises HostUnreachable when SSH does not answer within 90 s,
    or nothing of the host runs any more after 10 s.
    """
    started = time.monotonic()
    while not _answers(host.address):
        waited = time.monotonic() - started
        has_ended = waited > LAUNCH_TIMEOUT_S and not is_running(layout, host)
        if has_ended or waited > BOOT_TIMEOUT_S:
            how = "it ended while it booted" if has_ended else f"no answer within {waited:.0f} s"
            raise HostUnreachable(
                "practice.boot-failed",
                f"{host.name} did not come up: {how}",
                found=_last_lines(folder(layout, host) / "console.log"),
                do_next=f"read {folder(layout, host) / 'console.log'}, then run `ostler practice up` again",
            )
        time.sleep(0.1)
    deadline = time.monotonic() + settle_s
    while (word := _systemd_word(reach, host)) in STILL_BOOTING and time.monotonic() < deadline:
        time.sleep(0.3)
    return word


def power_off(layout: Layout, host: Host, reach: PracticeReach) -> None:
    """Shut a host down in order. One that does not hear, or is not done within 60 s, is cut."""
    if is_running(layout, host) and _hears_poweroff(host, reach):
        reach.disconnect(host)
        deadline = time.monotonic() + SHUTDOWN_TIMEOUT_S
        while is_running(layout, host) and time.monotonic() < deadline:
            time.sleep(0.1)
    power_cut(layout, host, reach)


def power_cut(layout: Layout, host: Host, reach: PracticeReach) -> None:
    """End a host as a power cut would: every process at once, nothing flushed by it.

    What its programs had written is still there afterwards, synced or not: only their memory is lost.
    """
    cgroups.kill(layout.machine(host))
    cgroups.remove(layout.machine(host))
    reach.disconnect(host)


def _mount(home: Path, image: Path) -> None:
    if os.path.ismount(home / "root"):
        return
    # "volatile" leaves out syncs, which is most of what databases wait for. The kernel then demands that the
    # marker of the mount before is removed by hand; the page cache outlives our hosts, so it may be.
    shutil.rmtree(home / "work" / "work" / "incompat", ignore_errors=True)
    options = f"lowerdir={image},upperdir={home / 'upper'},workdir={home / 'work'},volatile"
    run(["mount", "-t", "overlay", "-o", options, "ostler", str(home / "root")])


def _write_identity(layout: Layout, host: Host) -> None:
    key = layout.state_dir / "host_keys" / host.name
    files = identity_files(
        layout,
        host,
        machine_id=uuid.uuid4(),
        host_key=key.read_text(),
        authorized_key=layout.private_key.with_suffix(".pub").read_text(),
    )
    upper = folder(layout, host) / "upper"
    (upper / "root" / ".ssh").mkdir(parents=True, exist_ok=True)
    (upper / "root").chmod(0o700)
    for file in files:
        _write(upper, file)


def _write(upper: Path, file: HostFile) -> None:
    path = upper / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=file.mode & 0o600)
    path.write_text(file.content)
    path.chmod(file.mode)


def _answers(address: str) -> bool:
    try:
        with socket.create_connection((address, SSH_PORT), timeout=1):
            return True
    except OSError:
        return False


def _hears_poweroff(host: Host, reach: PracticeReach) -> bool:
    try:
        reach.run(host, ["systemctl", "--no-block", "poweroff"], check=False)
    except OutsideError:
        return False
    return True


def _systemd_word(reach: PracticeReach, host: Host) -> str:
    return reach.run(host, ["systemctl", "is-system-running"], check=False).stdout.strip()


def _last_lines(path: Path, count: int = 5) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:]) if path.exists() else ""
