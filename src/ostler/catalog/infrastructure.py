"""What lies below OpenStack: databases, message queues, storage, and which steps their versions can take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ostler.catalog.numbering import numbers
from ostler.catalog.record import Closed, Ranged, Source, true_in
from ostler.catalog.release import Release


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
class RunWith(Ranged):
    """Versions (series) of the component that OpenStack of these releases was run with."""

    versions: tuple[str, ...]
    source: Source


@dataclass(frozen=True, kw_only=True)
class Component(Closed):
    """One component below OpenStack, with `versions` from old to new.

    `shipped` is the version that comes with a distribution, for distributions that releases of OpenStack are tested on.
    """

    name: str
    versions: tuple[ComponentVersion, ...]
    steps: tuple[ComponentStep, ...]
    steps_source: Source | None
    demands: tuple[Demand, ...]
    shipped: Mapping[str, str] = field(default_factory=dict)
    shipped_source: Source | None = None
    run_with: tuple[RunWith, ...] = ()

    def known_with(self, release: Release, order: Sequence[str]) -> tuple[str, ...]:
        """The versions that a release is known to run with, from old to new: those its own tests meet, and those that
        were seen. Empty when nothing is known; `order` lists release ids from old to new."""
        tested = (*release.distributions, *release.upgrade_distributions)
        shipped = {self.shipped[name] for name in tested if name in self.shipped}
        seen = {version for each in true_in(release.id, self.run_with, order) for version in each.versions}
        return tuple(sorted(shipped | seen, key=numbers))

    def way(self, source: str, target: str) -> tuple[str, ...]:
        """The fewest steps from one version to another, both ends included; empty when none are known."""
        ways: list[tuple[str, ...]] = [(source,)]
        seen = {source}
        for way in ways:  # grows meanwhile: the shorter ways come first
            if way[-1] == target:
                return way
            onward = [step.target_version for step in self.steps if step.source_version == way[-1]]
            ways += [(*way, version) for version in onward if version not in seen]
            seen.update(onward)
        return ()


@dataclass(frozen=True, kw_only=True)
class InfrastructureData(Closed):
    """The file infrastructure.yaml."""

    components: tuple[Component, ...]


def series(version: str) -> str:
    """The series a version belongs to: "10.11" of `10.11.19-MariaDB-0+deb12u1`."""
    return ".".join(map(str, numbers(version)[:2]))
