"""`libvirt.node`: the libvirt that runs on a compute, as the connections of nova-compute meet it.

Value: {version: such as "9.0.0"}; the version is None where no client of libvirt is installed: on computes with another
kind of hypervisor, and on those that keep all of it in containers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, text_of
from ostler.facts.scripts import shell

NOT_THERE = "virsh is not installed here"
SCRIPT = f"""
command -v virsh >/dev/null 2>&1 || {{ echo "{NOT_THERE}"; exit; }}
LC_ALL=C exec virsh --readonly version --daemon
"""

_DAEMON = re.compile(r"^Running against daemon: (\d+\.\d+\.\d+)\s*$", re.M)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("libvirt.node", SCRIPT, timeout_s=15),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    text = text_of(results[0], "libvirt")
    if text.strip() == NOT_THERE:
        return {"version": None}
    told = _DAEMON.search(text)
    if told is None:
        raise ValueError(f"libvirt does not tell its daemon's version: {excerpt(text) or 'nothing'}")
    return {"version": told[1]}


FACT = HostFact("libvirt.node", commands, parse)
