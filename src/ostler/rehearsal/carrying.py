"""Carries the commands of hops out on the copy, projects side by side, each until something stands in its way."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from ostler.catalog.catalog import Catalog
from ostler.catalog.command import Meaning
from ostler.catalog.database import SchemaPhase
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.commands import CommandResult
from ostler.deployment.paths import CURRENT_DIR, current_link
from ostler.deployment.uwsgi import ini_path, uwsgi_ini
from ostler.environments.store import StoredEnvironment
from ostler.errors import Finding, Severity
from ostler.rehearsal.journal import Journal
from ostler.rehearsal.judging import Judgement, judge, rows_moved, without_values
from ostler.rehearsal.scratch import HOST, Scratch, database_url
from ostler.rehearsal.sequence import Planned, hop_commands, lanes
from ostler.rehearsal.settings import PLACEMENT, config_files
from ostler.reporting.rehearsal_model import CommandRun, HopOutcome

COMMAND_TIMEOUT_S = 24 * 3600.0
PLACEMENT_TIMEOUT_S = 60.0
PLACEMENT_SERVICE = "placement-api"
PIDFILE = "/run/placement.pid"

Environments = Callable[[str, str], StoredEnvironment]
"""The archive of a project in a release."""


class Over(Exception):
    """The rehearsal is over: whoever is still at work stops, and what they have in hand counts for nothing."""


class PlacementSilent(Exception):
    """Placement did not answer on the copy; the message is what it said last."""


@dataclass(frozen=True)
class Carrying:
    """What carrying a rehearsal out needs; `report` gets a line for each command that ended."""

    catalog: Catalog
    scratch: Scratch
    journal: Journal
    environments: Environments
    report: Callable[[str], None]
    _is_over: threading.Event = field(default_factory=threading.Event)

    def hop(self, hop: Hop, projects: Sequence[str]) -> list[HopOutcome]:
        """Take projects over one hop. One that something stands in the way of stays where it is."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            work = [pool.submit(self._lane, hop, lane) for lane in lanes(self.catalog, projects)]
            try:
                for ended in wait(work, return_when=FIRST_EXCEPTION).done:
                    ended.result()
                return [outcome for each in work for outcome in each.result()]
            except BaseException:
                self._is_over.set()
                self.scratch.end()  # else we would wait for what the others have in hand
                raise

    def _lane(self, hop: Hop, lane: Sequence[Project]) -> list[HopOutcome]:
        outcomes: list[HopOutcome] = []
        for project in lane:
            good = [outcome.project for outcome in outcomes if outcome.outcome == "ok"]
            outcomes.append(self._project(hop, project, has_placement="placement" in good))
        return outcomes

    def _project(self, hop: Hop, project: Project, *, has_placement: bool) -> HopOutcome:
        for path, text in config_files(project, database_url).items():
            self.scratch.write(path, text)
        runs: list[CommandRun] = []
        others: list[Finding] = []
        for planned in hop_commands(hop, project):
            if _asks_placement(planned) and not has_placement:
                others = [_not_checked(hop)]
                continue
            runs.append(self._command(planned))
            if runs[-1].outcome != "ok":
                return _outcome(hop, project, runs, others)
        return _outcome(hop, project, runs, [*others, *self._arrived(hop, project)])

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

    def _command(self, planned: Planned) -> CommandRun:
        if self._is_over.is_set():
            raise Over
        stored = self.environments(planned.project.name, planned.release)
        key = f"{planned.key} ({stored.manifest.address})"
        known = self.journal.done.get(key)
        if known is not None:
            return known
        program, *arguments = planned.command.argv
        argv = [f"{self.scratch.environment(stored)}/bin/{program}", *arguments]
        if isinstance(planned.command, SchemaPhase):
            self.journal.begins(planned.project.name)
        run = self._run(planned, argv)
        if run.outcome == "ok":
            self.journal.ended(key, run, planned.project.name)
        moved = f", {run.rows} rows" if run.rows else ""
        end = run.judged if run.outcome == "ok" else f"{run.outcome.upper()} ({run.judged}, exit code {run.exit_code})"
        self.report(f"{planned.hop}  {planned.words}: {end} ({run.seconds:.1f} s{moved})")
        return run

    def _run(self, planned: Planned, argv: Sequence[str]) -> CommandRun:
        seconds, rows = 0.0, 0
        result, judgement = CommandResult(0, "", ""), None
        try:
            with self._placement(planned.release) if _asks_placement(planned) else nullcontext():
                while judgement is None or judgement.again:
                    result = self.scratch.run(argv, timeout_s=COMMAND_TIMEOUT_S, check=False)
                    if self._is_over.is_set():
                        raise Over
                    judgement = judge(self.catalog, planned, result)
                    seconds, rows = seconds + result.seconds, rows + rows_moved(result.stdout)
        except PlacementSilent as silent:
            judgement = Judgement(Meaning.UNKNOWN, "failed", (_no_placement(planned, str(silent)),))
        return CommandRun(
            words=planned.words,
            kind=planned.kind,
            release=planned.release,
            exit_code=result.exit_code,
            judged=str(judgement.meaning),
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
        return {name: tuple(sorted(revisions_of(self.scratch, planned.project, name))) for name in names}

    def _short_of(self, hop: Hop, project: Project) -> Iterator[Finding]:
        """Databases that are not where every command said they would be."""
        for database in project.databases:
            found = revisions_of(self.scratch, project, database.name)
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
        version = self.catalog.nova.at(release).service_version
        for cell in ("nova_cell0", "nova"):
            self.scratch.rows(
                f"UPDATE services SET version = {version} WHERE deleted = 0 AND version < {version}", cell
            )

    @contextmanager
    def _placement(self, release: str) -> Iterator[None]:
        """Placement of a release answers on the copy for a while. Raises PlacementSilent when it does not."""
        project = self.catalog.project("placement")
        service, entry = project.service(PLACEMENT_SERVICE, release), project.entry_point(PLACEMENT_SERVICE, release)
        environment = self.scratch.environment(self.environments("placement", release))
        ini, link = ini_path(service.name), current_link(service.name)
        self.scratch.write(ini, uwsgi_ini(service, entry, HOST))
        self.scratch.run(["mkdir", "--parents", CURRENT_DIR], timeout_s=60)
        self.scratch.run(["ln", "--symbolic", "--force", "--no-dereference", environment, link], timeout_s=60)
        variables = [f"{name}={value}" for name, value in sorted(entry.environment.items())]
        uwsgi = ["env", *variables, f"{environment}/bin/uwsgi", "--ini", ini, "--pidfile", PIDFILE]
        self.scratch.run(["rm", "--force", PIDFILE], timeout_s=60)
        server = self.scratch.start(uwsgi, "placement.log")
        try:
            deadline = time.monotonic() + PLACEMENT_TIMEOUT_S
            ask = ["curl", "--silent", "--fail", "--output", "/dev/null", PLACEMENT]
            while self.scratch.run(ask, timeout_s=60, check=False).exit_code != 0:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise PlacementSilent(self.scratch.log_end("placement.log"))
                time.sleep(0.2)
            yield
        finally:
            # Whole, and waited for: the next release's placement takes the same port.
            self.scratch.run(["sh", "-c", f"kill -INT $(cat {PIDFILE})"], timeout_s=60, check=False)
            try:
                server.wait(PLACEMENT_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.scratch.run(["pkill", "-KILL", "uwsgi"], timeout_s=60, check=False)
                server.kill()


def revisions_of(scratch: Scratch, project: Project, database: str) -> frozenset[str]:
    """The revisions a database's version table holds; none when it has no such table."""
    table = project.database(database).version_table
    name = f"table_schema = '{database}' AND table_name = '{table}'"
    if not scratch.rows(f"SELECT 1 FROM information_schema.tables WHERE {name}"):
        return frozenset()
    return frozenset(row[0] for row in scratch.rows(f"SELECT version_num FROM `{table}`", database))


def _asks_placement(planned: Planned) -> bool:
    return planned.kind == "check" and planned.project.name == "nova"


def _outcome(hop: Hop, project: Project, runs: Sequence[CommandRun], others: Sequence[Finding]) -> HopOutcome:
    worst = runs[-1].outcome if runs else "ok"
    if worst == "ok" and any(finding.severity is Severity.FAILURE for finding in others):
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


def _no_placement(planned: Planned, said: str) -> Finding:
    return Finding(
        code="rehearsal.no-placement",
        severity=Severity.FAILURE,
        subject=f"nova on {planned.hop}",
        summary=f"{planned.words} could not be run: placement of {planned.release} did not answer on the copy",
        found=without_values(said),
        expected="an answer",
        do_next="leave placement's dump out: nova is rehearsed without its check then",
    )
