"""The objects behind the APIs of a simulated cloud: looking them up, and letting time change them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ostler.remote.simulated.machine import World
from ostler.remote.simulated.state import Change, CloudState, Thing

SETTLES_AFTER_S = 2.0
HOST = "OS-EXT-SRV-ATTR:host"
TASK = "OS-EXT-STS:task_state"
VOLUME_HOST = "os-vol-host-attr:host"
WORKED_ON = ("creating", "deleting", "attaching", "detaching")


def things(state: CloudState, kind: str) -> dict[str, Thing]:
    """Return all objects of a kind by id; what was due to happen to them has happened."""
    found = state.things.setdefault(kind, {})
    for key, thing in list(found.items()):
        if thing.change and (thing.change.is_seen or state.now >= thing.change.due):
            change, thing.change = thing.change, None
            if change.values.get("is_gone"):
                del found[key]
            else:
                thing.values.update(change.values)
    return found


def look(state: CloudState, kind: str, key: str) -> dict[str, Any] | None:
    """Return an object as it is shown now; what it is about to become is shown the next time."""
    thing = things(state, kind).get(key)
    if thing is None:
        return None
    if thing.change:
        thing.change.is_seen = True
    return dict(thing.values)


def look_at_all(state: CloudState, kind: str) -> list[dict[str, Any]]:
    """Return all objects of a kind as they are shown now."""
    return [shown for key in list(things(state, kind)) if (shown := look(state, kind, key)) is not None]


def add(world: World, kind: str, values: dict[str, Any], becomes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Add an object with an id of its own, and return it; `becomes` is what it will be shortly."""
    key = str(values.setdefault("id", world.identifier()))
    things(world.state, kind)[key] = Thing(values)
    if becomes:
        will_become(world.state, kind, key, becomes)
    world.note(f"api: create {kind[:-1]} {values.get('name') or key}")
    return dict(values)


def change(world: World, kind: str, key: str, values: dict[str, Any], becomes: dict[str, Any] | None = None) -> None:
    """Change an object now, and again shortly."""
    thing = things(world.state, kind)[key]
    thing.values.update(values)
    if becomes:
        will_become(world.state, kind, key, becomes)


def remove(world: World, kind: str, key: str) -> None:
    """Let an object be deleted shortly."""
    thing = things(world.state, kind)[key]
    world.note(f"api: delete {kind[:-1]} {thing.values.get('name') or key}")
    will_become(world.state, kind, key, {"is_gone": True})


def will_become(state: CloudState, kind: str, key: str, values: dict[str, Any]) -> None:
    things(state, kind)[key].change = Change(values, state.now + SETTLES_AFTER_S)


def servers_on(state: CloudState, host: str) -> Iterator[dict[str, Any]]:
    """Yield the servers on a compute host, without counting as a look at them."""
    for thing in things(state, "servers").values():
        if thing.values.get(HOST) == host:
            yield thing.values


def busy_servers(state: CloudState) -> dict[str, int]:
    """Return how many servers with a task or being built each compute has; "" stands for those without host."""
    found: dict[str, int] = {}
    for thing in things(state, "servers").values():
        if thing.values.get(TASK) is not None or thing.values.get("status") == "BUILD":
            host = thing.values.get(HOST) or ""
            found[host] = found.get(host, 0) + 1
    return found


def busy_volumes(state: CloudState) -> dict[str, int]:
    """Return how many volumes are being made or changed on each backend; "" stands for those without one."""
    found: dict[str, int] = {}
    for thing in things(state, "volumes").values():
        if thing.values.get("status") in WORKED_ON:
            backend = (thing.values.get(VOLUME_HOST) or "").partition("#")[0]
            found[backend] = found.get(backend, 0) + 1
    return found


def time_text(state: CloudState) -> str:
    """Return the time as the APIs write it."""
    return datetime.fromtimestamp(state.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
