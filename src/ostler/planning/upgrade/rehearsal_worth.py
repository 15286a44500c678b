"""What a rehearsal is worth for this cloud: whether there is one where there should be, and whether it was of this hop,
of such databases, of late."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.errors import Finding, Severity
from ostler.planning.upgrade.rehearsals import Weighed
from ostler.planning.upgrade.request import Scene

DAY_S = 24 * 3600
SIZES_APART = 2.0
SMALL_BYTES = 50_000_000
"""What a database below that size costs is the same whatever its size."""

MB = 10**6


def worth_findings(scene: Scene) -> list[Finding]:
    """A failure where the cloud file demands a rehearsal that is not there; warnings of those that tell less than they
    seem to."""
    return [*_not_rehearsed(scene), *(found for each in scene.rehearsals.weighed for found in _worth(scene, each))]


def _not_rehearsed(scene: Scene) -> Iterator[Finding]:
    if not scene.cloud.policy.demands_rehearsal:
        return
    missing = [p.name for p in scene.projects_with_databases if scene.rehearsals.newest_for(p.name) is None]
    if missing:
        yield Finding(
            code="upgrade.not-rehearsed",
            severity=Severity.FAILURE,
            subject=f"{', '.join(missing)} on {scene.hop}",
            summary="the cloud file demands that an upgrade is rehearsed, and no rehearsal of this hop was given",
            found="no rehearsal that counts for them" if scene.rehearsals.weighed else "no rehearsal",
            expected="policy: {rehearsal: required}",
            do_next=(
                f"as root: ostler rehearse --to {scene.request.target} --live --report rehearsal.json; then: "
                f"ostler upgrade --to {scene.request.target} --rehearsal rehearsal.json"
            ),
        )


def _worth(scene: Scene, weighed: Weighed) -> Iterator[Finding]:
    """What keeps a rehearsal from saying how it will be on this cloud."""
    subject, again = weighed.name, f"rehearse again: ostler rehearse --to {scene.request.target} --live"
    if not weighed.outcomes:
        yield Finding(
            code="upgrade.rehearsal-of-another-hop",
            severity=Severity.WARNING,
            subject=subject,
            summary=f"it did not go over {scene.hop}, and says nothing about this upgrade",
            found=", ".join(dict.fromkeys(f"{hop.source} → {hop.target}" for hop in weighed.rehearsal.hops))
            or "no hop",
            expected=str(scene.hop),
            do_next=f"{again}, or leave it out",
        )
        return
    if weighed.elsewhere:
        databases, projects = sorted(weighed.elsewhere), sorted(set(weighed.elsewhere.values()))
        stands = scene.snapshot.known("databases.schema") or {}
        yield Finding(
            code="upgrade.rehearsal-of-another-schema",
            severity=Severity.WARNING,
            subject=subject,
            summary=(
                f"its databases {', '.join(databases)} stood elsewhere than those of this cloud: "
                f"it counts for nothing in {', '.join(projects)}"
            ),
            found="; ".join(f"{name}: {_revisions(_seen(weighed, name))}" for name in databases),
            expected="; ".join(f"{name}: {_revisions(stands.get(name, ()))}" for name in databases),
            do_next=f"see whether the dumps were of this cloud, and {again}",
        )
    age_s = scene.snapshot.taken_at - weighed.rehearsal.beginning.at
    if age_s > scene.cloud.policy.rehearsal_days * DAY_S:
        yield Finding(
            code="upgrade.rehearsal-too-old",
            severity=Severity.WARNING,
            subject=subject,
            summary="since it was made, rows may have come that it has not seen",
            found=f"{age_s / DAY_S:.0f} days old",
            expected=f"at most {scene.cloud.policy.rehearsal_days} days (rehearsal_days: in the cloud file's policy:)",
            do_next=again,
        )
    yield from _of_other_size(scene, weighed, again)


def _of_other_size(scene: Scene, weighed: Weighed, again: str) -> Iterator[Finding]:
    sizes = scene.snapshot.known("databases.sizes") or {}
    of = {database.name: project.name for project in scene.projects for database in project.databases}
    told = {
        name: (there, sizes[name]["bytes"])
        for name, there in sorted(weighed.rehearsal.beginning.bytes.items())
        if name in sizes and weighed.counts_for(of.get(name, "")) and _is_apart(there, sizes[name]["bytes"])
    }
    if told:
        yield Finding(
            code="upgrade.rehearsal-of-other-size",
            severity=Severity.WARNING,
            subject=weighed.name,
            summary=f"its databases {', '.join(told)} were not as large as they are here: so is what they take",
            found=", ".join(f"{name}: {there // MB} MB" for name, (there, _) in told.items()),
            expected=", ".join(f"{name}: {here // MB} MB" for name, (_, here) in told.items()),
            do_next=f"{again}, with dumps of today",
        )


def _is_apart(there: int, here: int) -> bool:
    return max(there, here) > max(SMALL_BYTES, SIZES_APART * min(there, here))


def _seen(weighed: Weighed, database: str) -> tuple[str, ...]:
    return weighed.rehearsal.beginning.schema.get(database, ())


def _revisions(found: tuple[str, ...] | list[str]) -> str:
    return ", ".join(found) or "no revision"
