"""From what was asked for to a layout: what is left out is taken from the record, or chosen."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from ostler.practice import network
from ostler.practice.layout import DEFAULT_RELEASE, Layout
from ostler.practice.machine import demand_machine, machine_lock
from ostler.practice.state import State, known_names, load_layout

DEFAULT_CONTROLLERS, DEFAULT_COMPUTES = 3, 2


def ask(
    name: str,
    state_root: Path,
    cache_dir: Path,
    *,
    release: str | None = None,
    controllers: int | None = None,
    computes: int | None = None,
    subnet: str | None = None,
) -> Layout:
    """The layout to build, put on record. None means: as on record, or the default for a new cloud.

    Raises InputError when a choice cannot be used, contradicts the record, or the subnet is taken.
    """
    demand_machine()
    with machine_lock():
        known = load_layout(name, state_root, cache_dir) if name in known_names(state_root) else None
        layout = Layout(
            name=name,
            release=release or (known.release if known else DEFAULT_RELEASE),
            controllers=_first(controllers, known.controllers if known else None, DEFAULT_CONTROLLERS),
            computes=_first(computes, known.computes if known else None, DEFAULT_COMPUTES),
            subnet=subnet or (known.subnet if known else _free_subnet(state_root, cache_dir)),
            state_root=state_root,
            cache_dir=cache_dir,
        )
        network.demand_free_subnet(layout)
        State(layout).begin()
    return layout


def _free_subnet(state_root: Path, cache_dir: Path) -> str:
    on_record = [
        ipaddress.IPv4Network(load_layout(name, state_root, cache_dir).subnet) for name in known_names(state_root)
    ]
    in_use = [used for _, used in network.used_networks()]
    return network.next_free_subnet([*on_record, *in_use])


def _first(asked: int | None, known: int | None, default: int) -> int:
    return next(value for value in (asked, known, default) if value is not None)
