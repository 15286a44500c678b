"""`ostler upgrade --strategy replace`: what does not fit is told before anything is read, and when a run has ended the
cloud file says which control plane the cloud has."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ostler.cli.carrying_out import keep_release
from ostler.cli.main import main
from ostler.cli.telling import tell_warning
from ostler.cloud.file import read_cloud_file
from ostler.execution.records import RunState
from ostler.execution.run_result import RunResult
from ostler.planning.model import Plan
from ostler.planning.replacement import KEY
from ostler.planning.upgrade.onto import plan_replacement
from ostler.practice.cloud_file import ensure
from ostler.practice.layout import Layout
from ostler.practice.state import State

WRONG_INPUT, REFUSED = 2, 3
NEW = ["new1", "new2", "new3", "cmp1", "cmp2"]
DONE = RunResult("2026-11-26-1-upgrade", RunState.DONE, "", (), (), (), (), ())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(name="unit", release="2023.1", spares=3, state_root=tmp_path, cache_dir=tmp_path)
    State(made).begin()
    ensure(made)
    return made


def changed(layout: Layout, **parts: object) -> str:
    """The cloud file of the new hosts with other parts, in place of the one there is."""
    document = yaml.safe_load(layout.onto_file.read_text())
    layout.onto_file.write_text(yaml.safe_dump({**document, **parts}))
    return str(layout.onto_file)


def upgraded(layout: Layout, onto: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    words = ["--to", "2025.1", "--strategy", "replace", "--cloud", str(layout.cloud_file), "--onto", onto]
    return main(["upgrade", *words]), capsys.readouterr().err


@pytest.mark.parametrize("words", [["--strategy", "replace"], ["--onto", "new.yaml"]])
def test_one_option_without_the_other_is_wrong_input(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade", "--to", "2025.1", *words]) == WRONG_INPUT
    said = capsys.readouterr().err
    assert "replace.needs-both" in said
    assert f"found: {' '.join(words).removesuffix(' new.yaml')} alone" in said


def test_everything_that_does_not_fit_is_told_together(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    hosts = yaml.safe_load(layout.onto_file.read_text())["hosts"]
    hosts["new1"]["address"] = layout.host("ctl1").address
    hosts["extra"] = {"address": "10.77.0.240", "roles": ["compute"]}
    balancer = {"kind": "haproxy", "hosts": ["new1", "new2", "new3"], "vip": "10.77.0.251"}
    onto = changed(layout, hosts=hosts, load_balancer=balancer, access={"user": "op"}, deployment="apt",
                   messaging={"hosts": ["new1"]}, databases={"hosts": ["new1"]})  # fmt: skip
    code, said = upgraded(layout, onto, capsys)
    assert code == REFUSED
    codes = (
        *("host-in-both", "brings-computes", "other-address", "other-access", "other-deployment"),
        *("hosts-do-not-pair", "other-databases"),
    )
    assert [each for each in codes if f"replace.{each}" not in said] == []


def test_a_host_that_is_both_is_no_control_plane_of_its_own(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load(layout.cloud_file.read_text())
    document["hosts"]["ctl2"]["roles"] = ["controller", "compute"]
    layout.cloud_file.write_text(yaml.safe_dump(document))
    code, said = upgraded(layout, str(layout.onto_file), capsys)
    assert code == REFUSED
    assert "replace.controller-is-compute" in said


def plan_between(layout: Layout, source: str, target: str, operation: str) -> Plan:
    cloud = read_cloud_file(layout.cloud_file)
    told = plan_replacement(cloud, read_cloud_file(layout.onto_file)).told()
    request = {"source": source, "target": target, "strategy": "replace", KEY: told}
    return Plan(operation, "a plan", cloud.name, cloud.digest(), 0.0, "", request, ())


def test_the_cloud_file_follows_the_control_plane_there_and_back(layout: Layout) -> None:
    before = layout.cloud_file.read_text() + "# the operator's own words\n"
    layout.cloud_file.write_text(before)
    plan = plan_between(layout, "2023.1", "2025.1", "upgrade")
    keep_release(replace(DONE, state=RunState.FAILED), plan, layout.cloud_file)
    assert layout.cloud_file.read_text() == before
    keep_release(DONE, plan, layout.cloud_file)
    now = read_cloud_file(layout.cloud_file)
    assert (now.release, list(now.hosts), now.databases.hosts) == ("2025.1", NEW, ("new1", "new2", "new3"))
    assert [host.service_name for host in now.hosts_with("controller")] == ["ctl1", "ctl2", "ctl3"]
    back = replace(plan, operation="rollback", request={**plan.request, "source": "2025.1", "target": "2023.1"})
    keep_release(DONE, back, layout.cloud_file)
    assert layout.cloud_file.read_text() == before.replace("'2023.1'", '"2023.1"')


def test_a_cloud_file_that_cannot_be_written_is_told_and_takes_nothing_from_the_run(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_between(layout, "2023.1", "2025.1", "upgrade")
    layout.cloud_file.with_name("cloud.yaml.old-control-plane").mkdir()
    unkept = keep_release(DONE, plan, layout.cloud_file)
    assert unkept is not None
    tell_warning(unkept, as_json=False)
    assert "cloud.control-plane-not-written" in capsys.readouterr().err


def test_a_disk_that_is_full_leaves_the_cloud_file_whole(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    before = layout.cloud_file.read_bytes()
    plan = plan_between(layout, "2023.1", "2025.1", "upgrade")
    keep_release(DONE, plan, layout.cloud_file)
    now = layout.cloud_file.read_bytes()
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if content != before:
            return write(path, content)
        write(path, content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    unkept = keep_release(DONE, replace(plan, operation="rollback"), layout.cloud_file)
    assert layout.cloud_file.read_bytes() == now
    assert "No space left on device" in str(unkept)
