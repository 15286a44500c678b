"""Which errors stand in the logs: the script that runs on hosts, run here on real files, and its judgement."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from ostler.catalog.catalog import Catalog
from ostler.cloud.model import Cloud, Host
from ostler.commands import Command, CommandResult
from ostler.execution.proofs import ProofContext, prove
from ostler.execution.proofs.harmless import harmless_kinds, why_harmless
from ostler.execution.proofs.log_scan import LogGroup, LogScan, parse_scan, scan_command

BEGAN = datetime(2025, 11, 20, 12, 0, 0).timestamp()
REQUEST = "[None req-9c1e4c0e-5c3c-4b42-8a52-0d3b3b1f1f11 admin - - - -]"


def line(time: str, level: str, text: str, logger: str = "nova.compute.manager", pid: int = 7) -> str:
    return f"2025-11-20 {time} {pid} {level} {logger} {REQUEST} {text}\n"


def scan(folder: Path, *lines: str, since: float = BEGAN) -> LogScan:
    (folder / "nova.log").write_text("".join(lines))
    command = scan_command(since, [f"{folder}/*.log"])
    done = subprocess.run(command.argv, capture_output=True, text=True, check=False)
    return parse_scan("ctl1", [CommandResult(done.returncode, done.stdout, done.stderr)])


def test_only_errors_since_the_run_began_are_found(tmp_path: Path) -> None:
    found = scan(
        tmp_path,
        line("11:59:59.999", "ERROR", "before"),
        line("12:00:00.000", "ERROR", "at the beginning"),
        line("12:00:01.000", "WARNING", "no error"),
        line("12:00:02.000", "CRITICAL", "after"),
    )
    assert [(g.level, g.count, g.first) for g in found.groups] == [
        ("ERROR", 1, "2025-11-20 12:00:00.000"),
        ("CRITICAL", 1, "2025-11-20 12:00:02.000"),
    ]


def test_errors_that_differ_only_in_ids_and_numbers_are_counted_together(tmp_path: Path) -> None:
    found = scan(
        tmp_path,
        line("12:00:01.000", "ERROR", "server 0d0e6ad4-3f5b-4c4e-9f8c-111111111111 failed after 3 s"),
        line("12:00:05.000", "ERROR", "server 5a0e6ad4-3f5b-4c4e-9f8c-222222222222 failed after 14 s"),
        line("12:00:06.000", "ERROR", "something else"),
    )
    assert [(g.count, g.last) for g in found.groups] == [
        (2, "2025-11-20 12:00:05.000"),
        (1, "2025-11-20 12:00:06.000"),
    ]


def test_a_traceback_is_one_error_and_its_last_line_is_the_cause(tmp_path: Path) -> None:
    found = scan(
        tmp_path,
        line("12:00:01.000", "ERROR", "Exception during message handling"),
        line("12:00:01.000", "ERROR", "Traceback (most recent call last):").replace(REQUEST + " ", ""),
        line("12:00:01.000", "ERROR", '  File "x.py", line 1, in f').replace(REQUEST + " ", ""),
        line("12:00:01.000", "ERROR", "ValueError: no").replace(REQUEST + " ", ""),
    )
    assert [(g.count, g.cause) for g in found.groups] == [(1, "ValueError: no")]


def test_a_bare_traceback_after_a_new_line_is_found_too(tmp_path: Path) -> None:
    found = scan(
        tmp_path,
        line("12:00:01.000", "INFO", "starting"),
        "Traceback (most recent call last):\n",
        '  File "x.py", line 1\n',
        "ImportError: no module\n",
    )
    assert [(g.level, g.cause) for g in found.groups] == [("TRACEBACK", "ImportError: no module")]


def test_the_beginning_is_found_in_a_large_log(tmp_path: Path) -> None:
    old = [line(f"{h:02}:{m:02}:{s:02}.000", "ERROR", "old") for h in (9, 10, 11) for m in range(60) for s in range(60)]
    found = scan(tmp_path, *old, line("12:00:00.500", "ERROR", "new"))
    assert [(g.count, "new" in g.example) for g in found.groups] == [(1, True)]


def test_secrets_in_log_lines_are_masked(tmp_path: Path) -> None:
    found = scan(tmp_path, line("12:00:01.000", "ERROR", "cannot reach mysql+pymysql://nova:s3cr3t@db/nova"))
    assert "s3cr3t" not in found.groups[0].example


def test_output_that_is_no_answer_is_an_error_and_not_an_empty_log() -> None:
    with pytest.raises(ValueError, match="could not be read"):
        parse_scan("ctl1", [CommandResult(1, "", "python3: not found")])


def group(example: str, logger: str = "x", level: str = "ERROR", cause: str = "") -> LogGroup:
    return LogGroup("ctl1", "/var/log/nova/nova.log", level, logger, 1, "", "", example, cause)


def test_an_error_nobody_knows_is_not_called_harmless() -> None:
    assert why_harmless(group("the disk is on fire")) == ""


def test_every_harmless_kind_has_a_reason_and_where_it_was_seen() -> None:
    assert harmless_kinds()
    assert all(kind.reason and kind.seen for kind in harmless_kinds())


def test_an_error_that_is_known_is_told_with_its_reason() -> None:
    assert "connects again" in why_harmless(
        group("Connection failed: timed out", logger="oslo.messaging._drivers.impl_rabbit")
    )


class LocalTransport:
    """Runs commands here, whatever the host."""

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        results = []
        for command in commands:
            done = subprocess.run(command.argv, capture_output=True, text=True, check=False)
            results.append(CommandResult(done.returncode, done.stdout, done.stderr))
        return results


class FolderProject:
    def __init__(self, log_dir: Path) -> None:
        self.log_dir = str(log_dir)


class FolderCatalog(Catalog):
    def __init__(self, log_dir: Path) -> None:
        super().__init__()
        self._folder = log_dir

    @property
    def projects(self):  # type: ignore[no-untyped-def]
        return (FolderProject(self._folder),)


@pytest.fixture
def context(tmp_path: Path) -> ProofContext:
    cloud = Cloud("c", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.1", ("controller",))})
    (tmp_path / "logs").mkdir()
    transport, catalog = LocalTransport(), FolderCatalog(tmp_path / "logs")
    return ProofContext(cloud, transport, None, tmp_path / "run", BEGAN, catalog=catalog)  # type: ignore[arg-type]


def test_a_quiet_cloud_holds_and_says_how_many_logs_were_read(context: ProofContext, tmp_path: Path) -> None:
    (tmp_path / "logs" / "nova.log").write_text(line("12:00:01.000", "INFO", "fine"))
    result = prove(context, "logs", "2024.1")
    assert (result.ok, result.detail) == (True, "1 log on 1 host read: no new error")


def test_without_any_log_nothing_is_proved(context: ProofContext) -> None:
    result = prove(context, "logs", "2024.1")
    assert not result.ok
    assert "0 logs on 1 host read" in result.detail
    assert "no host has a log at" in result.detail


def test_more_kinds_of_error_than_are_kept_prove_nothing(context: ProofContext, tmp_path: Path) -> None:
    records = [
        line(f"12:{n // 60 + 1:02}:{n % 60:02}.000", "ERROR", f"{chr(97 + n // 26)}{chr(97 + n % 26)} burns")
        for n in range(302)
    ]
    (tmp_path / "logs" / "nova.log").write_text("".join(records))
    result = prove(context, "logs", "2024.1")
    assert not result.ok
    assert "2 records of further kinds were left out" in result.detail


def test_unexplained_errors_are_listed_and_counted_in_the_detail(context: ProofContext, tmp_path: Path) -> None:
    (tmp_path / "logs" / "nova.log").write_text(
        line("12:00:01.000", "ERROR", "fire") + line("12:00:02.000", "ERROR", "fire")
    )
    result = prove(context, "logs", "2024.1")
    assert result.ok
    assert "2 new errors of 1 kind to look at" in result.detail
    assert [(row.ok, "2 × ERROR" in row.detail) for row in result.rows] == [(False, True)]


def test_an_unexplained_critical_record_fails(context: ProofContext, tmp_path: Path) -> None:
    (tmp_path / "logs" / "nova.log").write_text(line("12:00:01.000", "CRITICAL", "Unhandled error"))
    assert not prove(context, "logs", "2024.1").ok
