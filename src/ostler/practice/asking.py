"""From what was asked for to a layout: what is left out is taken from the record, or chosen."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from ostler.catalog.catalog import load_catalog
from ostler.errors import InputError
from ostler.practice import network
from ostler.practice.cloud_file import release_now
from ostler.practice.layout import DEFAULT_RELEASE, Layout
from ostler.practice.machine import demand_machine, machine_lock
from ostler.practice.openstack.archives import buildable
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
    spares: int | None = None,
    subnet: str | None = None,
    has_tls: bool | None = None,
) -> Layout:
    """The layout to build, put on record. None means: as on record, or the default for a new cloud.

    Raises InputError when a choice cannot be used, contradicts the record or what the cloud is by now, or the subnet is
    taken.
    """
    if release is not None:
        _demand_buildable(release)
    demand_machine()
    with machine_lock():
        known = load_layout(name, state_root, cache_dir) if name in known_names(state_root) else None
        if known and State(known).is_being_removed():
            raise _half_removed(known)
        layout = Layout(
            name=name,
            release=_built_at(release, known) if known else release or DEFAULT_RELEASE,
            controllers=_first(controllers, known.controllers if known else None, DEFAULT_CONTROLLERS),
            computes=_first(computes, known.computes if known else None, DEFAULT_COMPUTES),
            spares=_first(spares, known.spares if known else None, 0),
            subnet=subnet or (known.subnet if known else _free_subnet(state_root, cache_dir)),
            has_tls=known.has_tls if known and has_tls is None else bool(has_tls),
            state_root=state_root,
            cache_dir=cache_dir,
        )
        network.demand_free_subnet(layout)
        State(layout).begin()
    return layout


def _demand_buildable(release: str) -> None:
    releases = buildable(load_catalog())
    if release not in releases:
        raise InputError(
            "practice.unknown-release",
            f"a practice cloud cannot be built at release {release!r}",
            expected=f"one of {', '.join(releases)}",
            do_next="choose one of those with --release",
        )


def _half_removed(known: Layout) -> InputError:
    return InputError(
        "practice.half-removed",
        f"the removal of practice cloud {known.name} was interrupted: what is left of it cannot be built on",
        do_next=f"finish it: ostler practice down --name {known.name}",
    )


def _built_at(asked: str | None, known: Layout) -> str:
    """The release a cloud was built at. Raises InputError when it is asked for at another than it is at by now."""
    now = release_now(known)
    if asked not in (None, now):
        raise InputError(
            "practice.other-release",
            f"practice cloud {known.name} is at {now}",
            found=now,
            expected=str(asked),
            do_next=f"take it down first: ostler practice down --name {known.name}; or use another --name; "
            "or leave out --release",
        )
    return known.release


def _free_subnet(state_root: Path, cache_dir: Path) -> str:
    on_record = [
        ipaddress.IPv4Network(load_layout(name, state_root, cache_dir).subnet) for name in known_names(state_root)
    ]
    in_use = [used for _, used in network.used_networks()]
    return network.next_free_subnet([*on_record, *in_use])


def _first(asked: int | None, known: int | None, default: int) -> int:
    return next(value for value in (asked, known, default) if value is not None)
