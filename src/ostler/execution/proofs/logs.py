"""`logs`: which errors and tracebacks the services logged since the run began; each is listed, none passed over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from ostler.commands import CommandResult
from ostler.errors import OutsideError
from ostler.execution.proofs.harmless import why_harmless
from ostler.execution.proofs.journal_scan import journal_command, parse_journal
from ostler.execution.proofs.log_scan import LogGroup, LogScan, parse_scan, scan_command
from ostler.execution.proofs.model import ProofContext, ProofResult, Row, counted

AT_ONCE = 20

LOG_NAMES = ("*.log", "*.log.[0-9]*", "*.log-[0-9]*")
"""The others are what logrotate leaves, by number or by date: it may have been rotated away during the run."""


def prove_logs(context: ProofContext, release: str) -> ProofResult:
    """Every log of every host, and its journal, was read, and nothing logged a CRITICAL record nobody can explain.

    Error records are listed with count, first example and, where it is known, why they mean no harm; those
    without an explanation are for a person to read, and are told first. A journal that a host keeps for less time than
    the run took is told, and proves as much as it holds.
    """
    hosts = list(context.cloud.hosts)
    patterns = [f"{project.log_dir}/{name}" for project in context.catalog.projects for name in LOG_NAMES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        scans = dict(zip(hosts, pool.map(lambda host: _scan(context, host, patterns), hosts), strict=True))
    groups = [group for scan in scans.values() for group in scan.groups]
    rows = _rows(groups)
    unread = [Row(host, False, problem) for host, scan in scans.items() for problem in scan.problems]
    unexplained = [group for group in groups if not why_harmless(group)]
    critical = [group for group in unexplained if group.level == "CRITICAL"]
    files = sum(scan.files for scan in scans.values())
    detail = f"{counted(files, 'log')} and the journals of {counted(len(hosts), 'host')} read: "
    detail += _told(groups, unexplained)
    if not files:
        unread = [*unread, Row("logs", False, f"no host has a log at {', '.join(patterns[:3])} or the like")]
    not_read = [Row(host, False, each) for host, scan in scans.items() for each in scan.not_read]
    if not_read:
        detail += "; " + "; ".join(f"{row.name}: {row.detail}" for row in not_read)
    if unread:
        detail += f"; could not be read: {unread[0].name}: {unread[0].detail}"
    data = {"groups": [{**asdict(group), "harmless": why_harmless(group)} for group in groups]}
    return ProofResult("logs", not critical and not unread, detail, rows=(*unread, *not_read, *rows), data=data)


def _told(groups: list[LogGroup], unexplained: list[LogGroup]) -> str:
    if not groups:
        return "no new error"
    known = sum(group.count for group in groups) - sum(group.count for group in unexplained)
    new = sum(group.count for group in unexplained)
    if not unexplained:
        return f"no new error to look at, {known} known to be harmless"
    return (
        f"{counted(new, 'new error')} of {counted(len(unexplained), 'kind')} to look at, {known} known to be harmless"
    )


def _scan(context: ProofContext, host: str, patterns: list[str]) -> LogScan:
    since = context.began_at
    try:
        logs = context.transport.run(host, scan_command(since, patterns))
        journal = context.transport.run(host, journal_command(context.cloud, since))  # more than a batch may hold
    except OutsideError as error:
        return LogScan(0, (), (error.summary,))
    own, other = _own(host, logs), parse_journal(host, journal, since)
    return LogScan(own.files, (*own.groups, *other.groups), (*own.problems, *other.problems), other.not_read)


def _own(host: str, result: CommandResult) -> LogScan:
    try:
        return parse_scan(host, [result])
    except ValueError as error:
        return LogScan(0, (), (str(error),))
    except (KeyError, TypeError):
        return LogScan(0, (), ("what it said of its logs was not understood",))


def _rows(groups: list[LogGroup]) -> list[Row]:
    """Return one row per kind of record, whatever hosts it is on; those nobody can explain first, then by number."""
    kinds: dict[tuple[str, str, str, str], list[LogGroup]] = {}
    for group in groups:
        kinds.setdefault((group.file, group.level, group.logger, group.shape), []).append(group)
    told = sorted(kinds.values(), key=lambda its: (bool(why_harmless(its[0])), -sum(group.count for group in its)))
    return [_row(its) for its in told]


def _row(groups: list[LogGroup]) -> Row:
    first, why = groups[0], why_harmless(groups[0])
    count = sum(group.count for group in groups)
    cause = f" … {first.cause}" if first.cause and first.cause not in first.example else ""
    shown = f"{count} × {first.level} {first.logger}: {first.example}{cause}"
    hosts = ", ".join(dict.fromkeys(group.host for group in groups))
    return Row(f"{first.file.rpartition('/')[2]} on {hosts}", bool(why), f"{shown} ({why})" if why else shown)
