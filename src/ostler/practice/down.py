"""Removing a practice cloud, so that nothing of it stays on the machine; image and environment caches do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from ostler.practice import cgroups, hosts, machine, network, open_runs
from ostler.practice.layout import Layout
from ostler.practice.processes import run
from ostler.practice.reach import PracticeReach
from ostler.practice.state import RECORD, State, alone


def down(layout: Layout, report: Callable[[str], None]) -> None:
    """Cut every host and remove the cloud with all it holds. Works on a half-built one too.

    Raises Refused while another process builds it, CommandFailed when something cannot be removed.
    """
    machine.demand_machine()
    with alone(layout):
        remove(layout, report)


def remove(layout: Layout, report: Callable[[str], None]) -> None:
    """What `down` does, for a process that holds the cloud already."""
    State(layout).begin_removal()
    reach = PracticeReach(layout)
    for host in layout.all_hosts:
        hosts.power_cut(layout, host, reach)
    for name in _machines(layout):
        cgroups.kill(name)
        cgroups.remove(name)
    report(f"{len(layout.all_hosts)} hosts ended")
    for run_id in open_runs.end(layout):
        report(f"run {run_id} ends with its cloud")
    for mount in sorted(mounts_below(layout.state_dir), reverse=True):
        run(["umount", mount])
    network.remove_bridge(layout)
    for socket in reach.control_sockets():
        socket.unlink(missing_ok=True)
    if not cgroups.machines():
        machine.release_nspawn_ground()
    _remove_files(layout)
    report("bridge, mounts, control groups and files removed")


def leftovers(layout: Layout) -> list[str]:
    """What is on this machine of the cloud: processes, control groups, mounts, interfaces, address, files.

    Empty after `down`.
    """
    found = [f"control group of {name}" for name in _machines(layout)]
    found += [f"process {pid} of {name}" for name in _machines(layout) for pid in cgroups.processes(name)]
    found += [f"mount {mount}" for mount in mounts_below(layout.state_dir)]
    if network.has_bridge(layout):
        found.append(f"bridge {layout.bridge}")
    found += [f"interface {link}" for link in network.host_links(layout)]
    found += [f"address in {used} on {name}" for name, used in network.used_networks() if str(used) == layout.subnet]
    found += [f"ssh connection {socket}" for socket in PracticeReach(layout).control_sockets()]
    if layout.state_dir.exists():
        found.append(f"folder {layout.state_dir}")
    return found


def mounts_below(folder: Path) -> list[str]:
    """The mount points in a folder and under it."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = (_unescaped(line.split(" ")[1]) for line in lines)
    return [point for point in points if Path(point).is_relative_to(folder)]


def _remove_files(layout: Layout) -> None:
    """Remove the state folder; the record goes last, so that `down` can be called again when it is interrupted."""
    if not layout.state_dir.exists():
        return
    for path in layout.state_dir.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != RECORD:
            path.unlink()
    shutil.rmtree(layout.state_dir)


def _machines(layout: Layout) -> list[str]:
    """The control groups of this cloud, also of hosts that the layout no longer has."""
    ours = re.compile(rf"{re.escape(layout.name)}-(ctl|cmp|new)\d+")
    return sorted(name for name in cgroups.machines() if ours.fullmatch(name))


def _unescaped(point: str) -> str:
    """A path as /proc/self/mounts writes it, with octal escapes, as it really is."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)
