"""`host.kernel_log`: what the kernel complained of within the last LOOK_BACK_S.

Value: {killed: {process: times it was ended for want of memory}, io_errors: {device: times}, made_read_only: devices
whose file systems it made read-only, sorted; links_lost: {interface: times}; conntrack_full: times packets were thrown
away as the table of connections was full; stuck: processes it saw hang, sorted; lines: the newest of these lines, at
most MOST_LINES}. All are empty in a container, which does not see its kernel's messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import ByName, shaped

LOOK_BACK_S = 3600
MOST_LINES = 8

SCRIPT = r"""
import json, re, subprocess, sys
argv = ["journalctl", "--dmesg", "--since=-%ss" % sys.argv[2], "--output=short-iso", "--no-pager", "--quiet"]
argv.append("--lines=20000")
text = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=6).stdout.decode("utf-8", "replace")
counted = {"killed": {}, "io_errors": {}, "links_lost": {}}
PATTERNS = (
    ("killed", re.compile(r"[Kk]illed process \d+ \(([^)]*)\)")),
    ("io_errors", re.compile(r"I/O error,? (?:on )?dev(?:ice)? ([\w.-]+)|Buffer I/O error on dev ([\w.-]+)")),
    ("made_read_only", re.compile(r"\(([\w.-]+)\): (?:[Rr]emounting filesystem read-only|.*utting down filesystem)")),
    ("links_lost", re.compile(r"([\w.@-]+): (?:NIC )?[Ll]ink is [Dd]own")),
    ("conntrack_full", re.compile(r"nf_conntrack: (?:nf_conntrack: )?table full")),
    ("stuck", re.compile(r"task (\S+):\d+ blocked for more than|soft lockup .*\[([^\]:]+)")),
)
made_read_only, stuck, full, kept = set(), set(), 0, []
for line in text.splitlines():
    for kind, pattern in PATTERNS:
        seen = pattern.search(line)
        if not seen:
            continue
        name = next((group for group in seen.groups() if group), "")
        if kind in counted:
            counted[kind][name] = counted[kind].get(name, 0) + 1
        elif kind == "conntrack_full":
            full += 1
        else:
            (stuck if kind == "stuck" else made_read_only).add(name)
        kept.append(line[:300])
        break
print(json.dumps(dict(counted, made_read_only=sorted(made_read_only), stuck=sorted(stuck), conntrack_full=full,
                      lines=kept[-int(sys.argv[3]):])))
"""

SHAPE = {
    "killed": ByName(int),
    "io_errors": ByName(int),
    "made_read_only": [str],
    "links_lost": ByName(int),
    "conntrack_full": int,
    "stuck": [str],
    "lines": [str],
}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.kernel_log", SCRIPT, str(LOOK_BACK_S), str(MOST_LINES), timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the kernel's messages"
    return shaped(json_object_of(results[0], what), SHAPE, what)


FACT = HostFact("host.kernel_log", commands, parse)
