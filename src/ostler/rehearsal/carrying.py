"""Carries the commands of hops out on the copy, projects side by side, each until something stands in its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

from ostler.catalog.blocker import Blocker
from ostler.catalog.catalog import Catalog
from ostler.catalog.command import Meaning
from ostler.catalog.database import MIGRATE_TABLE, Database, Extraction, SchemaPhase
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.commands import CommandResult
from ostler.environments.store import StoredEnvironment
from ostler.errors import Finding, Severity
from ostler.facts.schema import migrated_revisions
from ostler.planning.rehearsed import PASSED, CommandRun, HopOutcome, Outcome
from ostler.rehearsal.before import Before, clear, not_tried, remembered
from ostler.rehearsal.fresh import Comparing
from ostler.rehearsal.journal import Journal
from ostler.rehearsal.judging import Judgement, fixes_for, judge, output_of, rows_moved
from ostler.rehearsal.placement import Environments, Placement, PlacementSilent, is_part_of_nova
from ostler.rehearsal.rows import may_stop
from ostler.rehearsal.scratch import Scratch, database_url
from ostler.rehearsal.sequence import Planned, code_of, environments_of, lanes, planned_on, taking_part
from ostler.rehearsal.settings import config_files
from ostler.rehearsal.side_by_side import side_by_side
from ostler.rehearsal.unpacking import Unpacking
from ostler.rehearsal.values import without_values

COMMAND_TIMEOUT_S = 24 * 3600.0


@dataclass(frozen=True)
class Carrying:
    """What carrying a rehearsal out needs; `report` gets a line for each command that ended; `tries_fixes` says that
    fixes the catalog knows are made on the copy; schemas are compared with fresh ones in release `compares_at`."""

    catalog: Catalog
    scratch: Scratch
    unpacking: Unpacking
    journal: Journal
    environments: Environments
    report: Callable[[str], None]
    tries_fixes: bool = False
    compares_at: str | None = None

    @property
    def _placement(self) -> Placement:
        return Placement(self.catalog, self.scratch, self.unpacking, self.environments)

    def way(self, chain: Sequence[Hop], projects: Sequence[str]) -> list[HopOutcome]:
        """Take projects over all hops, in order. One that something stands in the way of goes no further."""
        clear(self.scratch)
        outcomes: list[HopOutcome] = []
        names = tuple(projects)
        for place, hop in enumerate(chain):
            self._unpack_ahead(chain[place : place + 2], names)
            outcomes += self._hop(hop, names, is_last=place + 1 == len(chain))
            stopped = {outcome.project for outcome in outcomes if outcome.outcome not in PASSED}
            names = tuple(name for name in taking_part(self.catalog, names, hop) if name not in stopped)
        return outcomes

    def _unpack_ahead(self, hops: Sequence[Hop], names: Sequence[str]) -> None:
        """Have the code of a hop and of the next one there in time, and no other."""
        kept: list[StoredEnvironment] = []
        wanted: list[StoredEnvironment] = []
        for hop in hops:
            planned = [each for of in planned_on(self.catalog, hop, names).values() for each in of]
            pending = [each for each in planned if self._key(each) not in self.journal.done]
            kept += self._stored(planned)
            wanted += self._stored(pending)
            names = taking_part(self.catalog, names, hop)
        self.unpacking.keep(kept)
        self.unpacking.ahead(wanted)

    def _stored(self, planned: Sequence[Planned]) -> list[StoredEnvironment]:
        return [self.environments(project, release) for project, release in environments_of(planned)]

    def _hop(self, hop: Hop, projects: Sequence[str], *, is_last: bool) -> list[HopOutcome]:
        planned = planned_on(self.catalog, hop, projects)
        work = [
            partial(self._lane, hop, lane, planned, is_last=is_last) for lane in lanes(self.catalog, tuple(planned))
        ]
        return [outcome for of_lane in side_by_side(self.scratch, work) for outcome in of_lane]

    def _lane(
        self, hop: Hop, lane: Sequence[str], planned: Mapping[str, Sequence[Planned]], *, is_last: bool
    ) -> list[HopOutcome]:
        outcomes: list[HopOutcome] = []
        answers = is_part_of_nova(self.catalog, hop.target.id)
        for name in lane:
            outcomes.append(self._project(hop, name, planned[name], has_placement=answers))
            answers = answers or (name == "placement" and outcomes[-1].outcome in PASSED)
        code = [each for name in lane for each in self._stored(planned[name])]
        self.unpacking.drop(each for each in code if is_last or each.manifest.release == hop.source.id)
        return outcomes

    def _project(self, hop: Hop, name: str, commands: Sequence[Planned], *, has_placement: bool) -> HopOutcome:
        project = code_of(self.catalog, name, hop.target.id)
        if project is None:
            return HopOutcome(hop.source.id, hop.target.id, name, "ok", (), (_no_code(hop, name),))
        is_past = self.catalog.is_past(hop.target.id)
        for path, text in config_files(project, database_url, is_past=is_past).items():
            self.scratch.write(path, text)
        runs: list[CommandRun] = []
        others: list[Finding] = []
        for planned in commands:
            if _asks_placement(planned) and not has_placement:
                others = [_not_checked(hop)]
                continue
            runs.append(self._command(planned))
            if runs[-1].outcome not in PASSED:
                return _outcome(hop, project, runs, others)
        others += self._arrived(hop, project)
        if hop.target.id == self.compares_at:
            others += self._beside_fresh(project, hop.target.id, is_past=is_past)
        return _outcome(hop, project, runs, others)

    def _beside_fresh(self, project: Project, release: str, *, is_past: bool) -> list[Finding]:
        programs = self._programs(project.name, release)
        self.report(f"{release}  {project.name}: making fresh databases to compare with")
        return list(Comparing(self.scratch, project, release, programs, is_past, self.catalog.remnants).findings())

    def _arrived(self, hop: Hop, project: Project) -> list[Finding]:
        """What is short of the hop's end when every command ended well; looked at once: later hops go on from it."""
        if self.journal.has_reached(project.name, hop.target.id):
            return []
        short = list(self._short_of(hop, project))
        if not short:
            if project.name == "nova":
                self._services_report(hop.target.id)
            self.journal.reached(project.name, hop.target.id)
        return short

    def _programs(self, project: str, release: str) -> str:
        """The folder with a project's programs."""
        return f"{self.unpacking.at(self.environments(project, release))}/bin"

    def _key(self, planned: Planned) -> str:
        """What a command is called in the journal: the code that runs it is part of that."""
        return f"{planned.key} ({self.environments(planned.project.name, planned.release).manifest.address})"

    def _command(self, planned: Planned) -> CommandRun:
        key = self._key(planned)
        known = self.journal.done.get(key)
        if known is not None:
            return known
        program, *arguments = planned.argv
        argv = [f"{self._programs(planned.project.name, planned.release)}/{program}", *arguments]
        if isinstance(planned.command, SchemaPhase | Extraction):
            self.journal.begins(planned.project.name)
        with self._before(planned) as before:
            run = self._run(planned, argv)
            if run.outcome == "blocked" and self.tries_fixes:
                run = self._with_fix(planned, argv, run, before)
        if run.outcome in PASSED:
            self.journal.ended(key, run, planned.project.name)
        moved = f", {run.rows} rows" if run.rows else ""
        end = run.judged if run.outcome == "ok" else f"{run.outcome.upper()} ({run.judged}, exit code {run.exit_code})"
        self.report(f"{planned.hop}  {planned.words}: {end} ({run.seconds:.1f} s{moved})")
        return run

    def _before(self, planned: Planned) -> AbstractContextManager[Before | None]:
        """How the project's databases are before a command that may be run again after a fix; None of any other, and
        of checks, which only read. What is in them is kept where it may fail by what is in their rows."""
        fixes = fixes_for(self.catalog, planned) if self.tries_fixes and planned.kind != "check" else ()
        if not fixes:
            return nullcontext()
        order, source = self.catalog.all_releases.order, planned.hop.source.id
        is_kept = any(may_stop(self.scratch, blocker, source, order) for blocker in fixes)
        if is_kept:
            self.report(f"{planned.hop}  {planned.words}: keeping the databases as they are, since a fix may be needed")
            # What a kill leaves of it is not what was kept: the project begins again then.
            self.journal.begins(planned.project.name)
        return remembered(self.scratch, [each.name for each in planned.project.databases], is_kept=is_kept)

    def _with_fix(
        self, planned: Planned, argv: Sequence[str], blocked: CommandRun, before: Before | None
    ) -> CommandRun:
        """The command once more, from the state before it and after the fix that the catalog knows; as it was where it
        knows none to try."""
        known = next(filter(None, map(self.catalog.blocker, (finding.code for finding in blocked.findings))), None)
        if known is None or (trial := known.verified) is None:
            return blocked
        changed = before.changed() if before and not trial.is_left else ()
        if before and changed and not before.is_kept:
            told = not_tried(f"{planned.project.name} on {planned.hop}", changed, before.why_not)
            return replace(blocked, findings=(*blocked.findings, told))
        # A kill between the changes would leave half of them: the project begins again then.
        self.journal.begins(planned.project.name)
        put_back = before.put_back(changed) if before and changed else None
        if put_back:
            self.report(f"{planned.hop}  {planned.words}: {put_back.words}")
        self.report(f"{planned.hop}  {planned.words}: {known.code}; its fix is tried on the copy")
        for change in trial.before:
            self.scratch.rows(change.sql, change.database)
        run = blocked if trial.is_left else self._run(planned, argv)
        for change in trial.after:
            self.scratch.rows(change.sql, change.database)
        if trial.is_left or run.outcome == "ok":
            run = replace(run, outcome="fixed", findings=(_got_over(known, blocked),))
        return replace(run, put_back=put_back)

    def _run(self, planned: Planned, argv: Sequence[str]) -> CommandRun:
        began, seconds, rows = time.time(), 0.0, 0
        result, judgement = CommandResult(0, "", ""), None
        try:
            with self._placement.answering(planned.release) if _asks_placement(planned) else nullcontext():
                while judgement is None or judgement.again:
                    if isinstance(planned.command, Extraction):
                        result = self._placement.take_out(planned.command, planned.release, COMMAND_TIMEOUT_S)
                    else:
                        result = self.scratch.run(argv, timeout_s=COMMAND_TIMEOUT_S, check=False)
                    judgement = judge(self.catalog, planned, result)
                    if judgement.outcome not in PASSED and (full := self.scratch.no_space(output_of(result))):
                        raise full
                    seconds, rows = seconds + result.seconds, rows + rows_moved(result.stdout)
        except PlacementSilent as silent:
            judgement = Judgement(Meaning.UNKNOWN, "failed", (_no_placement(planned, silent.args),))
        return CommandRun(
            words=planned.words,
            kind=planned.kind,
            release=planned.release,
            exit_code=result.exit_code,
            judged=str(judgement.meaning),
            began=round(began, 3),
            seconds=round(seconds, 3),
            outcome=judgement.outcome,
            rows=rows if planned.kind == "rows" else None,
            revisions=self._revisions(planned),
            findings=judgement.findings,
        )

    def _revisions(self, planned: Planned) -> dict[str, tuple[str, ...]] | None:
        if not isinstance(planned.command, SchemaPhase):
            return None
        names = planned.command.databases
        known = planned.project.database
        return {name: tuple(sorted(revisions_of(self.scratch, known(name)))) for name in names}

    def _short_of(self, hop: Hop, project: Project) -> Iterator[Finding]:
        """Databases that are not where every command said they would be."""
        for database in project.databases:
            found = revisions_of(self.scratch, database)
            expected = project.version_rows(database.name, hop.target.id)
            if found != expected:
                yield Finding(
                    code="rehearsal.schema-not-reached",
                    severity=Severity.FAILURE,
                    subject=f"{database.name} on {hop}",
                    summary="every command ended well, and the schema is not that of the target",
                    found=", ".join(sorted(found)) or "no revision",
                    expected=", ".join(sorted(expected)),
                    do_next="do not upgrade before this is understood: it may happen on the cloud too",
                )

    def _services_report(self, release: str) -> None:
        """nova's services would write their version when they are upgraded; on a copy none runs, and the next hop's
        check would take all of them for left behind."""
        facts = self.catalog.past_nova if self.catalog.is_past(release) else self.catalog.nova
        version = facts.at(release).service_version
        for cell in ("nova_cell0", "nova"):
            self.scratch.rows(
                f"UPDATE services SET version = {version} WHERE deleted = 0 AND version < {version}", cell
            )


def revisions_of(scratch: Scratch, database: Database) -> frozenset[str]:
    """The revisions a database's version table holds; none when it has no such table. The one of sqlalchemy-migrate
    stays, and says nothing any more, when a later release has begun another."""
    if _has_table(scratch, database, database.version_table):
        rows = scratch.rows(f"SELECT version_num FROM `{database.version_table}`", database.name)
        if rows:
            return frozenset(row[0] for row in rows)
    if not _has_table(scratch, database, MIGRATE_TABLE):
        return frozenset()
    rows = scratch.rows(f"SELECT repository_id, version FROM `{MIGRATE_TABLE}`", database.name)
    return migrated_revisions(dict(rows))


def _has_table(scratch: Scratch, database: Database, table: str) -> bool:
    name = f"table_schema = '{database.name}' AND table_name = '{table}'"
    return bool(scratch.rows(f"SELECT 1 FROM information_schema.tables WHERE {name}"))


def _got_over(known: Blocker, blocked: CommandRun) -> Finding:
    return replace(blocked.findings[0], severity=Severity.WARNING, summary=f"{known.title}: got over on the copy")


def _asks_placement(planned: Planned) -> bool:
    return planned.kind == "check" and planned.project.name == "nova"


def _outcome(hop: Hop, project: Project, runs: Sequence[CommandRun], others: Sequence[Finding]) -> HopOutcome:
    is_fixed = any(run.outcome == "fixed" for run in runs)
    worst: Outcome = runs[-1].outcome if runs else "ok"
    if worst in PASSED:
        worst = "fixed" if is_fixed else "ok"
    if worst in PASSED and any(finding.severity is Severity.FAILURE for finding in others):
        worst = "failed"
    return HopOutcome(hop.source.id, hop.target.id, project.name, worst, tuple(runs), tuple(others))


def _not_checked(hop: Hop) -> Finding:
    return Finding(
        code="rehearsal.not-checked",
        severity=Severity.NOTE,
        subject=f"nova on {hop}",
        summary="nova-status was not run: it asks placement, which is not rehearsed or did not come through",
        found="no placement of the target",
        expected="one that answers",
        do_next="see to placement first, or add its dump, to have nova checked too",
    )


def _no_code(hop: Hop, name: str) -> Finding:
    return Finding(
        code="rehearsal.no-code",
        severity=Severity.NOTE,
        subject=f"{name} on {hop}",
        summary=f"the package index has no {name} of {hop.target.id}: the next release takes its database over",
        found="no package",
        expected="the code of every release",
        do_next="nothing has to be done, if the next release comes through",
    )


def _no_placement(planned: Planned, said: Sequence[str]) -> Finding:
    return Finding(
        code="rehearsal.no-placement",
        severity=Severity.FAILURE,
        subject=f"nova on {planned.hop}",
        summary=f"{planned.words} could not be run: placement of {planned.release} did not answer on the copy",
        found=" / ".join(map(without_values, said)),
        expected="an answer",
        do_next="leave placement's dump out: nova is rehearsed without its check then",
    )
