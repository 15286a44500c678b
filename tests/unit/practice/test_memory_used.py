"""What the tests on practice clouds print of memory is memory."""

from __future__ import annotations

import subprocess
import sys

from memory_used import processes_mib

HOLDS_MIB = 64
HOLD = f"held = bytearray(b'x') * ({HOLDS_MIB} << 20); print('held', flush=True); input()"


def test_memory_of_processes_is_added_up_and_one_that_ended_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        used = processes_mib([holder.pid])
        holder.communicate(b"\n")
    assert HOLDS_MIB <= used < HOLDS_MIB + 40
    assert processes_mib([holder.pid]) == 0
