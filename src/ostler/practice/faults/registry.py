"""Every fault there is, by family. A new one is an entry in the module of its family."""

from __future__ import annotations

from collections.abc import Mapping

from ostler.errors import InputError
from ostler.practice.faults import (
    broker,
    configuration,
    database,
    front,
    guests,
    identity,
    images,
    network,
    records,
    room,
    services,
)
from ostler.practice.faults.fault import Fault

FAMILIES: Mapping[str, tuple[Fault, ...]] = {
    "services": services.FAULTS,
    "configuration and permissions": configuration.FAULTS,
    "RabbitMQ": broker.FAULTS,
    "MariaDB and Galera": database.FAULTS,
    "virtual address and HAProxy": front.FAULTS,
    "network and names": network.FAULTS,
    "identity": identity.FAULTS,
    "disks, memory, files, clock": room.FAULTS,
    "hypervisors": guests.FAULTS,
    "images": images.FAULTS,
    "records": records.FAULTS,
}

FAULTS: Mapping[str, Fault] = {fault.name: fault for family in FAMILIES.values() for fault in family}


def find(name: str) -> Fault:
    """The fault called `name`. Raises InputError when there is none, with those of similar names."""
    if name in FAULTS:
        return FAULTS[name]
    from difflib import get_close_matches

    close = get_close_matches(name, FAULTS, n=3, cutoff=0.5)
    raise InputError(
        "practice.unknown-fault",
        f"there is no fault {name!r}",
        found=name,
        expected=f"such as {', '.join(close)}" if close else "",
        do_next="see them all: ostler practice faults",
    )
