"""Things that go wrong on a practice host on purpose, so that a certain step of a plan fails there; their mending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from practice_operator import PracticeOperator

Step = Mapping[str, Any]

STAYS_DISABLED: Mapping[str, str] = {"disable-compute": "nova-compute", "disable-volume-backends": "cinder-volume"}
"""Steps that disable scheduling to a service, and that service: while it does not run, what they lent stays out."""

PROTECTED_DIR = "/var/lib/ostler"
ENVIRONMENTS_DIR = "/opt/openstack/venvs"
A_SERVICE = "nova-scheduler"

WILL_NOT_START = """
drop_in=/etc/systemd/system/$1.service.d/zz-trouble.conf
mkdir -p "${drop_in%/*}"
printf '[Service]\\nExecStartPre=/bin/false\\n' > "$drop_in"
systemctl daemon-reload
"""
STARTS_AGAIN = """
drop_in=/etc/systemd/system/$1.service.d/zz-trouble.conf
rm -f "$drop_in"
rmdir --ignore-fail-on-non-empty "${drop_in%/*}"
systemctl daemon-reload
systemctl reset-failed
"""
READ_ONLY = 'mkdir -p "$1" && rm -rf "$2" && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'


REFUSES_TO_LEND = """
mariadb=$(command -v mariadb)
mv "$mariadb" "$mariadb.away"
cat > "$mariadb" <<'end'
#!/bin/sh
case "$*" in *"creators = 1"*) echo "it was told to fail" >&2; exit 1 ;; esac
exec "$0.away" "$@"
end
chmod 755 "$mariadb"
"""
LENDS_AGAIN = 'mariadb=$(command -v mariadb) && mv "$mariadb.away" "$mariadb"'


@dataclass(frozen=True)
class Trouble:
    """What makes a step fail: a script for its host that breaks something, and one that mends it."""

    says: str
    breaks: tuple[str, ...]
    mends: tuple[str, ...]

    @contextmanager
    def on(self, cloud: PracticeOperator, host: str) -> Iterator[None]:
        """The host is in trouble for a while."""
        cloud.on(host, "sh", "-ec", self.breaks[0], "sh", *self.breaks[1:])
        try:
            yield
        finally:
            cloud.on(host, "sh", "-ec", self.mends[0], "sh", *self.mends[1:])


def _service(step: Step) -> Trouble:
    unit = step["params"]["units"][0]
    return Trouble(f"{unit} will not start", (WILL_NOT_START, unit), (STARTS_AGAIN, unit))


def _tool(step: Step) -> Trouble:
    tool = f"{step['params']['environment']}/bin/{step['params']['argv'][0]}"
    return Trouble(f"{tool} is gone", ('mv "$1" "$1.away"', tool), ('mv "$1.away" "$1"', tool))


def _variable(step: Step) -> Trouble:
    return Trouble(f"the database refuses to set {step['params']['name']}", (REFUSES_TO_LEND,), (LENDS_AGAIN,))


def _read_only(folder: str, forgotten: str) -> Trouble:
    return Trouble(f"{folder} is read-only", (READ_ONLY, folder, forgotten), ('umount "$1"', folder))


def _environment(step: Step) -> Trouble:
    name = f"{step['params']['project']}-{step['params']['version']}"
    return _read_only(ENVIRONMENTS_DIR, f"{ENVIRONMENTS_DIR}/{name}")


def _dump(step: Step) -> Trouble:
    return _read_only(PROTECTED_DIR, "")


def _proof(step: Step) -> Trouble:
    return Trouble(f"{A_SERVICE} is stopped", ('systemctl stop "$1"', A_SERVICE), ('systemctl start "$1"', A_SERVICE))


TROUBLE_FOR: Mapping[str, Callable[[Step], Trouble]] = {
    "start-service": _service,
    "restart-service": _service,
    "lend-variable": _variable,
    "run-management": _tool,
    "send-environment": _environment,
    "dump-databases": _dump,
    "prove": _proof,
}
"""Kinds whose steps do something in every run, the best first. A command that brings a schema to where it is already is
not run: in stages that have such commands a step beside them fails."""
ORDER = tuple(TROUBLE_FOR)


def for_stage(stage: Mapping[str, Any]) -> tuple[Step, Trouble]:
    """A step of a stage that can be made to fail, and how. The last lane's, so that others are done before. One that
    acts on several hosts fails on the one its name tells."""
    steps = [step for lane in stage["lanes"] for step in lane["steps"] if step["kind"] in TROUBLE_FOR]
    if stage["name"] == "prove":
        steps = [step for step in steps if step["id"].endswith("/processes")]
    step = min(reversed(steps), key=lambda step: ORDER.index(step["kind"]))
    if step["kind"] == "send-environment":  # a folder that is read-only stops the first that is sent to the host
        step = next(other for other in steps if (other["kind"], other["host"]) == (step["kind"], step["host"]))
    return {**step, "host": step["host"] or step["id"].split("/")[1]}, TROUBLE_FOR[step["kind"]](step)


def stays_lent(stage: Mapping[str, Any], step: Step) -> list[str]:
    """What stays lent when a step of a stage fails: that nothing new is scheduled to the very service that will not
    start, and nothing else."""
    units = step["params"].get("units", ())
    return [
        str(other["lends"])
        for lane in stage["lanes"]
        for other in lane["steps"]
        if other["host"] == step["host"] and STAYS_DISABLED.get(other["kind"]) in units
    ]
