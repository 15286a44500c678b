"""Log lines as evidence for parts, what changed before, and who has the word when no rule finds anything."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from invented import ASKED, answered, traceback, write_logs

from ostler.catalog import load_catalog
from ostler.diagnosis.at_work import Work
from ostler.diagnosis.changes import Change, changes_before
from ostler.diagnosis.folding import Broken
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, diagnose_cloud, projects_meant, speaks_for
from ostler.diagnosis.model import Verdict
from ostler.diagnosis.observing import Answer, Said, Seen, observe
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot, wanted
from ostler.logs.clocks import Clock
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.reporting.diagnosis_html import diagnosis_to_html
from ostler.reporting.diagnosis_living import living_shown
from ostler.reporting.diagnosis_text import diagnosis_text
from ostler.rules.component import component

sys.path.insert(0, str(Path(__file__).parents[2] / "specs"))
from rule_cases import usual_cloud

SERVER = "11111111-1111-1111-1111-111111111111"


def said(host: str, service: str, text: str, instance: str | None = None) -> Said:
    return Said(100.0, 40, service.partition("-")[0], service, host, "", None, instance, text, "a.log", 1)


@pytest.mark.parametrize(
    ("part", "line", "speaks"),
    [
        ("service:nova-compute@cmp1", said("cmp1", "nova-compute", "x"), True),
        ("service:nova-compute@cmp1", said("cmp2", "nova-compute", "x"), False),
        ("config:nova-compute@cmp1", said("cmp1", "nova-api", "x"), False),
        ("api:nova-api", said("ctl3", "nova-api", "x"), True),
        ("disk:/var/lib/nova@cmp1", said("cmp1", "nova-compute", "OSError: No space left on device"), True),
        ("disk:/var/lib/nova@cmp1", said("cmp1", "nova-compute", "all is well"), False),
        ("mariadb:@ctl1", said("ctl1", "mariadbd", "anything"), True),
        ("database:", said("ctl1", "nova-api", "DBConnectionError: gone"), True),
        ("messaging:", said("cmp1", "nova-compute", "oslo_messaging.exceptions.MessagingTimeout"), True),
        (f"server:{SERVER}", said("cmp1", "nova-compute", "x", SERVER), True),
        (f"server:{SERVER}", said("cmp1", "nova-compute", f"instance {SERVER} failed"), True),
        ("rows:nova.services", said("ctl1", "nova-api", "anything"), False),
    ],
)
def test_lines_speak_for_parts_by_place_and_words(part: str, line: Said, speaks: bool) -> None:
    assert speaks_for(line, component(part)) is speaks


def test_words_of_a_symptom_are_about_projects() -> None:
    assert projects_meant("cannot ATTACH a volume") == {"nova", "cinder"}
    assert projects_meant("all is strange") == frozenset()


def changed(
    part: str, *, first_error: float = 10_000.0, project: str = "nova", **lists: list[tuple[float, str]]
) -> list[str]:
    value = {"up_since": 0.0, "packages": [], "files": [], "units": []} | {
        kind: [{"at": at, "what": what} for at, what in found] for kind, found in lists.items() if kind != "up_since"
    }
    known = {wanted("host.changed_recently", "ctl1"): value}
    snapshot = Snapshot(usual_cloud(), 10_200.0, known)
    finding = Finding("a.b", Severity.FAILURE, "x", "x")
    broken = Broken(component(part), (finding,), is_own=True, first_error=first_error)
    runs = [Change(9_900.0, "Ostler", "run 7 began"), Change(100.0, "Ostler", "run 1 began")]
    return [change.what for change in changes_before(snapshot, [broken], project, runs)]


def test_only_what_bears_its_name_and_came_shortly_before_is_told() -> None:
    files = [(9_990.0, "/etc/nova/nova.conf"), (9_995.0, "/etc/cinder/cinder.conf"), (10_190.0, "/etc/nova/late.conf")]
    assert changed("service:nova-api@ctl1", files=files) == ["run 7 began", "changed: /etc/nova/nova.conf"]
    assert changed("service:nova-api@ctl1", files=[(3_000.0, "/etc/nova/nova.conf")]) == ["run 7 began"]
    assert "package upgrade rabbitmq-server 1 2" in changed(
        "broker:@ctl1", packages=[(9_000.0, "upgrade rabbitmq-server 1 2")]
    )
    assert changed("vip:", files=files) == ["run 7 began"]
    assert changed("broker:@ctl2", files=files) == ["run 7 began"]


ELSEWHERE = [(9_990.0, "/etc/hosts"), (9_991.0, "/etc/nova/nova.conf"), (9_992.0, "/etc/systemd/system/x.service")]


@pytest.mark.parametrize(
    ("part", "files"),
    [
        ("host:@ctl1", []),
        ("disk:/@ctl1", []),
        ("service:host@ctl1", []),
        ("dns:@ctl1", ["/etc/hosts"]),
        ("mariadb:@ctl1", ["/etc/mysql/mariadb.conf.d/50-server.cnf"]),
    ],
)
def test_what_belongs_to_another_part_is_not_told(part: str, files: list[str]) -> None:
    own = [(9_993.0, "/etc/mysql/mariadb.conf.d/50-server.cnf")]
    told = changed(part, project="", files=[*ELSEWHERE, *own])
    assert told == ["run 7 began", *(f"changed: {path}" for path in files)]


def test_the_kind_of_a_finding_is_no_project() -> None:
    """`host.unit-restarting` is about a unit, not about `/etc/hosts`."""
    files = [{"at": at, "what": what} for at, what in [*ELSEWHERE, (9_993.0, "/etc/chrony/chronyd.conf")]]
    known = {
        wanted("host.daemons", "ctl1"): {"failed": {}, "restarting": {"chronyd": 5}, "stopped": []},
        wanted("host.changed_recently", "ctl1"): {"up_since": 0.0, "packages": [], "files": files, "units": []},
    }
    snapshot = Snapshot(usual_cloud(), 10_000.0, known)
    (found,) = [
        each
        for each in diagnose_cloud(snapshot, load_catalog(), Seen(), knowledge(), Focus()).causes
        if each.cause.finding.code == "host.unit-restarting"
    ]
    assert [change.what for change in found.changes] == ["changed: /etc/chrony/chronyd.conf"]


def test_an_answer_of_500_speaks_for_the_service_that_gave_it() -> None:
    daemons = {"failed": {}, "restarting": {"nova-api": 5}, "stopped": []}
    snapshot = Snapshot(usual_cloud(), 10_000.0, {wanted("host.daemons", "ctl1"): daemons})
    line = said("ctl1", "nova-api", "POST /v2.1/servers => generated 9 bytes in 20 msecs (HTTP/1.1 500)")
    seen = Seen(answers=[Answer("POST", "/v2.1/servers", 500, line, "nova")])
    (found,) = [
        each
        for each in diagnose_cloud(snapshot, load_catalog(), seen, knowledge(), Focus()).causes
        if each.cause.finding.code == "host.unit-restarting"
    ]
    assert [each for lines in found.lines.values() for each in lines] == [line]


def test_where_a_line_stands_is_told_as_it_can_be_looked_up_there() -> None:
    daemons = {"failed": {}, "restarting": {"nova-api": 5}, "stopped": []}
    snapshot = Snapshot(usual_cloud(), 10_000.0, {wanted("host.daemons", "ctl1"): daemons})
    line = said("ctl1", "nova-api", "wrong")
    lines = [
        replace(line, file="/var/log/nova/nova-api.log", line=12, offset=800),
        replace(line, file="/var/log/nova/nova-api.log", line=0, offset=90_000_000),
        replace(line, file="journal of nova-api", line=0, offset=None),
    ]
    shown = living_shown(
        diagnose_cloud(snapshot, load_catalog(), Seen(errors=lines), knowledge(), Focus()), Tally(), "test"
    )
    text = "\n".join(diagnosis_text(shown))
    for place in (
        "ctl1 /var/log/nova/nova-api.log:12\n",
        "ctl1 /var/log/nova/nova-api.log at byte 90000000\n",
        'ctl1 journal of nova-api  (journalctl --since "1970-01-01 00:01:35 UTC" --until "1970-01-01 00:01:42 UTC")\n',
    ):
        assert place in text
    assert "nova-api.log at byte 90000000</td>" in diagnosis_to_html(shown, "test")


@pytest.mark.parametrize(
    ("works", "verdict", "severity", "begins"),
    [
        ([], Verdict.FAILURE, None, "Something fails"),
        ([Work("run 7", "Upgrade", has_changed=False)], Verdict.FAILURE, None, "Something fails"),
        ([Work("run 7", "Upgrade", has_changed=True)], Verdict.UNSURE, "note", "Unsure: nothing was found to be wrong"),
        ([Work("run 7", "Upgrade", has_changed=True, waits_since=1.0)], Verdict.FAILURE, None, "Something fails"),
    ],
)
def test_logs_alone_show_no_fault_while_a_run_restarts_services(
    tmp_path: Path, works: list[Work], verdict: Verdict, severity: str | None, begins: str
) -> None:
    frames = [("cinder/volume/manager.py", "create_volume", "raise Exception()")]
    error = traceback(
        "10:00:50.000", "oslo_messaging.rpc.server", "Exception during handling", frames, "Exception", ASKED
    )
    folder = write_logs(tmp_path, volume=error, api=answered("10:00:51.000", "cinder", "POST /v3/volumes", 500, ASKED))
    seen = observe(in_order(open_folder(folder, Tally()), Wanted(Level.INFO), Tally()), knowledge())
    snapshot = Snapshot(usual_cloud(), 10_000.0, {})
    found = diagnose_cloud(snapshot, load_catalog(), seen, knowledge(), Focus(), works=works)
    shown = living_shown(found, Tally(), "test")
    assert (found.verdict, found.causes) == (verdict, ())
    assert {each.severity for each in shown.findings} == {severity}
    first, *rest = diagnosis_text(shown)
    assert first.startswith(begins)
    assert not any("Also broken" in each for each in rest)


AHEAD = Clock("cmp1", "ctl1", 40.0, 39.5, 40.5)


@pytest.mark.parametrize(
    ("ctl1_ahead_s", "clocks", "codes"),
    [
        (None, [AHEAD], {"diagnosis.clock-astray"}),
        (None, [replace(AHEAD, ahead_s=20.0)], set()),
        (None, [replace(AHEAD, ahead_s=3600.0)], set()),
        (0.1, [AHEAD], set()),
        (20.0, [AHEAD], {"host.clocks-far-apart"}),
    ],
)
def test_a_clock_that_requests_show_to_be_wrong_is_found_where_it_could_not_be_read(
    ctl1_ahead_s: float | None, clocks: list[Clock], codes: set[str]
) -> None:
    cloud = usual_cloud()
    offsets = dict.fromkeys(cloud.hosts, 0.0) | {"ctl1": ctl1_ahead_s} if ctl1_ahead_s else {}
    known = {wanted("host.clock", host): {"epoch": 100.1 + offset} for host, offset in offsets.items()}
    snapshot = Snapshot(cloud, 10_000.0, known, dict.fromkeys(cloud.hosts, (100.0, 100.2)))
    found = diagnose_cloud(snapshot, load_catalog(), Seen(), knowledge(), Focus(), clocks=clocks)
    of_clocks = [each.cause for each in found.causes if each.cause.first.part.kind == "clock"]
    assert {each.finding.code for each in of_clocks} == codes
    shown = living_shown(found, Tally(), "test", clocks)
    (note,) = [each for each in shown.notes if each.code == "logs.clocks-compared"]
    assert "ahead of ctl1" in note.summary
