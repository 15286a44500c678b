"""Releases and the hops between them.

A release id is always a quoted string: `"2025.1"`. A hop is one supported upgrade edge: from any release to
the next, and from one SLURP release to the next SLURP release.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Source
from ostler.errors import InputError

Status = Literal["future", "development", "maintained", "unmaintained", "end of life"]


@dataclass(frozen=True, kw_only=True)
class Release(Closed):
    """One OpenStack release.

    `ordinal` counts from kilo = 0; `released` is the ISO date of its first version; `status` is that of
    `ReleasesData.source`; `is_slurp` marks those that may be hopped between directly; `pythons` and
    `distributions` are what the project's testing runtime names.
    """

    id: str
    series: str
    ordinal: int
    released: str
    status: Status
    is_slurp: bool
    pythons: tuple[str, ...]
    distributions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RollingFacts(Closed):
    """What is known of a hop done with services running.

    `is_tried` says that it was really carried out so, and `source` where; `may_roll_computes` that
    computes of the source release work under controllers of the target release; `note` is for people.
    """

    source_release: str
    target_release: str
    is_tried: bool
    may_roll_computes: bool
    note: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ReleasesData(Closed):
    """The file releases.yaml."""

    source: Source
    releases: tuple[Release, ...]
    rolling: tuple[RollingFacts, ...]


@dataclass(frozen=True)
class Hop:
    """One supported upgrade edge. `rolling` is None when nothing is recorded about doing it in service."""

    source: Release
    target: Release
    kind: Literal["adjacent", "slurp"]
    rolling: RollingFacts | None = None

    def __str__(self) -> str:
        return f"{self.source.id} → {self.target.id}"


class Releases:
    """The releases from old to new, and the hops by rule."""

    def __init__(self, data: ReleasesData) -> None:
        self.all = tuple(sorted(data.releases, key=lambda release: release.ordinal))
        self.order = tuple(release.id for release in self.all)
        self._by_id = {release.id: release for release in self.all}
        self._rolling = {(r.source_release, r.target_release): r for r in data.rolling}

    def release(self, release_id: str) -> Release:
        """The release with this id. Raises InputError `catalog.unknown-release`, naming the nearest."""
        found = self._by_id.get(release_id)
        if found is not None:
            return found
        by_series = next((r.id for r in self.all if r.series == release_id.lower()), None)
        near = [by_series] if by_series else difflib.get_close_matches(release_id, self.order, n=3, cutoff=0.5)
        raise InputError(
            "catalog.unknown-release",
            f"there is no release {release_id!r} in the catalog",
            found=release_id,
            expected=", ".join(self.order),
            do_next=f"did you mean {' or '.join(near)}?" if near else "see: ostler catalog releases",
        )

    def hops_from(self, release_id: str) -> tuple[Hop, ...]:
        """The hops that leave a release, the shortest first."""
        source = self.release(release_id)
        later = self.all[self.all.index(source) + 1 :]
        hops = [self._hop(source, later[0], "adjacent")] if later else []
        next_slurp = next((release for release in later if release.is_slurp), None)
        if source.is_slurp and next_slurp not in (None, *later[:1]):
            assert next_slurp is not None
            hops.append(self._hop(source, next_slurp, "slurp"))
        return tuple(hops)

    def hop(self, source: str, target: str) -> Hop:
        """The hop from `source` to `target`.

        Raises InputError `catalog.no-such-hop` when there is none, saying which hops leave the source and
        which chain of hops gets to the target; `catalog.unknown-release` for a release it does not know.
        """
        here, there = self.release(source), self.release(target)
        hops = self.hops_from(source)
        for hop in hops:
            if hop.target == there:
                return hop
        exist = ", ".join(str(hop) for hop in hops) or f"none leaves {source}"
        raise InputError(
            "catalog.no-such-hop",
            f"OpenStack cannot be upgraded from {source} to {target} in one hop",
            found=f"{source} → {target}",
            expected=f"one of: {exist}",
            do_next=self._advice(here, there),
        )

    def chain(self, source: str, target: str) -> tuple[Hop, ...]:
        """The fewest hops that lead from `source` to `target`; empty when none do or they are the same."""
        here, there = self.release(source), self.release(target)
        hops: list[Hop] = []
        while here.ordinal < there.ordinal:
            reach = [hop for hop in self.hops_from(here.id) if hop.target.ordinal <= there.ordinal]
            hops.append(reach[-1])
            here = reach[-1].target
        return tuple(hops)

    def _advice(self, here: Release, there: Release) -> str:
        if here == there:
            return f"the cloud is at {here.id} already; choose a later release"
        chain = self.chain(here.id, there.id)
        if not chain:
            return "going back is not an upgrade; use: ostler rollback RUN --out back.plan && ostler apply back.plan"
        stops = " → ".join((here.id, *(hop.target.id for hop in chain)))
        return f"go there in {len(chain)} hops: {stops}; begin with --to {chain[0].target.id}"

    def _hop(self, source: Release, target: Release, kind: Literal["adjacent", "slurp"]) -> Hop:
        return Hop(source, target, kind, self._rolling.get((source.id, target.id)))
