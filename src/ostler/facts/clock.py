"""`host.clock`: the host's time and identity since its last boot.

Value: {epoch: seconds since 1970 on the host, boot_id: changes with every boot, hostname, kernel}.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, number, text_of
from ostler.facts.scripts import shell

SCRIPT = "date +%s.%N && cat /proc/sys/kernel/random/boot_id && uname -n && uname -r"


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("host.clock", SCRIPT),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    lines = text_of(results[0], "the clock").split()
    if len(lines) != 4:
        raise ValueError(f"the clock gave {len(lines)} words where 4 were asked for: {excerpt(results[0].stdout)}")
    epoch, boot_id, hostname, kernel = lines
    return {"epoch": number(epoch, "the time"), "boot_id": boot_id, "hostname": hostname, "kernel": kernel}


FACT = HostFact("host.clock", commands, parse)
