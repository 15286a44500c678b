"""systemctl on a simulated host: starting, stopping and showing units, driven by the unit files that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import KEEPALIVED, MARIADB, address_moves, cannot_join, leaves_cluster
from ostler.remote.simulated.services import UNIT_DIR, VENDOR_DIR, code_of, report, unit_text
from ostler.remote.simulated.state import Entry, UnitState

START_S, STOP_S, RELOAD_S = 1.5, 0.8, 0.3
NOT_LOADED = 5
WANTS = f"{UNIT_DIR}/multi-user.target.wants"


def systemctl(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Run one systemctl command."""
    words = [word for word in arguments if not word.startswith("-")]
    options = [word for word in arguments if word.startswith("-")]
    verb, names = (words[0], [name.removesuffix(".service") for name in words[1:]]) if words else ("", [])
    if verb == "daemon-reload":
        return _reload(machine)
    if verb == "show":
        return _show(machine, names, options)
    if verb in ("is-active", "is-enabled"):
        return _is(machine, verb, names)
    if verb not in _VERBS:
        return failed(f"Unknown command verb {verb!r}.")
    outcomes = [_VERBS[verb](machine, name) for name in names]
    code = next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)
    longest = max((outcome.seconds for outcome in outcomes), default=0.01)
    return Outcome(code, "", "".join(outcome.stderr for outcome in outcomes), longest)


def start_unit(machine: Machine, unit: str) -> Outcome:
    """Start a unit that does not run."""
    text = unit_text(machine, unit)
    state = machine.host.units.get(unit)
    if state is None or (state.text is None and text is not None):
        if text is None:
            return failed(f"Failed to start {unit}.service: Unit {unit}.service not found.", NOT_LOADED)
        state = machine.host.units.setdefault(unit, UnitState())
        state.text = text
    if state.text is None:
        return failed(f"Failed to start {unit}.service: Unit {unit}.service not found.", NOT_LOADED)
    if state.runs:
        return Outcome(seconds=0.02)
    environment, reason = code_of(machine, unit, state.text)
    if f"{machine.host.name}/{unit}" in machine.state.failures.units:
        reason = "it was told to fail"
    if unit == MARIADB and cannot_join(machine):
        reason = "there is no cluster to join"
    state.invocation = hashlib.md5(str(machine.world.number()).encode(), usedforsecurity=False).hexdigest()
    if reason:
        machine.note(f"start {unit} failed")
        state.active, state.sub, state.environment = "failed", "failed", environment
        return failed(f"Job for {unit}.service failed because the control process exited with error code. ({reason})")
    state.active, state.sub, state.environment = "active", "running", environment
    state.main_pid, state.started_at = machine.world.number(), machine.state.now
    refusal = report(machine, unit, state)
    if refusal:
        # systemd counts the start as done before the program has looked at its database.
        state.active, state.sub, state.main_pid, state.started_at = "activating", "auto-restart", 0, None
        state.restarts += 1
    if unit == KEEPALIVED:
        address_moves(machine)
    code = environment.rpartition("/")[2] if environment else ""
    machine.note(f"start {unit}" + (f" ({code})" if code else "") + (f" refused: {refusal}" if refusal else ""))
    return Outcome(seconds=START_S)


def stop_unit(machine: Machine, unit: str) -> Outcome:
    """Stop a unit; one that does not run stays as it is."""
    state = machine.host.units.get(unit)
    if state is None:
        text = unit_text(machine, unit)
        if text is None:
            return failed(f"Failed to stop {unit}.service: Unit {unit}.service not loaded.", NOT_LOADED)
        return Outcome()
    if state.active not in ("active", "activating"):
        return Outcome()
    state.active, state.sub, state.main_pid, state.environment = "inactive", "dead", 0, None
    state.stopped_at, state.started_at = machine.state.now, None
    if unit == MARIADB:
        leaves_cluster(machine)
    machine.note(f"stop {unit}")
    return Outcome(seconds=STOP_S)


def _restart(machine: Machine, unit: str) -> Outcome:
    stopped = stop_unit(machine, unit)
    if stopped.exit_code:
        return failed(f"Failed to restart {unit}.service: Unit {unit}.service not found.", NOT_LOADED)
    started = start_unit(machine, unit)
    return Outcome(started.exit_code, "", started.stderr, stopped.seconds + started.seconds)


def _enable(machine: Machine, unit: str) -> Outcome:
    if unit_text(machine, unit) is None:
        return failed(f"Failed to enable unit: Unit file {unit}.service does not exist.")
    state = machine.host.units.setdefault(unit, UnitState(text=unit_text(machine, unit)))
    if not state.is_enabled:
        state.is_enabled = True
        own = machine.files.text(f"{UNIT_DIR}/{unit}.service") is not None
        target = f"{UNIT_DIR if own else VENDOR_DIR}/{unit}.service"
        machine.files.put(f"{WANTS}/{unit}.service", Entry("link", target=target, mode=0o777))
        machine.note(f"enable {unit}")
    return Outcome(seconds=0.2)


def _disable(machine: Machine, unit: str) -> Outcome:
    state = machine.host.units.get(unit)
    if unit_text(machine, unit) is None and not (state and state.is_enabled):
        return failed(f"Failed to disable unit: Unit file {unit}.service does not exist.")
    if state and state.is_enabled:
        state.is_enabled = False
        machine.files.remove(f"{WANTS}/{unit}.service")
        machine.note(f"disable {unit}")
    return Outcome(seconds=0.2)


def _reset_failed(machine: Machine, unit: str) -> Outcome:
    state = machine.host.units.get(unit)
    if state is None:
        return failed(f"Failed to reset failed state of unit {unit}.service: Unit {unit}.service not loaded.")
    if state.active == "failed":
        state.active, state.sub = "inactive", "dead"
    return Outcome()


def _reload(machine: Machine) -> Outcome:
    for unit, state in list(machine.host.units.items()):
        state.text = unit_text(machine, unit)
        if state.text is None and state.active in ("inactive", "failed"):
            del machine.host.units[unit]
    return Outcome(seconds=RELOAD_S)


def _is(machine: Machine, verb: str, names: Sequence[str]) -> Outcome:
    words = []
    for name in names:
        state = machine.host.units.get(name, UnitState())
        words.append(state.active if verb == "is-active" else "enabled" if state.is_enabled else "disabled")
    good = {"active", "enabled"}
    return Outcome(0 if good & set(words) else 3, "".join(f"{word}\n" for word in words))


def _show(machine: Machine, names: Sequence[str], options: Sequence[str]) -> Outcome:
    wanted = next((o.partition("=")[2].split(",") for o in options if o.startswith(("--property=", "-p="))), None)
    blocks = []
    for name in names:
        shown = _properties(machine, name)
        blocks.append("".join(f"{key}={shown.get(key, '')}\n" for key in wanted or shown))
    return Outcome(0, "\n".join(blocks), seconds=0.05)


def _properties(machine: Machine, unit: str) -> Mapping[str, str]:
    on_disk = unit_text(machine, unit) is not None
    state = machine.host.units.get(unit, UnitState())
    group = f"/system.slice/{unit}.service" if state.runs else ""
    started = state.started_at
    return {
        "Id": f"{unit}.service",
        "LoadState": "loaded" if on_disk or state.text is not None else "not-found",
        "ActiveState": state.active,
        "SubState": state.sub,
        "UnitFileState": ("enabled" if state.is_enabled else "disabled") if on_disk else "",
        "MainPID": str(state.main_pid),
        "InvocationID": state.invocation,
        "ExecMainStartTimestamp": _time(started) if started is not None else "",
        "NRestarts": str(state.restarts),
        "ControlGroup": group,
    }


def _time(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")


_VERBS: Mapping[str, Callable[[Machine, str], Outcome]] = {
    "start": start_unit,
    "stop": stop_unit,
    "restart": _restart,
    "enable": _enable,
    "disable": _disable,
    "reset-failed": _reset_failed,
}
