"""A plan as text: one that cannot be carried out says so at both ends."""

from __future__ import annotations

import pytest

from ostler.errors import Finding, Severity
from ostler.planning.model import Lane, Plan, Stage
from ostler.reporting.plan_text import plan_text
from ostler.secret import MASK
from ostler.steps.model import Step


def plan(*severities: Severity) -> Plan:
    found = tuple(Finding(f"nova.case-{n}", severity, "nova", "is ill") for n, severity in enumerate(severities))
    return Plan("upgrade", "Upgrade tiny", "tiny", "c", 0.0, "s", {}, stages=(), findings=found).sealed()


@pytest.mark.parametrize(
    ("severities", "standing"),
    [
        ((Severity.FAILURE,), "1 finding stands in the way"),
        ((Severity.FAILURE, Severity.WARNING, Severity.NOTE), "2 findings stand in the way"),
    ],
)
def test_a_refused_plan_begins_and_ends_with_its_refusal(severities: tuple[Severity, ...], standing: str) -> None:
    text = plan_text(plan(*severities))
    assert f"This plan cannot be carried out: {standing}.\n" in text
    assert text.endswith(
        f"This plan cannot be carried out: {standing} (at the top).\n"
        "Failures must be mended; a warning can be taken on with --accept CODE.\n"
    )


def test_a_plan_that_may_be_carried_out_ends_with_what_it_is_called() -> None:
    text = plan_text(plan(Severity.NOTE))
    assert text.splitlines()[-1].startswith("plan ")
    assert "cannot be carried out" not in text


def test_a_plan_says_nothing_of_what_a_run_may_have_changed_already() -> None:
    text = plan_text(plan())
    assert "Showing a plan changes nothing." in text
    assert "Nothing has been changed yet" not in text


UNIT = "[Service]\nExecStart=/opt/openstack/bin/nova-api\nEnvironment=OS_PASSWORD=geheim\n"
EDITS = [
    ["set", "upgrade_levels", "compute", "auto"],
    ["set", "keystone_authtoken", "password", "geheim"],
    ["remove", "upgrade_levels", "cert"],
    ["rename", "DEFAULT", "old_name", "api", "new_name"],
]


def changing_plan() -> Plan:
    """The same files are written on two hosts, others on a third, where a file is edited too."""

    def write(host: str, text: str = UNIT) -> Step:
        params = {
            "files": {"/etc/systemd/system/nova-api.service": text},
            "remove": ["/etc/uwsgi/old.ini"],
            "disable": ["nova-old"],
            "links": {"/etc/nova/policy.yaml": "/opt/openstack/current/policy.yaml"},
        }
        return Step(f"roll/{host}/units", "write-units", host, "why", "undo", 1.0, params=params)

    edit = Step(
        "roll/ctl3/edit", "edit-config", "ctl3", "why", "undo", 1.0,
        params={"path": "/etc/nova/nova.conf", "edits": EDITS},
    )  # fmt: skip
    steps = {"ctl1": [write("ctl1")], "ctl2": [write("ctl2")], "ctl3": [write("ctl3", "[Unit]\n"), edit]}
    lanes = tuple(Lane(host, tuple(its)) for host, its in steps.items())
    stage = Stage("roll", "Roll nova", "why", "undo", lanes)
    return Plan("upgrade", "Upgrade tiny", "tiny", "c", 0.0, "s", {}, stages=(stage,)).sealed()


def test_a_verbose_plan_shows_what_becomes_of_files_once_and_without_secrets() -> None:
    lines = [line.strip() for line in plan_text(changing_plan(), verbose=True).splitlines()]
    at = lines.index("/etc/systemd/system/nova-api.service")
    assert lines[at + 1 : at + 7] == [
        "+ [Service]",
        "+ ExecStart=/opt/openstack/bin/nova-api",
        f"+ Environment=OS_PASSWORD={MASK}",
        "- /etc/uwsgi/old.ini",
        "- nova-old starts with the host",
        "+ /etc/nova/policy.yaml -> /opt/openstack/current/policy.yaml",
    ]
    assert lines.count("changes the same as roll/ctl1/units") == 1
    assert "+ [Unit]" in lines
    at = lines.index("/etc/nova/nova.conf")
    assert lines[at + 1 : at + 6] == [
        "+ [upgrade_levels] compute = auto",
        f"+ [keystone_authtoken] password = {MASK}",
        "- [upgrade_levels] cert",
        "- [DEFAULT] old_name",
        "+ [api] new_name = (its value)",
    ]


def test_a_plan_that_is_not_verbose_shows_no_text_of_files() -> None:
    assert "ExecStart" not in plan_text(changing_plan())
