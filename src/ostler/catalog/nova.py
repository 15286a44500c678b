"""What holds between two releases of nova at once: service versions, RPC, objects kept in databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ostler.catalog.record import Closed, Source
from ostler.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Between(Closed):
    """What nova of one release speaks with others.

    `rpc_accepted` are the versions of compute RPC its nova-compute takes (the highest of each major);
    `rpc_pin` is what `[upgrade_levels] compute` set to this release's name means; `oldest` is the oldest release
    whose computes it starts beside (None: it does not look). `floor_alias` is the services.version that later
    releases take for this one when they say what the oldest is, which need not be the one it ships with (None: none
    was set). `next_min_libvirt` and `next_min_qemu` are announced minima. `min_placement` and `min_cinder` are the
    microversions its status check asks for (None: it does not ask, or it was not read).
    """

    rpc_accepted: tuple[str, ...]
    rpc_pin: str
    oldest: str | None = None
    floor_alias: int | None = None
    next_min_libvirt: str | None = None
    next_min_qemu: str | None = None
    min_placement: str | None = None
    min_cinder: str | None = None


@dataclass(frozen=True, kw_only=True)
class NovaRelease(Closed):
    """Facts of nova's first version (X.0.0) in one release.

    `service_version` is what its services write into nova.services.version (0: they write none);
    `compute_floor` is the lowest services.version any nova-compute record may have for these services to
    start (deleted ones do not count; disabled and dead ones do; 0: they start beside any); `min_libvirt` and
    `min_qemu` are the lowest its nova-compute starts with ("": it does not look). `objects` are versions of
    versioned objects that are stored as JSON, `Name` to version (empty: they were not read).
    `between` is what other services and the hypervisor of another release meet.
    """

    service_version: int
    compute_floor: int
    min_libvirt: str
    min_qemu: str
    objects: Mapping[str, str] = field(default_factory=dict)
    between: Between
    source: Source


@dataclass(frozen=True, kw_only=True)
class StoredObject(Closed):
    """Where versioned objects lie as JSON text: the column, and the objects found in it."""

    database: str
    table: str
    column: str
    objects: tuple[str, ...]


@dataclass(frozen=True)
class DataEdit:
    """A change of rows that code of `release_to` needs after code of `release_from` has written them.

    `set_version`: every row that is not deleted and has `old` in `column` gets `new`.
    `replace_object_version`: in the JSON text of `column`, versioned object `object_name` of version `old`
    is marked as `new`. Both are undone by the recorded rows from before, not by turning them round.
    """

    database: str
    table: str
    column: str
    kind: Literal["set_version", "replace_object_version"]
    object_name: str | None
    old: str
    new: str
    why: str


@dataclass(frozen=True, kw_only=True)
class NovaData(Closed):
    """The files nova.yaml and past/between_nova.yaml; of past releases nothing is known of stored objects."""

    releases: Mapping[str, NovaRelease]
    stored_objects: tuple[StoredObject, ...] = ()
    stored_objects_source: Source | None = None


class Nova:
    """nova's facts by release, and what follows for a pair of releases."""

    def __init__(self, data: NovaData) -> None:
        self._data = data

    @property
    def stored_objects(self) -> tuple[StoredObject, ...]:
        """The columns that hold versioned objects as JSON text."""
        return self._data.stored_objects

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases there are facts about, from old to new."""
        return tuple(self._data.releases)

    def at(self, release: str) -> NovaRelease:
        """The facts of `release`. Raises InputError `catalog.not-in-release` when there are none."""
        found = self._data.releases.get(release)
        if found is None:
            raise InputError(
                "catalog.not-in-release",
                f"the catalog has no facts about nova in {release}",
                do_next=f"use one of: {', '.join(self._data.releases)}",
            )
        return found

    def edits_for_return(self, upgraded_to: str, back_to: str) -> tuple[DataEdit, ...]:
        """The edits that let code of `back_to` work on databases that code of `upgraded_to` wrote."""
        new, old = self.at(upgraded_to), self.at(back_to)
        edits = []
        if new.service_version > old.service_version:
            edits.append(_service_version_edit(new.service_version, old.service_version))
        for place in self._data.stored_objects:
            for name in place.objects:
                if new.objects[name] != old.objects[name]:
                    edits.append(_object_edit(place, name, new.objects[name], old.objects[name]))
        return tuple(edits)


def _service_version_edit(new: int, old: int) -> DataEdit:
    return DataEdit(
        database="nova",
        table="services",
        column="version",
        kind="set_version",
        object_name=None,
        old=str(new),
        new=str(old),
        why=f"services of version {old} refuse to start while all records of their kind say {new}",
    )


def _object_edit(place: StoredObject, name: str, new: str, old: str) -> DataEdit:
    return DataEdit(
        database=place.database,
        table=place.table,
        column=place.column,
        kind="replace_object_version",
        object_name=name,
        old=new,
        new=old,
        why=f"old code reads {name} up to {old}; migrating a server made by new code fails otherwise",
    )
