"""Releases and the hops between them.

A release id is always a quoted string: `"2025.1"`. A hop is one supported upgrade edge: from any release to
the next, and from one SLURP release to the next SLURP release. Beside these there are exceptional ones, which are
listed: they were tried by OpenStack's own tests and promised by no one.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Source
from ostler.errors import InputError

Status = Literal["future", "development", "maintained", "unmaintained", "end of life"]
HopKind = Literal["adjacent", "slurp", "exceptional", "way"]
"""A way is several hops, one after the other, while nothing runs."""


@dataclass(frozen=True, kw_only=True)
class PhaseChange(Closed):
    """The status a release gets next, and the ISO day that was planned for it when the source was read."""

    status: Status
    date: str


@dataclass(frozen=True, kw_only=True)
class Release(Closed):
    """One OpenStack release.

    `ordinal` counts from kilo = 0; `released` is the ISO date of its first version; `status` is that of
    `ReleasesData.source`, and `next_phase` what it becomes next (None: nothing is planned); `ended` is the ISO day
    its life ended (None: it had not). `is_slurp` marks those that may be hopped between directly; `pythons` and
    `distributions` are what the project's testing runtime names (empty: it named none), `upgrade_distributions` those
    it names only for coming from the SLURP release before. `source` is where these runtimes were read, when not
    where the rest was.
    """

    id: str
    series: str
    ordinal: int
    released: str
    status: Status
    is_slurp: bool
    pythons: tuple[str, ...]
    distributions: tuple[str, ...]
    upgrade_distributions: tuple[str, ...] = ()
    ended: str | None = None
    next_phase: PhaseChange | None = None
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class ExceptionalHop(Closed):
    """A hop that the rule does not give; `note` says who vouches for it, and who does not."""

    source_release: str
    target_release: str
    note: str
    source: Source


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
class TriedWay(Closed):
    """A way that was really gone with the services stopped, and `source` where; `note` is for people."""

    source_release: str
    target_release: str
    note: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class ReleasesData(Closed):
    """The file releases.yaml. Ways that begin or end before `planned_since` are planned only with the services stopped,
    from `stopped_since` on; of releases before that Ostler knows facts, and plans nothing."""

    source: Source
    planned_since: str
    stopped_since: str
    releases: tuple[Release, ...]
    exceptional_hops: tuple[ExceptionalHop, ...]
    rolling: tuple[RollingFacts, ...]
    fast_forwards: tuple[TriedWay, ...]
    replacements: tuple[TriedWay, ...]


@dataclass(frozen=True)
class Hop:
    """One upgrade edge. `rolling` is None when nothing is recorded about doing it in service; `note` is what an
    exceptional hop has to say ("" for every other)."""

    source: Release
    target: Release
    kind: HopKind
    rolling: RollingFacts | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.source.id} → {self.target.id}"


class Releases:
    """Releases from old to new, and the hops between them: those from `since` on (None: all that are known)."""

    def __init__(self, data: ReleasesData, since: str | None = None) -> None:
        known = tuple(sorted(data.releases, key=lambda release: release.ordinal))
        self.all = known[[release.id for release in known].index(since) :] if since else known
        self.order = tuple(release.id for release in self.all)
        self._by_id = {release.id: release for release in self.all}
        self._rolling = {(r.source_release, r.target_release): r for r in data.rolling}
        self._fast_forwards, self._replacements = (
            {(tried.source_release, tried.target_release): tried for tried in ways}
            for ways in (data.fast_forwards, data.replacements)
        )
        self._exceptional = tuple(
            hop for hop in data.exceptional_hops if {hop.source_release, hop.target_release} <= set(self.order)
        )

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
        """The hops that leave a release, the shortest first and exceptional ones last."""
        source = self.release(release_id)
        later = self.all[self.all.index(source) + 1 :]
        hops = [self._hop(source, later[0], "adjacent")] if later else []
        next_slurp = next((release for release in later if release.is_slurp), None)
        if source.is_slurp and next_slurp not in (None, *later[:1]):
            assert next_slurp is not None
            hops.append(self._hop(source, next_slurp, "slurp"))
        hops += [
            self._hop(source, self.release(listed.target_release), "exceptional", listed.note)
            for listed in self._exceptional
            if listed.source_release == source.id
        ]
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
        """The fewest hops that lead from `source` to `target`, none of them exceptional; empty when none do or they
        are the same."""
        here, there = self.release(source), self.release(target)
        hops: list[Hop] = []
        while here.ordinal < there.ordinal:
            promised = [hop for hop in self.hops_from(here.id) if hop.kind != "exceptional"]
            reach = [hop for hop in promised if hop.target.ordinal <= there.ordinal]
            hops.append(reach[-1])
            here = reach[-1].target
        return tuple(hops)

    def tried_way(self, source: str, target: str, *, is_replacement: bool) -> TriedWay | None:
        """What is recorded of going from `source` to `target` with the services stopped, on the control plane there is
        or on a new one; None when nobody did."""
        return (self._replacements if is_replacement else self._fast_forwards).get((source, target))

    def way(self, source: str, target: str) -> Hop:
        """The hops of `chain` as one, for what only asks where it begins and where it ends; the hop itself where there
        is only one.

        Raises InputError `catalog.no-such-hop` when no chain leads there, `catalog.unknown-release` for a release it
        does not know.
        """
        chain = self.chain(source, target)
        if len(chain) < 2:
            return self.hop(source, target)
        return Hop(chain[0].source, chain[-1].target, "way")

    def _advice(self, here: Release, there: Release) -> str:
        if here == there:
            return f"the cloud is at {here.id} already; choose a later release"
        chain = self.chain(here.id, there.id)
        if not chain:
            return "going back is not an upgrade; use: ostler rollback RUN --out back.plan && ostler apply back.plan"
        stops = " → ".join((here.id, *(hop.target.id for hop in chain)))
        now, then = (hop.target.id for hop in chain[:2])
        return (
            f"go there in {len(chain)} hops: {stops}, with a plan for each: now ostler upgrade --to {now}, and when "
            f"its run has ended well ostler upgrade --to {then}"
        )

    def _hop(self, source: Release, target: Release, kind: HopKind, note: str = "") -> Hop:
        return Hop(source, target, kind, self._rolling.get((source.id, target.id)), note)
