"""Broken parts of the infrastructure in a folder of logs: named with their cause, never called healthy, and no alarm
for what comes and goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented import ASKED, answered, judged_logs, line

from ostler.diagnosis.model import Diagnosis, Verdict
from ostler.diagnosis.observing import MOST_HEARD
from ostler.errors import Severity

REFUSED = "DBConnectionError: (2003, \"Can't connect to MySQL server on '192.0.2.5' ([Errno 111] ECONNREFUSED)\")"
RABBIT = "oslo.messaging._drivers.impl_rabbit"
KILLED = "Jan 15 10:{at} ctl1 kernel: Out of memory: Killed process 1234 (mysqld) total-vm:1kB\n"


def refused(clock: str) -> str:
    return line(clock, "ERROR", "oslo_db.sqlalchemy.engines", REFUSED)


def told(clock: str) -> str:
    return line(clock, "INFO", "nova.conductor", "at work")


def write(where: Path, logs: dict[str, str], *, fails_at: str = "") -> Path:
    """A folder with these logs, and those of a nova that answers; ``fails_at`` is when it refuses somebody."""
    api = "".join(answered(f"10:0{at}:30.000", "nova", "GET /v2.1/servers", 200, ASKED) for at in range(6))
    if fails_at:
        api += answered(fails_at, "nova", "POST /v2.1/servers", 500, ASKED)
    plain = {"ctl1/nova/nova-api.log": api, "ctl1/nova/nova-conductor.log": told("10:00:00.000") + told("10:09:00.000")}
    for name, text in {**plain, **logs}.items():
        place = where / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return where


def codes(said: Diagnosis) -> list[str]:
    return [each.kind.code for each in said.findings if each.severity]


def test_a_chain_of_faults_is_told_by_its_first(tmp_path: Path) -> None:
    said = judged_logs(
        write(
            tmp_path,
            {
                "ctl1/kern.log": KILLED.format(at="02:00"),
                "ctl1/haproxy.log": "Jan 15 10:02:12 ctl1 haproxy[12]: backend galera has no server available!\n",
                "ctl1/mysql/error.log": "2026-01-15 10:01:00 0 [Note] mysqld: ready for connections.\n",
                "ctl1/nova/nova-conductor.log": told("10:00:00.000") + refused("10:02:20.000"),
            },
            fails_at="10:03:00.000",
        )
    )
    first = said.findings[0]
    assert said.verdict is Verdict.FAILURE
    assert (first.kind.code, first.host, first.severity) == ("diagnosis.out-of-memory", "ctl1", Severity.FAILURE)
    assert first.summary == "the kernel of ctl1 killed mysqld for want of memory"
    assert [(each.file, each.line) for each in first.evidence] == [("ctl1/kern.log", 1)]
    assert [each.what for each in first.cause_of] == [
        "the load balancer has no server for galera: whoever asks for it is refused",
        "services do not reach the database",
        "nova-api answered 500 to POST /v2.1/servers",
    ]
    assert codes(said) == ["diagnosis.out-of-memory"]
    assert all(each.confidence < first.confidence for each in said.findings[1:])


def test_what_is_sure_is_shared_out_between_the_infrastructure_and_source_files(tmp_path: Path) -> None:
    said = judged_logs(write(tmp_path, {"ctl1/kern.log": KILLED.format(at="02:00")}, fails_at="10:03:00.000"))
    files = [each for each in said.findings if each.module]
    assert files
    assert sum(each.confidence for each in said.findings) <= said.sure <= 1.0


def test_a_symptom_alone_that_nobody_felt_is_unsure_and_named(tmp_path: Path) -> None:
    said = judged_logs(
        write(tmp_path, {"ctl1/nova/nova-conductor.log": told("10:00:00.000") + refused("10:05:20.000")})
    )
    assert said.verdict is Verdict.UNSURE
    assert codes(said) == ["diagnosis.database-unreachable"]
    assert "no user was seen to suffer" in said.findings[0].because


def test_a_disk_that_is_full_is_a_failure_though_no_user_was_seen_to_suffer(tmp_path: Path) -> None:
    full = "2026-01-15 10:05:48 12 [ERROR] mysqld: Disk full (/var/lib/mysql/x); waiting for someone (errno: 28)\n"
    said = judged_logs(write(tmp_path, {"ctl1/mysql/error.log": full}))
    assert (said.verdict, codes(said)) == (Verdict.FAILURE, ["diagnosis.disk-full"])
    assert said.findings[0].components == ("disk:/@ctl1",)


def test_a_full_disk_is_one_however_many_files_are_on_it_and_hides_nothing_else(tmp_path: Path) -> None:
    full = "2026-01-15 10:01:48.000 7 ERROR nova.compute [-] OSError: [Errno 28] No space left on device: '/srv/{}'\n"
    logs = {
        "cmp1/nova/nova-compute.log": "".join(full.format(number) for number in range(MOST_HEARD + 1)),
        "ctl1/kern.log": KILLED.format(at="02:00"),
    }
    said = judged_logs(write(tmp_path, logs))
    assert {"diagnosis.disk-full", "diagnosis.out-of-memory"} <= set(codes(said))


@pytest.mark.parametrize(
    ("log", "text"),
    [
        pytest.param(
            "ctl1/nova/nova-conductor.log",
            told("10:00:00.000") + refused("10:00:05.000") + refused("10:00:15.000") + told("10:09:00.000"),
            id="the database was not there yet when a service started",
        ),
        pytest.param(
            "ctl1/nova/nova-conductor.log",
            told("10:00:00.000")
            + line("10:08:50.000", "ERROR", RABBIT, "AMQP server on 192.0.2.5:5672 is unreachable: timed out.")
            + line("10:08:52.000", "INFO", RABBIT, "Reconnected to AMQP server on 192.0.2.6:5672 via [amqp] client"),
            id="a broker was left for another one just before the end",
        ),
        pytest.param(
            "ctl1/haproxy.log",
            "Jan 15 10:01:00 ctl1 haproxy[12]: backend galera has no server available!\n"
            "Jan 15 10:01:04 ctl1 haproxy[12]: Server galera/ctl1 is UP, reason: Layer7 check passed\n",
            id="the load balancer started before the database",
        ),
        pytest.param(
            "ctl1/mysql/error.log",
            "2026-01-15 10:05:48 0 [Note] WSREP: New cluster view: view# -1: non-Primary, number of nodes: 1\n"
            "2026-01-15 10:05:58 0 [Note] WSREP: New cluster view: view# 9: Primary, number of nodes: 3\n",
            id="a node joined its cluster",
        ),
    ],
)  # fmt: skip
def test_what_comes_and_goes_alarms_nobody(log: str, text: str, tmp_path: Path) -> None:
    said = judged_logs(write(tmp_path, {log: text}))
    assert (said.verdict, said.findings) == (Verdict.HEALTHY, ())


def test_what_was_over_soon_is_told_when_users_met_it(tmp_path: Path) -> None:
    brief = told("10:00:00.000") + refused("10:02:55.000") + refused("10:03:05.000") + told("10:09:00.000")
    logs = {"ctl1/nova/nova-conductor.log": brief}
    said = judged_logs(write(tmp_path / "met", logs, fails_at="10:03:00.000"))
    (found,) = [each for each in said.findings if each.severity]
    assert (found.kind.code, found.severity) == ("diagnosis.database-unreachable", Severity.FAILURE)
    assert "users saw something fail right after it" in found.because
    later = judged_logs(write(tmp_path / "later", logs, fails_at="10:08:00.000"))
    assert codes(later) == []


def test_what_comes_and_goes_again_and_again_is_told(tmp_path: Path) -> None:
    down = "Jan 15 10:0{at}:00 ctl1 haproxy[12]: backend galera has no server available!\n"
    up = "Jan 15 10:0{at}:20 ctl1 haproxy[12]: Server galera/ctl1 is UP, reason: Layer7 check passed\n"
    said = judged_logs(write(tmp_path, {"ctl1/haproxy.log": "".join((down + up).format(at=at) for at in range(9))}))
    assert (said.verdict, codes(said)) == (Verdict.UNSURE, ["diagnosis.no-server-available"])


def test_what_lasted_and_was_over_before_the_end_is_told_as_past(tmp_path: Path) -> None:
    trouble = "".join(refused(f"10:0{at}:00.000") for at in range(1, 6))
    said = judged_logs(
        write(tmp_path, {"ctl1/nova/nova-conductor.log": told("10:00:00.000") + trouble + told("10:09:00.000")})
    )
    assert said.verdict is Verdict.UNSURE
    assert said.findings[0].severity is Severity.WARNING
    assert "it was over before the logs end" in said.findings[0].because


def test_a_fault_that_came_up_again_is_not_over(tmp_path: Path) -> None:
    alarm = "2026-01-15 10:0{}:00.000 [warning] <0.1.0> memory resource limit alarm {} on node rabbit@ctl1\n"
    text = alarm.format(1, "set") + alarm.format(2, "cleared") + alarm.format(8, "set")
    said = judged_logs(write(tmp_path, {"ctl1/rabbitmq/rabbit@ctl1.log": text}))
    assert said.verdict is Verdict.FAILURE
    assert (codes(said), said.findings[0].severity) == (["diagnosis.broker-alarm"], Severity.FAILURE)


def test_a_fault_that_came_after_all_that_failed_is_less_likely_its_cause(tmp_path: Path) -> None:
    late = judged_logs(write(tmp_path / "late", {"ctl1/kern.log": KILLED.format(at="07:00")}, fails_at="10:03:00.000"))
    early = judged_logs(
        write(tmp_path / "early", {"ctl1/kern.log": KILLED.format(at="02:00")}, fails_at="10:03:00.000")
    )
    by_kernel = [each for each in late.findings if each.severity]
    assert by_kernel[0].confidence < early.findings[0].confidence / 1.5
    assert "what users saw fail came before it" in by_kernel[0].because


def test_what_was_told_before_the_other_logs_begin_is_told_as_past(tmp_path: Path) -> None:
    said = judged_logs(write(tmp_path, {"ctl1/kern.log": KILLED.format(at="00:00").replace("Jan 15", "Jan  2")}))
    assert (said.verdict, said.findings[0].severity) == (Verdict.UNSURE, Severity.WARNING)
    assert "it was told before the logs of OpenStack begin" in said.findings[0].because


def test_the_same_on_two_hosts_is_one_finding(tmp_path: Path) -> None:
    logs = {
        "ctl1/kern.log": KILLED.format(at="02:00"),
        "ctl2/kern.log": KILLED.format(at="02:30").replace("ctl1", "ctl2"),
    }
    said = judged_logs(write(tmp_path, logs))
    assert said.findings[0].components == ("memory:@ctl1", "memory:@ctl2")
    assert "the same on ctl2" in said.findings[0].summary


def test_logs_that_could_not_be_read_are_never_healthy(tmp_path: Path) -> None:
    healthy = judged_logs(write(tmp_path, {}))
    packages = judged_logs(write(tmp_path, {"ctl1/dpkg.log": "2026-01-15 10:05:48 startup archives unpack\n"}))
    unread = judged_logs(write(tmp_path, {"ctl1/dmesg": "no line of this is of any format\n"}))
    assert packages.verdict is Verdict.HEALTHY
    assert healthy.verdict is Verdict.HEALTHY
    assert unread.verdict is Verdict.UNSURE
    assert unread.missing == ("what could not be read, or not to its end: ctl1/dmesg",)


def test_logs_without_hosts_fold_all_the_same(tmp_path: Path) -> None:
    for name, text in {
        "dmesg": "[Thu Jan 15 10:02:00 2026] Out of memory: Killed process 1234 (mysqld) total-vm:1kB\n",
        "mysql/error.log": "2026-01-15 10:01:00 0 [Note] mysqld: ready for connections.\n",
        "nova/nova-conductor.log": told("10:00:00.000") + refused("10:02:20.000"),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    said = judged_logs(tmp_path)
    assert codes(said) == ["diagnosis.out-of-memory"]
    assert (said.findings[0].host, said.findings[0].summary) == (
        "", "the kernel of a host killed mysqld for want of memory",
    )  # fmt: skip


def again(level: str, module: str, text: str, *, times: int, seconds: int) -> str:
    """The same that many times, the last that many seconds after the first."""
    return "".join(
        line(f"10:0{2 + at // 60}:{at % 60:02}.000", level, module, f"{text} [{at}]")
        for at in (seconds * number // (times - 1) for number in range(times))
    )


@pytest.mark.parametrize(
    ("module", "text", "code"),
    [
        ("nova.db", "OperationalError: (1045, \"Access denied for user 'nova'@'ctl1'\")", "database-access-denied"),
        ("nova.db", "(1290, 'The MariaDB server is running with the --read-only option')", "database-read-only"),
        ("nova.db", "(1205, 'Lock wait timeout exceeded; try restarting transaction')", "database-locked"),
        (RABBIT, "AMQP server on ctl1:5672 is unreachable: (403) ACCESS_REFUSED", "messaging-access-refused"),
        ("nova.api", "MessagingTimeout: Timed out waiting for a reply to message ID 1", "messaging-unanswered"),
        ("nova.compute", "PermissionError: [Errno 13] Permission denied: '/var/lib/nova/x'", "files-not-permitted"),
        ("nova.scheduler", "NoValidHost: No valid host was found.", None),
    ],
)  # fmt: skip
def test_logs_that_say_the_same_error_again_and_again_are_not_healthy(
    module: str, text: str, code: str | None, tmp_path: Path
) -> None:
    errors = told("10:00:00.000") + again("ERROR", module, text, times=10, seconds=90)
    said = judged_logs(write(tmp_path, {"ctl1/nova/nova-conductor.log": errors}))
    assert said.verdict is not Verdict.HEALTHY
    assert codes(said) == ([f"diagnosis.{code}"] if code else [])
    (sign,) = [each for each in said.signs if each.startswith("an error was logged 10 times over 2 min: ")]
    assert f"nova-conductor on ctl1: {text}" in sign


@pytest.mark.parametrize(
    ("level", "times", "seconds", "verdict"),
    [
        ("ERROR", 5, 60, Verdict.UNSURE),
        ("ERROR", 4, 90, Verdict.HEALTHY),
        ("ERROR", 10, 59, Verdict.HEALTHY),
        ("WARNING", 10, 90, Verdict.HEALTHY),
    ],
)
def test_an_error_that_services_get_over_alarms_nobody(
    level: str, times: int, seconds: int, verdict: Verdict, tmp_path: Path
) -> None:
    logged = told("10:00:00.000") + again(level, "nova.x", "It failed", times=times, seconds=seconds)
    said = judged_logs(write(tmp_path, {"ctl1/nova/nova-conductor.log": logged}))
    assert said.verdict is verdict
