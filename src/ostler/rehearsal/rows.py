"""What is wrong with the rows of a copy before anything is run on it, as far as the catalog knows how to count it; and
what the source's own code still had to move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ostler.catalog.blocker import Blocker
from ostler.catalog.catalog import Catalog
from ostler.catalog.orphan import Orphan
from ostler.catalog.release import Hop
from ostler.errors import Finding, Severity
from ostler.planning.rehearsed import HopOutcome
from ostler.rehearsal.asking import asked, refusals
from ostler.rehearsal.scratch import Scratch
from ostler.rehearsal.sequence import Planned, planned_on, taking_part

LONGEST_S = 60
"""Of one question: it goes over whole tables, and may find no index to go by."""
LIMIT = f"SET SESSION max_statement_time = {LONGEST_S};"

TOOK_TOO_LONG = 1969
NOT_THERE = frozenset({1049, 1054, 1146})
"""What MariaDB says where a database, a column or a table is not there: the release does not have it."""


@dataclass(frozen=True)
class Question:
    """One number that is asked for, and what is to be said when it is not 0; `code` is what it is about."""

    code: str
    rows: str
    finding: Finding


def questions(catalog: Catalog, chain: Sequence[Hop], names: Sequence[str], databases: Sequence[str]) -> list[Question]:
    """What is asked of databases before a way: of the rows that known blockers on it would stop at, and of rows that
    belong to nothing."""
    source, order = chain[0].source.id, catalog.all_releases.order
    found = [
        Question(blocker.code, blocker.rows, _in_the_way(blocker, source))
        for blocker in blockers_on(catalog, chain, names)
        if blocker.rows is not None and blocker.can_be_counted(source, order)
    ]
    found += [
        Question(orphan.code, orphan.rows, _left(orphan, source))
        for orphan in catalog.orphans
        if orphan.is_true_in(source, order) and set(orphan.databases) <= set(databases)
    ]
    return found


def blockers_on(catalog: Catalog, chain: Sequence[Hop], names: Sequence[str]) -> list[Blocker]:
    """The known blockers that a command of the way would show. Of what checks ask about only the first hop's count:
    later ones look at what the hops before have changed."""
    planned: list[Planned] = []
    for hop in chain:
        each = planned_on(catalog, hop, names)
        planned += [p for of in each.values() for p in of if p.kind != "check" or hop == chain[0]]
        names = taking_part(catalog, names, hop)
    order = catalog.all_releases.order
    return [
        blocker
        for blocker in catalog.blockers
        if any(
            blocker.is_true_in(p.release, order) and any(sign.command == p.words for sign in blocker.signs)
            for p in planned
        )
    ]


def may_stop(scratch: Scratch, blocker: Blocker, source: str, order: Sequence[str]) -> bool:
    """Whether a copy at a release has rows that a blocker would stop at, or may have them: nobody can count them."""
    if blocker.rows is None or not blocker.can_be_counted(source, order):
        return True
    return asked(scratch, "\n".join([LIMIT, _select(0, blocker.rows)])).stdout.strip() != "0\t0"


def row_findings(scratch: Scratch, asks: Sequence[Question]) -> tuple[Finding, ...]:
    """Ask them, all at once: a finding for each that does not count 0, or could not be counted. One about what the
    release does not have tells nothing."""
    if not asks:
        return ()
    # Each on a line of its own: that is how an error says which it was.
    lines = [LIMIT, *(_select(number, ask.rows) for number, ask in enumerate(asks))]
    done = asked(scratch, "\n".join(lines))
    counts = {int(number): int(count) for number, count in (line.split("\t") for line in done.stdout.splitlines())}
    errors = refusals(done.stderr)
    first = len(lines) - len(asks) + 1
    return tuple(
        finding
        for number, ask in enumerate(asks)
        for finding in _told(ask, counts.get(number), errors.get(first + number))
    )


def _select(number: int, rows: str) -> str:
    return f"SELECT {number}, ({' '.join(rows.split())});"


def _told(ask: Question, count: int | None, error: int | None) -> Iterator[Finding]:
    if count:
        yield replace(ask.finding, found=f"{count} row{'' if count == 1 else 's'}", expected="none")
    elif count is None and error not in NOT_THERE:
        yield _not_counted(ask, _why(error))


def _why(error: int | None) -> str:
    if error is None:
        return "no answer"
    return f"it took more than {LONGEST_S} s" if error == TOOK_TOO_LONG else f"error {error}"


def _not_counted(ask: Question, why: str) -> Finding:
    return Finding(
        code="rehearsal.rows-not-counted",
        severity=Severity.NOTE,
        subject=ask.code,
        summary=f"it could not be counted on the copy how many rows {ask.code} is about",
        found=why,
        expected="a number",
        do_next=f"nothing has to be done; what it is about: ostler catalog explain {ask.code}",
    )


def _in_the_way(blocker: Blocker, source: str) -> Finding:
    return Finding(
        code=blocker.code,
        severity=Severity.WARNING,
        subject=f"{blocker.project} at {source}",
        summary=f"rows that stand in the way of what comes: {blocker.title}",
        do_next=" ".join(blocker.fix.split()) or f"ostler catalog explain {blocker.code}",
    )


def _left(orphan: Orphan, source: str) -> Finding:
    return Finding(
        code=orphan.code,
        severity=Severity(orphan.severity),
        subject=f"{orphan.code.partition('.')[0]} at {source}",
        summary=orphan.title,
        do_next=" ".join(orphan.do_next.split()),
    )


def unmigrated(source: str, outcomes: Iterable[HopOutcome]) -> Iterator[Finding]:
    """A note for each row migration of the source's own code that still had something to move."""
    for outcome in outcomes:
        for run in outcome.commands:
            if run.kind == "rows" and run.release == source and run.rows:
                yield Finding(
                    code="rehearsal.rows-unmigrated",
                    severity=Severity.NOTE,
                    subject=f"{outcome.project} at {source}",
                    summary=f"the cloud's own release has not moved all its rows: {run.words} had some left",
                    found=f"{run.rows} rows",
                    expected="none",
                    do_next=f"run it on the cloud, with the code of {source}: the upgrade has less to do then",
                )
