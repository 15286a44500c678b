"""`nova.guests`: the guests a compute's hypervisor really has, whatever nova believes.

Value: {uuid: state}, in the hypervisor's words ("running", "shut off"). Libvirt is asked where its client is
installed; a practice cloud's compute keeps its guests in a file below nova's state folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, text_of
from ostler.facts.scripts import shell

GUESTS_FILE = "/var/lib/nova/guests.json"

SCRIPT = """
if command -v virsh >/dev/null 2>&1; then
  echo libvirt
  for uuid in $(virsh --readonly list --all --uuid); do
    printf '%s ' "$uuid"; virsh --readonly domstate "$uuid" | head -n 1
  done
elif [ -e "$1" ]; then
  echo file; cat "$1"
elif grep -qs '^compute_driver *= *ostler_practice' /etc/nova/*.conf; then
  echo file; echo '{}'
else
  echo "neither libvirt nor $1 is there" >&2; exit 1
fi
"""

PRACTICE_STATES = {1: "running", 3: "paused", 4: "shut off", 6: "crashed", 7: "suspended"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("nova.guests", SCRIPT, GUESTS_FILE, timeout_s=30),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    source, _, rest = text_of(results[0], "the hypervisor").partition("\n")
    if source == "libvirt":
        return dict(_libvirt(line) for line in rest.splitlines() if line.strip())
    if source == "file":
        return _from_file(rest)
    raise ValueError(f"the hypervisor gave no list of guests: {excerpt(source) or 'nothing'}")


def _libvirt(line: str) -> tuple[str, str]:
    uuid, _, state = line.strip().partition(" ")
    if not _UUID.fullmatch(uuid) or not state:
        raise ValueError(f"the hypervisor's list of guests has a line of another form: {excerpt(line)}")
    return uuid, state


def _from_file(text: str) -> JsonValue:
    try:
        guests = json.loads(text)
        return {uuid: PRACTICE_STATES.get(state, str(state)) for uuid, (_, state) in sorted(guests.items())}
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"the practice cloud's list of guests is damaged: {excerpt(text) or 'nothing'}") from None


FACT = HostFact("nova.guests", commands, parse)
