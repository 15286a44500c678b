"""What lies below OpenStack: databases, message queues, storage, and which steps their versions can take."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class ComponentVersion(Closed):
    """One version (a series, such as 3.13) of a component; `name` is its word name, `released` its ISO date or month
    (each None where there is none, or it is not known)."""

    version: str
    name: str | None = None
    released: str | None = None


@dataclass(frozen=True, kw_only=True)
class ComponentStep(Closed):
    """A step between two versions that the component can take; what is not listed it cannot, or nothing is known."""

    source_version: str
    target_version: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Demand(Closed):
    """What the component demands of those who upgrade it, or OpenStack of the component.

    `is_verified` is false for what was told by others and not found in the component's own code or documents.
    """

    text: str
    is_verified: bool = True
    source: Source


@dataclass(frozen=True, kw_only=True)
class Component(Closed):
    """One component below OpenStack, with `versions` from old to new."""

    name: str
    versions: tuple[ComponentVersion, ...]
    steps: tuple[ComponentStep, ...]
    steps_source: Source | None
    demands: tuple[Demand, ...]


@dataclass(frozen=True, kw_only=True)
class InfrastructureData(Closed):
    """The file infrastructure.yaml."""

    components: tuple[Component, ...]
