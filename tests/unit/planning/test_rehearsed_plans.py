"""Plans of a recorded cloud with rehearsals: where estimates are from, what stands in the way, what is warned of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import rehearsed, sources
from tests.golden.rehearsed import HERE, THERE, rehearsal_of

from ostler.cloud.model import Policy
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, Unknown, wanted
from ostler.planning.model import Plan
from ostler.planning.rehearsed import CommandRun, Rehearsal
from ostler.planning.upgrade.plan import facts_needed, plan_upgrade
from ostler.planning.upgrade.ready import GUESS_S as ROWS_GUESS_S
from ostler.planning.upgrade.request import UpgradeRequest
from ostler.planning.upgrade.schema import GUESS_S as SCHEMA_GUESS_S

RECORDED = sources("practice-3-2", "2025.1")
CATALOG = RECORDED.catalog
FINE = rehearsal_of(RECORDED, "2025.1")
REQUEST = UpgradeRequest(target="2025.1", accepted_by="the test")
FACTOR = (HERE["cpu_s"] + HERE["rows_s"]) / THERE.seconds
SPEED = wanted("databases.speed")
BLOCKER = "cinder.use-quota-of-deleted-volumes"
ROWS = wanted("databases.rows_in_the_way", blocker=BLOCKER)
SYNC = "cinder-manage db sync"
HELPED = Finding(BLOCKER, Severity.WARNING, "cinder on 2024.1 → 2025.1", "got over on the copy", do_next="purge them")


def planned(*rehearsals: Rehearsal, facts: dict[FactRequest, Any] | None = None, policy: Policy | None = None) -> Plan:
    given = rehearsed(RECORDED, *rehearsals)
    values = {**given.snapshot.values, **(facts or {})}
    cloud = replace(given.cloud, policy=policy or Policy())
    given = replace(given, cloud=cloud, snapshot=replace(given.snapshot, cloud=cloud, values=values))
    return plan_upgrade(given, REQUEST)


def about_rehearsals(plan: Plan) -> dict[str, Finding]:
    found = [f for f in plan.findings if f.code.startswith(("upgrade.rehears", "upgrade.not-rehearsed"))]
    assert len({f.code for f in found}) == len(found)
    return {f.code: f for f in found}


def estimate(plan: Plan, step_id: str) -> float:
    (found,) = [step for _, _, step in plan.steps() if step.id == step_id]
    return found.estimate_s


def with_runs(rehearsal: Rehearsal, project: str, outcome: str, change: Any) -> Rehearsal:
    """The same with other commands of one project, and another outcome of it."""
    hops = tuple(
        replace(hop, outcome=outcome, commands=tuple(map(change, hop.commands))) if hop.project == project else hop
        for hop in rehearsal.hops
    )
    return replace(rehearsal, hops=hops)


def at_sync(**parts: Any) -> Any:
    return lambda run: replace(run, **parts) if run.words == SYNC else run


def test_every_schema_change_and_row_migration_takes_as_long_as_rehearsed_times_the_factor() -> None:
    plan = planned(FINE)
    assert about_rehearsals(plan) == {}
    assert not plan.refusals
    runs = {(hop.project, run.release, run.words): run.seconds for hop in FINE.hops for run in hop.commands}
    assert estimate(plan, "expand/ctl1/cinder-sync") == round(runs["cinder", "2025.1", SYNC] * FACTOR, 1)
    online = "nova-manage db online_data_migrations"
    for stage, release in (("ready", "2024.1"), ("finish", "2025.1")):
        found = estimate(plan, f"{stage}/ctl1/nova-online-data-migrations")
        assert found == round(runs["nova", release, online] * FACTOR, 1)
    before = plan_upgrade(RECORDED, REQUEST)
    changed = {
        step.kind
        for (_, _, step), (_, _, other) in zip(plan.steps(), before.steps(), strict=True)
        if step.estimate_s != other.estimate_s
    }
    assert changed == {"run-management"}
    assert [step.digest for _, _, step in plan.steps()] == [step.digest for _, _, step in before.steps()]


def test_of_several_the_middle_time_counts_each_with_its_own_factor() -> None:
    slow_machine = replace(THERE, cpu_s=THERE.cpu_s * 2, rows_s=THERE.rows_s * 2)
    others = (
        rehearsal_of(RECORDED, "2025.1", days_ago=1, seconds=10),
        rehearsal_of(RECORDED, "2025.1", days_ago=3, seconds=40),
    )
    there = replace(others[1], beginning=replace(others[1].beginning, speed=slow_machine))
    plan = planned(others[0], FINE, there)
    (sync,) = [run for hop in others[0].hops for run in hop.commands if run.words == SYNC]
    assert estimate(plan, "expand/ctl1/cinder-sync") == round(sync.seconds * FACTOR, 1)
    assert sum(note.startswith("estimates of schema changes") for note in plan.notes) == 3
    assert any("1.4 times as slow as where it was rehearsed" in note for note in plan.notes)
    assert any("1.4 times as fast as where it was rehearsed" in note for note in plan.notes)


@pytest.mark.parametrize(("times", "counted"), [(50.0, 10.0), (0.01, 0.1)])
def test_what_is_measured_far_out_is_bounded_and_told(times: float, counted: float) -> None:
    here = {"cpu_s": THERE.cpu_s * times, "rows_s": THERE.rows_s * times}
    plan = planned(FINE, facts={SPEED: here})
    (sync,) = [run for hop in FINE.hops for run in hop.commands if run.words == SYNC]
    assert estimate(plan, "expand/ctl1/cinder-sync") == round(sync.seconds * counted, 1)
    assert any(f"counted as {counted:g} times" in note for note in plan.notes)


def test_a_speed_that_could_not_be_read_is_told_and_nothing_is_made_of_it() -> None:
    plan = planned(FINE, facts={SPEED: Unknown("no answer in time")})
    (sync,) = [run for hop in FINE.hops for run in hop.commands if run.words == SYNC]
    assert estimate(plan, "expand/ctl1/cinder-sync") == sync.seconds
    assert any("could not be measured (no answer in time)" in note for note in plan.notes)


def test_what_was_not_rehearsed_keeps_its_guess_and_is_told() -> None:
    without = replace(FINE, hops=tuple(hop for hop in FINE.hops if hop.project != "cinder"))
    plan = planned(without)
    assert estimate(plan, "expand/ctl1/cinder-sync") == SCHEMA_GUESS_S
    assert estimate(plan, "ready/ctl1/cinder-online-data-migrations") == ROWS_GUESS_S
    (told,) = [note for note in plan.notes if note.startswith("not rehearsed")]
    assert f"{SYNC} (code of 2025.1)" in told
    assert "nova-manage" not in told
    assert about_rehearsals(plan) == {}


def test_without_a_rehearsal_nothing_is_told_of_one_and_nothing_read_for_it() -> None:
    plan = planned()
    assert about_rehearsals(plan) == {}
    assert not [note for note in plan.notes if "rehears" in note]
    hop = CATALOG.hop("2024.1", "2025.1")
    assert SPEED not in facts_needed(CATALOG, hop, RECORDED.cloud)
    assert SPEED in facts_needed(CATALOG, hop, RECORDED.cloud, [FINE])


def test_what_stopped_a_project_refuses_the_plan_with_command_blocker_and_fix() -> None:
    why = replace(HELPED, severity=Severity.FAILURE, summary="rows are in the way", do_next="purge them")
    bad = at_sync(outcome="blocked", findings=(why,), exit_code=1)
    plan = planned(with_runs(FINE, "cinder", "blocked", bad))
    (found,) = about_rehearsals(plan).values()
    assert (found.code, found.severity) == ("upgrade.rehearsal-stopped", Severity.FAILURE)
    assert found.subject == "cinder on 2024.1 → 2025.1"
    assert f"{SYNC} (code of 2025.1)" in found.summary
    assert BLOCKER in found.summary
    assert "purge them" in found.do_next
    assert found in plan.refusals
    assert estimate(plan, "expand/ctl1/cinder-sync") == SCHEMA_GUESS_S


def test_a_later_rehearsal_that_came_through_takes_back_what_stopped_the_one_before() -> None:
    bad = with_runs(FINE, "cinder", "failed", at_sync(outcome="failed"))
    later = rehearsal_of(RECORDED, "2025.1", days_ago=1)
    assert about_rehearsals(planned(bad, later)) == {}
    earlier = rehearsal_of(RECORDED, "2025.1", days_ago=3)
    assert list(about_rehearsals(planned(earlier, bad))) == ["upgrade.rehearsal-stopped"]


def test_one_that_ended_short_of_the_schema_is_stopped_by_what_no_command_told() -> None:
    short = Finding("rehearsal.schema-not-reached", Severity.FAILURE, "cinder", "the schema is not that of the target")
    hops = tuple(replace(h, outcome="failed", others=(short,)) if h.project == "cinder" else h for h in FINE.hops)
    (found,) = about_rehearsals(planned(replace(FINE, hops=hops))).values()
    assert "rehearsal.schema-not-reached" in found.summary


@pytest.mark.parametrize(
    ("rows", "code", "severity"),
    [
        ({"rows": 3}, "upgrade.rehearsed-fix-missing", Severity.FAILURE),
        ({"rows": 0}, "upgrade.rehearsed-fix-made", Severity.NOTE),
        (Unknown("no answer in time"), "upgrade.rehearsed-with-fix", Severity.WARNING),
    ],
)
def test_a_fix_that_was_made_on_the_copy_is_wanted_on_the_cloud(rows: Any, code: str, severity: Severity) -> None:
    helped = with_runs(FINE, "cinder", "fixed", at_sync(outcome="fixed", findings=(HELPED,)))
    assert ROWS in facts_needed(CATALOG, CATALOG.hop("2024.1", "2025.1"), RECORDED.cloud, [helped])
    plan = planned(helped, facts={ROWS: rows})
    (found,) = about_rehearsals(plan).values()
    assert (found.code, found.severity) == (code, severity)
    assert BLOCKER in found.summary
    assert ("purge them" in found.do_next) == (severity is not Severity.NOTE)
    assert BLOCKER not in {f.code for f in plan.findings}


def test_a_fix_of_which_nothing_tells_can_be_taken_on() -> None:
    other = replace(HELPED, code="cinder.something-else")
    helped = with_runs(FINE, "cinder", "fixed", at_sync(outcome="fixed", findings=(other,)))
    given = rehearsed(RECORDED, helped)
    assert not plan_upgrade(given, REQUEST).is_applyable
    assert plan_upgrade(given, replace(REQUEST, accept=("upgrade.rehearsed-with-fix",))).is_applyable


def test_what_else_was_found_is_carried_over_as_notes_and_each_once() -> None:
    orphans = Finding("rehearsal.orphans", Severity.WARNING, "nova on 2024.1 → 2025.1", "12 rows belong to nothing")
    own = Finding("rehearsal.check-wants-schema", Severity.NOTE, "nova", "its own way of asking")

    def found_twice(run: CommandRun) -> CommandRun:
        return replace(run, findings=(orphans, own)) if run.kind in ("check", "rows") else run

    plan = planned(with_runs(FINE, "nova", "ok", found_twice))
    (told,) = [f for f in plan.findings if f.code.startswith("rehearsal.")]
    assert (told.code, told.severity, told.summary) == (orphans.code, Severity.NOTE, orphans.summary)
    assert told.subject.endswith(", in the rehearsal")
    assert plan.is_applyable


def test_what_is_otherwise_in_the_schema_is_told_of_each_database_and_what_is_known_to_stay_is_not() -> None:
    differs = [
        Finding(
            "rehearsal.schema-differs",
            Severity.WARNING,
            f"{name} at 2025.1",
            "not that of a fresh install",
            evidence=(name,),
        )
        for name in ("nova", "nova_api")
    ]
    kept = Finding("rehearsal.schema-remnants", Severity.NOTE, "nova at 2025.1", "does no harm")

    def found(run: CommandRun) -> CommandRun:
        return replace(run, findings=(*differs, kept)) if run.kind == "rows" else run

    told = [f for f in planned(with_runs(FINE, "nova", "ok", found)).findings if f.code.startswith("rehearsal.")]
    assert [(f.code, f.subject, f.evidence) for f in told] == [
        (each.code, f"{each.subject}, in the rehearsal", each.evidence) for each in differs
    ]


def warned(rehearsal: Rehearsal, **given: Any) -> Finding:
    plan = planned(rehearsal, **given)
    (found,) = about_rehearsals(plan).values()
    assert found.severity is Severity.WARNING
    assert found.do_next
    assert not plan.is_applyable
    return found


def test_one_of_another_hop_says_nothing_and_is_warned_of() -> None:
    other = replace(FINE, hops=tuple(replace(hop, source="2023.1", target="2024.1") for hop in FINE.hops))
    found = warned(other)
    assert (found.code, found.found) == ("upgrade.rehearsal-of-another-hop", "2023.1 → 2024.1")
    assert estimate(planned(other), "expand/ctl1/cinder-sync") == SCHEMA_GUESS_S


def test_one_of_other_revisions_counts_for_nothing_in_their_project() -> None:
    schema = {**FINE.beginning.schema, "nova": ("0123456789ab",)}
    other = replace(FINE, beginning=replace(FINE.beginning, schema=schema))
    found = warned(other)
    assert found.code == "upgrade.rehearsal-of-another-schema"
    assert found.found == "nova: 0123456789ab"
    plan = planned(other)
    assert estimate(plan, "expand/ctl1/nova-api-sync") == SCHEMA_GUESS_S
    assert estimate(plan, "expand/ctl1/cinder-sync") == estimate(planned(FINE), "expand/ctl1/cinder-sync")


def test_a_cloud_that_stands_within_the_hop_is_the_one_that_was_rehearsed() -> None:
    request = wanted("databases.schema")
    after = {**RECORDED.snapshot.known("databases.schema")}
    after["nova"] = sorted(CATALOG.project("nova").version_rows("nova", "2025.1"))
    assert after != RECORDED.snapshot.known("databases.schema")
    assert "upgrade.rehearsal-of-another-schema" not in about_rehearsals(planned(FINE, facts={request: after}))


def test_a_hop_before_this_one_is_where_its_databases_came_from() -> None:
    older = dict.fromkeys(FINE.beginning.schema, ("0123456789ab",))
    now = FINE.beginning.schema
    first = tuple(
        replace(
            hop,
            source="2023.1",
            target="2024.1",
            commands=tuple(
                replace(run, release="2024.1", revisions={name: now[name] for name in run.revisions})
                for run in hop.commands
                if run.revisions
            ),
        )
        for hop in FINE.hops
    )
    chain = replace(FINE, hops=(*first, *FINE.hops), beginning=replace(FINE.beginning, schema=older))
    assert about_rehearsals(planned(chain)) == {}


@pytest.mark.parametrize(("days", "limit", "is_told"), [(29, 30, False), (31, 30, True), (8, 7, True), (40, 60, False)])
def test_one_that_is_older_than_the_cloud_file_wants_is_warned_of(days: int, limit: int, is_told: bool) -> None:
    old = rehearsal_of(RECORDED, "2025.1", days_ago=days)
    found = about_rehearsals(planned(old, policy=Policy(rehearsal_days=limit)))
    assert list(found) == (["upgrade.rehearsal-too-old"] if is_told else [])
    if is_told:
        assert found["upgrade.rehearsal-too-old"].found == f"{days} days old"


@pytest.mark.parametrize(
    ("there", "here", "is_told"),
    [
        (100_000_000, 190_000_000, False),
        (100_000_000, 210_000_000, True),
        (210_000_000, 100_000_000, True),
        (1_000_000, 40_000_000, False),
        (1_000_000, 60_000_000, True),
    ],
)
def test_one_of_databases_of_another_size_is_warned_of(there: int, here: int, is_told: bool) -> None:
    sizes = {**RECORDED.snapshot.known("databases.sizes")}
    sizes["nova"] = {**sizes["nova"], "bytes": here}
    beginning = replace(FINE.beginning, bytes={**FINE.beginning.bytes, "nova": there})
    plan = planned(replace(FINE, beginning=beginning), facts={wanted("databases.sizes"): sizes})
    found = about_rehearsals(plan)
    assert list(found) == (["upgrade.rehearsal-of-other-size"] if is_told else [])
    if is_told:
        assert "nova" in found["upgrade.rehearsal-of-other-size"].summary


REQUIRED = Policy(demands_rehearsal=True)


def test_where_a_rehearsal_is_demanded_a_plan_without_one_is_refused_with_the_command() -> None:
    plan = planned(policy=REQUIRED)
    found = about_rehearsals(plan)["upgrade.not-rehearsed"]
    assert found.severity is Severity.FAILURE
    assert "ostler rehearse --to 2025.1 --live --report rehearsal.json" in found.do_next
    assert "ostler upgrade --to 2025.1 --rehearsal rehearsal.json" in found.do_next
    assert not plan.is_applyable
    assert about_rehearsals(planned(FINE, policy=REQUIRED)) == {}
    assert about_rehearsals(planned()) == {}


def test_where_a_rehearsal_is_demanded_every_project_is() -> None:
    without = replace(FINE, hops=tuple(hop for hop in FINE.hops if hop.project not in ("cinder", "nova")))
    found = about_rehearsals(planned(without, policy=REQUIRED))["upgrade.not-rehearsed"]
    assert found.subject == "cinder, nova on 2024.1 → 2025.1"
