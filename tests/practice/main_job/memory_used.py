"""How much memory a practice cloud takes: of the machine, and of what runs in its hosts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ostler.practice import cgroups
from ostler.practice.layout import Layout


def used_mib() -> int:
    """Memory of this machine that is in use and could not be given back at once."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kib = {words[0]: int(words[1]) for words in lines}
    return (kib["MemTotal:"] - kib["MemAvailable:"]) // 1024


def hosts_mib(layout: Layout) -> int:
    """Memory of all processes in the control groups of a cloud's hosts, whatever else this machine does. Counted so,
    and not by the groups' own figures: they are in no hierarchy that counts memory."""
    return processes_mib(pid for host in layout.hosts for pid in cgroups.processes(layout.machine(host)))


def processes_mib(pids: Iterable[int]) -> int:
    """Memory of processes; a page that several have mapped is shared out among them. One that has ended has none."""
    kib = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                kib += int(line.split()[1]) if line.startswith("Pss:") else 0
    return kib // 1024
