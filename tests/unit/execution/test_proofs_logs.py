"""Which errors stand in the logs: the script that runs on hosts, run here on real files, and its judgement."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from fake_journal import FakeJournal, entry

from ostler.catalog.catalog import Catalog
from ostler.cloud.model import Cloud, Host
from ostler.commands import Command, CommandResult
from ostler.execution import live_logs
from ostler.execution.live_logs import LiveWanted
from ostler.execution.proofs import ProofContext, journal_scan, prove
from ostler.execution.proofs.harmless import harmless_kinds, why_harmless
from ostler.execution.proofs.journal_scan import parse_journal
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


def packed(path: Path, *lines: str, at: float = BEGAN + 60) -> None:
    """A log as logrotate leaves it: with the time of its last line."""
    content = "".join(lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    os.utime(path, (at, at))


def scan_rotated(folder: Path) -> LogScan:
    command = scan_command(BEGAN, [f"{folder}/*.log", f"{folder}/*.log.[0-9]*", f"{folder}/*.log-[0-9]*"])
    done = subprocess.run(command.argv, capture_output=True, text=True, check=False)
    return parse_scan("ctl1", [CommandResult(done.returncode, done.stdout, done.stderr)])


def test_logs_that_were_rotated_away_meanwhile_are_read(tmp_path: Path) -> None:
    before = line("11:00:00.000", "ERROR", "before")
    packed(tmp_path / "nova.log", line("12:03:00.000", "ERROR", "in the log itself"))
    packed(tmp_path / "nova.log.1", line("12:02:00.000", "ERROR", "rotated once"))
    packed(tmp_path / "nova.log.2.gz", before, line("12:01:00.000", "ERROR", "rotated twice"))
    packed(tmp_path / "nova.log.3.gz", before, at=BEGAN - 60)
    packed(tmp_path / "api.log-20251120.gz", before, line("12:01:00.000", "ERROR", "rotated by date"))
    found = scan_rotated(tmp_path)
    assert (found.files, found.problems) == (4, ())
    assert sorted(group.example.rpartition("] ")[2] for group in found.groups) == [
        "in the log itself",
        "rotated by date",
        "rotated once",
        "rotated twice",
    ]


def test_what_was_rotated_out_of_reach_is_told(tmp_path: Path) -> None:
    packed(tmp_path / "nova.log", line("12:03:00.000", "INFO", "now"))
    packed(tmp_path / "nova.log.1", line("12:02:00.000", "INFO", "later"))
    assert scan_rotated(tmp_path).problems == ()
    packed(tmp_path / "nova.log.2.gz", line("12:01:00.000", "INFO", "what was before is deleted"), at=BEGAN + 30)
    gone = f"{tmp_path}/nova.log: rotated so often that what it held first is gone"
    assert scan_rotated(tmp_path).problems == (gone,)


def test_a_log_that_is_packed_in_another_way_or_damaged_is_told_when_it_matters(tmp_path: Path) -> None:
    packed(tmp_path / "old.log.2.xz", "?", at=BEGAN - 60)
    packed(tmp_path / "nova.log.2.xz", "?")
    packed(tmp_path / "glance.log.1.gz", line("12:02:00.000", "INFO", "fine") * 100)
    whole = (tmp_path / "glance.log.1.gz").read_bytes()
    (tmp_path / "glance.log.1.gz").write_bytes(whole[: len(whole) // 2])
    told = scan_rotated(tmp_path).problems
    assert [problem.partition(": ")[0].rpartition("/")[2] for problem in told] == ["glance.log.1.gz", "nova.log.2.xz"]


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

    def run(self, host: str, command: Command) -> CommandResult:
        done = subprocess.run(command.argv, capture_output=True, text=True, check=False)
        return CommandResult(done.returncode, done.stdout, done.stderr)


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
def context(tmp_path: Path, journal: FakeJournal) -> ProofContext:
    cloud = Cloud("c", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.1", ("controller",))})
    (tmp_path / "logs").mkdir()
    transport, catalog = LocalTransport(), FolderCatalog(tmp_path / "logs")
    return ProofContext(cloud, transport, None, tmp_path / "run", BEGAN, catalog=catalog)  # type: ignore[arg-type]


def test_a_quiet_cloud_holds_and_says_how_many_logs_were_read(context: ProofContext, tmp_path: Path) -> None:
    (tmp_path / "logs" / "nova.log").write_text(line("12:00:01.000", "INFO", "fine"))
    result = prove(context, "logs", "2024.1")
    assert (result.ok, result.detail) == (True, "1 log and the journals of 1 host read: no new error")


def test_without_any_log_nothing_is_proved(context: ProofContext) -> None:
    result = prove(context, "logs", "2024.1")
    assert not result.ok
    assert "0 logs and the journals of 1 host read" in result.detail
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


TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/opt/x/bin/nova-api", line 3, in <module>',
    "    from nova.wsgi import application",
    "ModuleNotFoundError: No module named 'nova.wsgi'",
]
SINCE = BEGAN + 60


@pytest.fixture
def quiet(context: ProofContext, tmp_path: Path) -> ProofContext:
    """A cloud whose services log nothing of note."""
    (tmp_path / "logs" / "nova.log").write_text(line("12:00:01.000", "INFO", "fine"))
    return context


def test_a_traceback_that_stands_in_the_journal_alone_is_listed(quiet: ProofContext, journal: FakeJournal) -> None:
    lines = [entry(SINCE + n / 1000, text) for n, text in enumerate(TRACEBACK)]
    others = [entry(SINCE + n / 1000, "getting INI configuration", pid=8) for n in range(5)]
    mixed = [each for pair in zip(lines, others, strict=False) for each in pair]
    journal.holds(*mixed, entry(SINCE + 1, "unable to load app 0"), entry(SINCE + 2, "*** no app loaded ***"))
    result = prove(quiet, "logs", "2024.1")
    assert result.ok
    assert "1 new error of 1 kind to look at" in result.detail
    (row,) = result.rows
    assert (row.name, row.ok) == ("journal of nova-api on ctl1", False)
    assert "1 × TRACEBACK nova-api: Traceback" in row.detail
    assert "No module named 'nova.wsgi'" in row.detail


def test_tracebacks_that_end_otherwise_are_of_other_kinds(quiet: ProofContext, journal: FakeJournal) -> None:
    ends = ["KeyError: 'a'", "KeyError: 'b'", "ValueError: no"]
    texts = [text for end in ends for text in (*TRACEBACK[:3], end)]
    journal.holds(*(entry(SINCE + n / 1000, text) for n, text in enumerate(texts)))
    rows = prove(quiet, "logs", "2024.1").rows
    assert sorted((row.detail.partition(" ")[0], row.detail.rpartition(" … ")[2]) for row in rows) == [
        ("1", "ValueError: no"),
        ("2", "KeyError: 'a'"),
    ]


def test_a_traceback_that_leads_over_to_another_is_one_with_it(quiet: ProofContext, journal: FakeJournal) -> None:
    over = "During handling of the above exception, another exception occurred:"
    texts = [*TRACEBACK, over, *TRACEBACK[:3], "ImportError: no application"]
    journal.holds(*(entry(SINCE + n / 1000, text) for n, text in enumerate(texts)))
    (row,) = prove(quiet, "logs", "2024.1").rows
    assert row.detail.endswith("ImportError: no application")


def test_errors_of_services_and_of_what_lies_below_them_are_judged_as_those_in_logs(
    quiet: ProofContext, journal: FakeJournal
) -> None:
    oslo = "2025-11-20 12:01:00.000 7 {} nova.service [-] no {}"
    journal.holds(
        entry(SINCE, "unit says so", priority=3),
        entry(SINCE, "2025-11-20 12:01:00 0 [ERROR] InnoDB: no space", unit="mariadb"),
        entry(SINCE, oslo.format("ERROR", "host")),
        entry(SINCE, oslo.format("INFO", "error")),
        entry(SINCE, "no error: an answer of somebody else", unit="cron", priority=3),
        entry(SINCE, "Failed to start nova-api.service.", unit="init", priority=3, UNIT="nova-api.service"),
        entry(SINCE, "Server nova-api/ctl1 is DOWN for maintenance", unit="haproxy", priority=1),
        entry(SINCE, "backend nova-api has no server available!", unit="haproxy", priority=0),
    )
    result = prove(quiet, "logs", "2024.1")
    assert result.ok
    assert [(row.name.partition(" on ")[0], row.ok) for row in result.rows] == [
        ("journal of nova-api", False),
        ("journal of mariadb", False),
        ("journal of nova-api", False),
        ("journal of init", False),
        ("journal of haproxy", True),
        ("journal of haproxy", True),
    ]
    journal.holds(entry(SINCE, oslo.format("CRITICAL", "way on")))
    assert not prove(quiet, "logs", "2024.1").ok
    journal.holds(entry(SINCE, "VRRP_Script(check) crashed", unit="keepalived", priority=2))
    assert not prove(quiet, "logs", "2024.1").ok


def test_what_units_write_that_are_no_part_of_the_cloud_is_not_read(quiet: ProofContext, journal: FakeJournal) -> None:
    """They may write more than can be read in time, and entries that are too long."""
    assert prove(quiet, "logs", "2024.1").ok
    units = {word.removeprefix("--unit=") for word in journal.asked() if word.startswith("--unit=")}
    assert {"nova-api.service", "mariadb.service", "haproxy.service"} <= units
    assert "cron.service" not in units


def test_a_journal_without_errors_since_is_silence(quiet: ProofContext, journal: FakeJournal) -> None:
    journal.holds(entry(SINCE, "started"), entry(BEGAN - 1, "an error before", priority=3))
    result = prove(quiet, "logs", "2024.1")
    assert (result.ok, result.rows) == (True, ())


def test_bytes_and_long_messages_are_read(quiet: ProofContext, journal: FakeJournal) -> None:
    coloured = [27, *b"[31mTraceback (most recent call last): in red"]
    long = "\n".join([TRACEBACK[0], *['  File "x.py", line 1, in f'] * 9000, "ValueError: deep"])
    journal.holds(entry(SINCE, coloured, priority=3), entry(SINCE + 1, long, pid=9))
    details = [row.detail for row in prove(quiet, "logs", "2024.1").rows]
    assert len(details) == 2
    assert any(detail.endswith("ValueError: deep") for detail in details)


def test_a_journal_that_does_not_reach_back_is_told_and_fails_no_run(quiet: ProofContext, journal: FakeJournal) -> None:
    journal.begins_before(False)
    result = prove(quiet, "logs", "2024.1")
    assert result.ok
    assert "ctl1: the journal: it does not reach back to the time asked for" in result.detail
    assert [row.name for row in result.rows if not row.ok] == ["ctl1"]


def test_a_journal_that_holds_more_than_is_fetched_is_told_and_fails_no_run(
    quiet: ProofContext, journal: FakeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_scan, "LiveWanted", partial(LiveWanted, most_bytes=2000))
    journal.holds(*(entry(SINCE + n, f"{'x' * 300} {n}", priority=3) for n in range(20)))
    result = prove(quiet, "logs", "2024.1")
    assert result.ok
    assert "ctl1: the journal: only the oldest of what is wanted was fetched" in result.detail
    assert any(row.name.startswith("journal of nova-api") for row in result.rows)


def test_a_journal_that_is_not_read_to_its_end_in_time_is_told_and_fails_no_run(
    quiet: ProofContext, journal: FakeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        live_logs, "SCRIPT", live_logs.SCRIPT.replace("most_seconds, longest = 60,", "most_seconds, longest = 1,")
    )
    journal.holds(entry(SINCE, "it burns", priority=3))
    journal.lasts()
    result = prove(quiet, "logs", "2024.1")
    assert result.ok
    assert "ctl1: the journal: it was not read to its end within 1 s" in result.detail
    assert any(row.name.startswith("journal of nova-api") for row in result.rows)


def test_a_journal_that_cannot_be_read_proves_nothing(quiet: ProofContext, journal: FakeJournal) -> None:
    journal.holds("Failed to open root directory: Input/output error")
    journal.ends_with(1)
    result = prove(quiet, "logs", "2024.1")
    assert not result.ok
    told = [row.detail for row in result.rows]
    assert told == [
        "the journal: Failed to open root directory: Input/output error",
        "the journal: journalctl ended with 1",
    ]


def test_a_host_without_a_journal_proves_nothing(quiet: ProofContext, journal: FakeJournal) -> None:
    journal.is_away()
    result = prove(quiet, "logs", "2024.1")
    assert not result.ok
    assert "the journal: journalctl: No such file or directory" in result.detail


def test_a_damaged_journal_of_long_ago_does_not_matter(
    quiet: ProofContext, journal: FakeJournal, tmp_path: Path
) -> None:
    damaged = tmp_path / "system@1.journal~"
    journal.holds(f"Journal file {damaged} is truncated, ignoring file.")
    for at, is_good in ((BEGAN - 1000, True), (BEGAN + 1000, False)):
        damaged.write_bytes(b"")
        os.utime(damaged, (at, at))
        assert prove(quiet, "logs", "2024.1").ok is is_good


@pytest.mark.parametrize("odd", ['{"MESSAGE": "Traceback (most recent call last)"', "{" * 3000, '{"MESSAGE": [1, '])
def test_entries_that_are_none_are_told(quiet: ProofContext, journal: FakeJournal, odd: str) -> None:
    journal.holds(entry(SINCE, "x", priority=3), odd)
    result = prove(quiet, "logs", "2024.1")
    assert [row.name for row in result.rows] == (
        ["journal of nova-api on ctl1"] if odd[1] == "{" else ["ctl1", "journal of nova-api on ctl1"]
    )


@pytest.mark.parametrize(
    "said", ["", "hello", "[]", '{"zone_s": null}', '{"path": "../x", "packed": 3}\n{"zone_s": 0}']
)
def test_an_answer_that_is_none_is_a_problem_and_no_crash(said: str) -> None:
    found = parse_journal("ctl1", CommandResult(0, said, ""), BEGAN)
    assert (found.groups, found.problems) == ((), ("what it said of its journal was not understood",))


def test_a_command_that_failed_or_took_too_long_is_told() -> None:
    assert parse_journal("ctl1", CommandResult(124, "", ""), BEGAN).problems == (
        "the logs could not be read: exit code 124",
    )


def test_more_kinds_of_errors_than_are_kept_are_told(
    quiet: ProofContext, journal: FakeJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_scan, "MOST_KINDS", 2)
    journal.holds(*(entry(SINCE + n, f"{word} burns", priority=3) for n, word in enumerate(["roof", "cellar", "hall"])))
    result = prove(quiet, "logs", "2024.1")
    assert not result.ok
    assert "1 errors of further kinds were left out" in result.detail


def test_the_logs_of_databases_and_brokers_are_read_too(
    quiet: ProofContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_scan, "FILES", (f"{tmp_path}/var/*/*.log*",))
    for folder, text in {
        "rabbitmq": "2025-11-20 12:01:00.123456+00:00 [error] <0.6.0> closing AMQP connection <0.6.0> (1 -> 2):\n"
        "2025-11-20 12:01:00.123456+00:00 [error] <0.6.0> missed heartbeats from client, timeout: 60s\n"
        "2025-11-20 12:01:01.123456+00:00 [info] <0.6.0> fine\n",
        "mariadb": "2025-11-20 11:01:00 0 [ERROR] mysqld: long ago\n2025-11-20 12:01:00 0 [ERROR] mysqld: disk full\n",
    }.items():
        (tmp_path / "var" / folder).mkdir(parents=True)
        (tmp_path / "var" / folder / f"{folder}.log").write_text(text)
    result = prove(quiet, "logs", "2024.1")
    assert [(row.name, row.ok) for row in result.rows] == [
        ("mariadb.log on ctl1", False),
        ("rabbitmq.log on ctl1", True),
    ]
    assert "disk full" in result.rows[0].detail
    assert "… missed heartbeats" in result.rows[1].detail


def test_secrets_in_the_journal_are_masked(quiet: ProofContext, journal: FakeJournal) -> None:
    journal.holds(entry(SINCE, "cannot reach mysql+pymysql://nova:s3cr3t@db/nova", priority=3))
    result = prove(quiet, "logs", "2024.1")
    assert "cannot reach" in json.dumps(result.data)
    assert "s3cr3t" not in json.dumps(result.data)
