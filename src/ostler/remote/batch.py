"""Many read-only commands in one round trip: the script that runs them on a host, and its language.

The script is sent to the host's own Python (3.5 or newer, standard library only), reads the commands as JSON,
runs a few at a time, and prints the results as JSON. Output beyond a limit is cut, with a mark. What there is no time
left for is not begun, so that what the others said comes in time.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from ostler.commands import Command, CommandResult, read
from ostler.remote.scripts import as_user

AT_ONCE = 4
"""Commands of one batch that run side by side on a host."""

OUTPUT_LIMIT_BYTES = 2 * 1024 * 1024
NO_TIME_LEFT, SAID_OF_IT = 125, "no time was left for it"
"""The exit code, and the first words on standard error, of a command that had less than its own limit: unlike that of
one that outlived it (124), its silence says nothing about what it asked."""

CUT_MARK = "\n[ostler: output cut at 2 MiB]\n"
PYTHON = "/usr/bin/python3"

SCRIPT = r"""
import base64, json, os, signal, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
LIMIT, MARK, AT_ONCE, ENDS = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), time.monotonic() + float(sys.argv[4])
NO_TIME_LEFT, SAID_OF_IT = int(sys.argv[5]), sys.argv[6]
def drain(pipe, kept):
    size = 0
    while True:
        data = pipe.read1(65536)
        if not data:
            break
        if size < LIMIT:
            kept.append(data[:LIMIT - size])
        size += len(data)
    if size > LIMIT:
        kept.append(MARK.encode())
def feed(pipe, data):
    try:
        pipe.write(data)
        pipe.close()
    except OSError:
        pass
def run(job):
    argv, own_limit, data, env = job
    limit = min(own_limit, ENDS - time.monotonic())
    if limit <= 0:
        return [NO_TIME_LEFT, "", SAID_OF_IT, 0.0]
    began, out, err = time.monotonic(), [], []
    try:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, **env), preexec_fn=os.setpgrp)
    except OSError as error:
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        return [127 if missing else 126, "", "%s: %s" % (argv[0], error.strerror), 0.0]
    parts = [(drain, process.stdout, out), (drain, process.stderr, err), (feed, process.stdin, base64.b64decode(data))]
    threads = [threading.Thread(target=part[0], args=part[1:], daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    try:
        for thread in threads[:2]:
            thread.join(max(0.0, began + limit - time.monotonic()))
        code = process.wait(max(0.01, began + limit - time.monotonic()))
        if code < 0:
            code = 128 - code
    except subprocess.TimeoutExpired:
        code = 124 if limit == own_limit else NO_TIME_LEFT
        if code == NO_TIME_LEFT:
            err.insert(0, SAID_OF_IT.encode() + b"\n")
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass
    for thread in threads[:2]:
        thread.join(1.0)
    texts = [b"".join(list(kept)).decode("utf-8", "replace") for kept in (out, err)]
    return [code, texts[0], texts[1], round(time.monotonic() - began, 4)]
jobs = json.loads(sys.stdin.read())
with ThreadPoolExecutor(AT_ONCE) as pool:
    json.dump(list(pool.map(run, jobs)), sys.stdout)
"""


def demand_read_only(commands: Sequence[Command]) -> None:
    """Raises ValueError when one is not marked read-only: nothing that changes a host is run in a batch."""
    if changing := [command for command in commands if not command.is_read_only]:
        raise ValueError(f"not a read-only command, so not for a batch: {changing[0]}")


def batch_command(commands: Sequence[Command], within_s: float | None = None) -> Command:
    """Return the one command that runs all of them, within so many seconds (None: as long as their own limits take).

    Raises ValueError when one is not marked read-only.
    """
    demand_read_only(commands)
    jobs = [[as_user(c), c.timeout_s, base64.b64encode(c.stdin or b"").decode(), dict(c.env)] for c in commands]
    longest_s = max((c.timeout_s for c in commands), default=0.0)
    limit_s = 10 + longest_s + sum(c.timeout_s for c in commands) / AT_ONCE
    ends_s = limit_s if within_s is None else within_s
    limits = (str(OUTPUT_LIMIT_BYTES), CUT_MARK, str(AT_ONCE), str(ends_s), str(NO_TIME_LEFT), SAID_OF_IT)
    argv = (PYTHON, "-I", "-S", "-c", SCRIPT, *limits)
    return read(*argv, timeout_s=limit_s, stdin=json.dumps(jobs).encode())


def batch_results(output: str, count: int) -> list[CommandResult]:
    """Return the results printed by the script. Raises ValueError when they are not ``count`` results."""
    rows = json.loads(output)
    if not isinstance(rows, list) or len(rows) != count:
        raise ValueError(f"a batch of {count} commands printed something else than {count} results")
    return [CommandResult(int(code), str(out), str(err), float(seconds)) for code, out, err, seconds in rows]
