"""What scripts have in common that read /proc: nothing here fails for what goes away while it is read."""

from __future__ import annotations

READ_PROC = """
import os

def lines(path):
    try:
        with open(path, errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []

def names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []

def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""

def pids(group):
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"):
        found = [pid for at, _, files in os.walk(root + group) for pid in lines(at + "/cgroup.procs")]
        if found:
            return sorted(set(map(int, found)))
    return []
"""
"""The lines of a file, the names in a folder, where a link leads, and the processes of a unit's control group."""
