"""A `journalctl` of this machine's tests: prints the entries it was given, as `-o json` does."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest


class FakeJournal:
    """Stands first in PATH while a test runs; it reaches back to before any time that is asked for."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._since, self._before, self._asked = folder / "since", folder / "before", folder / "asked"
        self._program = folder / "bin" / "journalctl"
        self._program.parent.mkdir(parents=True)
        self.ends_with(0)
        self.holds()
        self.begins_before()
        patch.setenv("PATH", f"{self._program.parent}:{os.environ['PATH']}")

    def holds(self, *lines: str) -> None:
        """What it prints of the time since; entries (see `entry`) or anything else."""
        self._since.write_text("".join(f"{line}\n" for line in lines))

    def begins_before(self, does: bool = True) -> None:
        """Whether it has anything of the time before."""
        self._before.write_text('{"MESSAGE":"x"}\n' if does else "")

    def ends_with(self, code: int) -> None:
        """Of the last entry before a time it says nothing unless it is asked in reverse, as that of systemd 252."""
        past = f"*--reverse*--until*) cat {self._before};; *--until*) ;;"
        self._write(f'case "$*" in {past} *) cat {self._since}; exit {code};; esac')

    def lasts(self) -> None:
        """It does not come to its end."""
        self._write(f'case "$*" in *--until*) cat {self._before};; *) cat {self._since}; exec sleep 60; esac')

    def asked(self) -> list[str]:
        """The words of its last call."""
        return self._asked.read_text().split()

    def is_away(self) -> None:
        """There is none, as on a host without systemd."""
        self._program.unlink()
        (self._program.parent / "python3").symlink_to(sys.executable)
        self._patch.setenv("PATH", str(self._program.parent))

    def _write(self, script: str) -> None:
        self._program.write_text(f'#!/bin/sh\necho "$@" > {self._asked}\n{script}\n')
        self._program.chmod(0o755)


def entry(at: float, message: object, unit: str = "nova-api", pid: int = 7, priority: int = 6, **more: str) -> str:
    """One entry of a unit, at a time (epoch)."""
    micros = str(int(at * 1e6))
    fields = {"__CURSOR": "s=1", "__REALTIME_TIMESTAMP": micros, "_HOSTNAME": "ctl1", "_COMM": "uwsgi"}
    fields |= {"_SYSTEMD_UNIT": f"{unit}.service", "_PID": str(pid), "PRIORITY": str(priority)}
    document = {**fields, "MESSAGE": message, **more}
    return json.dumps(document, separators=(",", ":"))
