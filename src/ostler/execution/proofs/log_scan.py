"""Finding the errors in a host's OpenStack logs since a time: a fixed script for the host, and its answer as data.

The script finds the place in each log by halving (logs may be large), then groups what it finds by logger and
message with the variable parts taken out. A record is the line with its time, level and logger, and the lines of
its traceback after it, which oslo.log writes with the same time. Logs that were rotated away meanwhile are read too,
also packed with gzip; what cannot be read of them, or is deleted already, is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ostler.commands import Command, CommandResult
from ostler.facts.scripts import python
from ostler.masking import mask_output

SCAN_TIMEOUT_S = 120.0

SCRIPT = r"""
import datetime, glob, gzip, json, os, re, sys, zlib
since = datetime.datetime.fromtimestamp(float(sys.argv[2])).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
record = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (\d+) ([A-Z]+) (\S+) (.*)")
stamp = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
variable = re.compile(r"\[[^\]]*\breq-[^\]]*\]|[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9a-f]{32}|\d+")
traceback = "Traceback (most recent call last)"
rotated = re.compile(r"^(.*?\.log)[.-](\d[\d-]*(?:\.\d+)?)(\.\w+)?$")
groups, problems, read, left_out, older = {}, [], 0, 0, {}

def begins(file, size):
    low, high = 0, size
    while high - low > 4096:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        time = None
        for _ in range(2000):
            line = file.readline()
            if not line or stamp.match(line):
                time = line[:23] or None
                break
        if time is None or time >= since:
            high = middle
        else:
            low = middle
    return low

def add(path, time, level, logger, message):
    global left_out
    shape = variable.sub("*", message)[:200]
    key = (path, level, logger, shape)
    if key in groups:
        groups[key]["count"] += 1
        groups[key]["last"] = time
    elif len(groups) < 300:
        groups[key] = {"file": path, "level": level, "logger": logger, "shape": shape, "count": 1,
                       "first": time, "last": time, "example": message[:500], "cause": ""}
    else:
        left_out += 1
    return groups.get(key)

def opened(path):
    return gzip.open(path, "rt", errors="replace") if path.endswith(".gz") else open(path, errors="replace")

def scan(path):
    with opened(path) as file:
        start = 0 if path.endswith(".gz") else begins(file, os.path.getsize(path))
        file.seek(start)
        if start:
            file.readline()
        is_new, last, group = False, None, None
        for line in file:
            found = record.match(line)
            if found is None:
                if is_new and traceback in line:
                    group = add(path, "", "TRACEBACK", "", traceback)
                elif group is not None and line.strip():
                    group["cause"] = line.strip()[:300]
                continue
            time, pid, level, logger, message = found.groups()
            is_new = time >= since
            if not is_new or level not in ("ERROR", "CRITICAL"):
                group = None
            elif group is not None and last == (time, pid, logger):
                text = message.strip()
                group["cause"] = text[-300:] if text else group["cause"]
            else:
                group = add(path, time, level, logger, message)
            last = (time, pid, logger)

def first_time(path):
    with opened(path) as file:
        for _ in range(2000):
            line = file.readline()
            if not line or stamp.match(line):
                return line[:23]
    return ""

def look(path):
    global read
    changed, of = os.path.getmtime(path), rotated.match(path)
    if of:
        older.setdefault(of.group(1), []).append((changed, path))
    if changed >= float(sys.argv[2]):
        if of and of.group(3) not in (None, ".gz"):
            problems.append("%s: packed in a way that is not read" % path)
            return
        scan(path)
    elif of:
        return
    read += 1

def is_gone(files):
    # with one rotated log there was hardly another before it, which would have been deleted
    changed, path = min(files)
    return len(files) > 1 and changed >= float(sys.argv[2]) and first_time(path) > since

for path in sorted(set(path for pattern in sys.argv[3:] for path in glob.glob(pattern) if os.path.isfile(path))):
    try:
        look(path)
    except (OSError, EOFError, zlib.error) as error:
        problems.append("%s: %s" % (path, getattr(error, "strerror", None) or error))
for name, files in sorted(older.items()):
    try:
        if is_gone(files):
            problems.append("%s: rotated so often that what it held first is gone" % name)
    except (OSError, EOFError, zlib.error):
        pass  # told already
if left_out:
    problems.append("%d records of further kinds were left out: more than 300 kinds of error" % left_out)
print(json.dumps({"read": read, "groups": list(groups.values()), "problems": problems}))
"""


@dataclass(frozen=True)
class LogGroup:
    """Records of one shape in one log: ``count`` of them since the time asked for, between ``first`` and ``last`` (as
    the log writes times), the first one as ``example``, and the last line of its traceback as ``cause``."""

    host: str
    file: str
    level: str
    logger: str
    count: int
    first: str
    last: str
    example: str
    cause: str
    shape: str = ""


@dataclass(frozen=True)
class LogScan:
    """What the logs of one host hold: how many files were read, what was found, what could not be read, and what was
    not for a reason that is no fault of a run's."""

    files: int
    groups: tuple[LogGroup, ...]
    problems: tuple[str, ...]
    not_read: tuple[str, ...] = ()


def scan_command(since: float, patterns: Iterable[str]) -> Command:
    """Return the read-only command that looks through the logs matching ``patterns`` since ``since`` (epoch)."""
    return python("logs.errors", SCRIPT, str(since), *patterns, timeout_s=SCAN_TIMEOUT_S)


def parse_scan(host: str, results: Sequence[CommandResult]) -> LogScan:
    """Return what the command found, secrets masked. Raises ValueError for output that is not its answer."""
    result = results[0]
    if result.exit_code != 0:
        raise ValueError(
            f"the logs could not be read: {result.stderr.strip()[-200:] or f'exit code {result.exit_code}'}"
        )
    document = json.loads(result.stdout)
    groups = []
    for group in document["groups"]:
        masked = {key: mask_output(group[key]) for key in ("example", "cause", "shape")}
        groups.append(LogGroup(**{**group, **masked, "host": host}))
    return LogScan(int(document["read"]), tuple(groups), tuple(document["problems"]))
