"""Bad input on the real cloud: each a clear message with what to do, its exit code, and nothing changed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from practice_operator import SOURCE, TARGET, Done, PracticeOperator

from ostler.catalog import load_catalog

pytestmark = [pytest.mark.practice, pytest.mark.timeout(600)]

INPUT, REFUSED = 2, 3

HARDLY_ANY_ROOM = """set -e
mkdir -p /run/kept-opt
mount --bind /opt /run/kept-opt
mount -t tmpfs -o size=10m none /opt
mkdir /opt/openstack
mount --bind /run/kept-opt/openstack /opt/openstack
"""
ROOM_AGAIN = "umount /opt/openstack; umount /opt; umount /run/kept-opt; rmdir /run/kept-opt"


@pytest.fixture(scope="module", autouse=True)
def nothing_changes(cloud: PracticeOperator) -> Iterator[None]:
    """Whatever this file tries: configuration, running code and runs stay as they were."""
    before = cloud.configuration(), cloud.running_code()
    yield
    assert (cloud.configuration(), cloud.running_code()) == before
    assert cloud.ostler("runs", "--json").document["runs"] == []


def altered(cloud: PracticeOperator, file_name: str, **changed: Any) -> Path:
    """A copy of the cloud file with some keys changed, paths in it made whole."""
    document = yaml.safe_load(cloud.cloud_file.read_text())
    home = cloud.cloud_file.parent
    document["access"] |= {"key": str(home / "id_ed25519"), "known_hosts": str(home / "known_hosts")}
    document["api"] |= {"clouds_yaml": str(home / "clouds.yaml")}
    for key, value in changed.items():
        document[key] = {**document[key], **value} if isinstance(value, dict) else value
    path = cloud.work / f"{file_name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def findings(done: Done) -> list[dict[str, Any]]:
    """The findings of a plan that is refused."""
    found: list[dict[str, Any]] = done.document["findings"]
    return found


def test_an_unknown_host_is_named_with_the_nearest_one(cloud: PracticeOperator) -> None:
    said = cloud.ostler("status", "--host", "ctl11", code=INPUT).stderr
    assert "'ctl11'" in said
    assert "did you mean ctl1?" in said


def test_an_unknown_release_is_refused_with_those_there_are(cloud: PracticeOperator) -> None:
    said = cloud.ostler("upgrade", "--to", "2099.1", code=INPUT).stderr
    assert "2099.1" in said
    assert TARGET in said


def test_a_hop_that_does_not_exist_is_answered_with_the_hops_that_do(cloud: PracticeOperator) -> None:
    catalog = load_catalog()
    there = [hop.target.id for hop in catalog.hops_from(SOURCE)]
    too_far = next(release for release in reversed(catalog.releases.order) if release not in there)
    said = cloud.ostler("upgrade", "--to", too_far, code=INPUT).stderr
    assert TARGET in there
    assert [target for target in there if target not in said] == []


def test_an_unknown_key_is_named_with_file_and_line(cloud: PracticeOperator) -> None:
    path = altered(cloud, "unknown-key", load_balancer={"vipp": "10.77.0.250"})
    said = cloud.ostler("status", "--cloud", path, code=INPUT).stderr
    line = 1 + path.read_text().splitlines().index("  vipp: 10.77.0.250")
    assert str(path) in said
    assert f"line {line}" in said
    assert "vipp" in said


def test_a_host_without_power_is_named_and_nothing_is_planned(cloud: PracticeOperator) -> None:
    cloud.practice("power", "cut", "cmp2")
    try:
        plan = cloud.work / "unreachable.plan"
        refused = cloud.ostler("upgrade", "--to", TARGET, "--out", plan, "--json", code=REFUSED)
        told = [finding for finding in findings(refused) if finding["code"] == "host.unreachable"]
        assert [finding["subject"] for finding in told] == ["cmp2"]
        assert told[0]["do_next"]
        cloud.ostler("apply", plan, code=REFUSED)
    finally:
        cloud.practice("power", "on", "cmp2")


def test_a_host_without_room_is_named_with_what_is_free_and_what_is_wanted(cloud: PracticeOperator) -> None:
    """/opt becomes a file system of 10 MB; what lies in it is still there for those that run from it."""
    cloud.on("cmp2", "sh", "-c", HARDLY_ANY_ROOM)
    try:
        refused = cloud.ostler("upgrade", "--to", TARGET, "--json", code=REFUSED)
        told = [finding for finding in findings(refused) if finding["code"] == "host.no-room-for-environments"]
        assert [finding["subject"] for finding in told] == ["/opt on cmp2"]
        assert told[0]["found"].endswith(" MB free")
        assert told[0]["do_next"].startswith("free space on cmp2")
    finally:
        cloud.on("cmp2", "sh", "-c", ROOM_AGAIN)


def test_a_changed_host_key_is_never_trusted(cloud: PracticeOperator, tmp_path: Path) -> None:
    lines = (cloud.cloud_file.parent / "known_hosts").read_text().splitlines()
    keys = {names: key for names, _, key in (line.partition(" ") for line in lines)}
    [ctl1, ctl2] = [names for host in ("ctl1", "ctl2") for names in keys if host in names.split(",")]
    swapped = [f"{names} {keys[ctl1] if names == ctl2 else key}" for names, key in keys.items()]
    assert swapped != lines
    (tmp_path / "known_hosts").write_text("\n".join(swapped) + "\n")
    path = altered(cloud, "changed-key", access={"known_hosts": str(tmp_path / "known_hosts")})
    refused = cloud.ostler("upgrade", "--to", TARGET, "--cloud", path, "--json", code=REFUSED)
    told = [finding for finding in findings(refused) if finding["subject"] == "ctl2"]
    assert "host key" in told[0]["summary"]
    assert "known_hosts" in told[0]["do_next"]


def test_a_login_that_is_refused_is_told_for_every_host(cloud: PracticeOperator, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    path = altered(cloud, "wrong-login", access={"key": str(tmp_path / "other")})
    refused = cloud.ostler("upgrade", "--to", TARGET, "--cloud", path, "--json", code=REFUSED)
    told = {f["subject"] for f in findings(refused) if f["code"] == "host.unreachable" and "login" in f["summary"]}
    assert told == set(cloud.hosts())


def test_wrong_api_credentials_are_told_as_such_and_not_shown(cloud: PracticeOperator, tmp_path: Path) -> None:
    name = yaml.safe_load(cloud.cloud_file.read_text())["api"]["cloud"]
    credentials = yaml.safe_load((cloud.cloud_file.parent / "clouds.yaml").read_text())
    credentials["clouds"][name]["auth"]["password"] = "not-the-password"
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(credentials))
    path = altered(cloud, "wrong-credentials", api={"clouds_yaml": str(tmp_path / "clouds.yaml")})
    refused = cloud.ostler("upgrade", "--to", TARGET, "--cloud", path, "--json", code=REFUSED)
    assert "credentials" in refused.stdout
    assert "not-the-password" not in refused.stdout + refused.stderr


def test_a_plan_edited_by_hand_is_not_carried_out(cloud: PracticeOperator) -> None:
    plan = json.loads((cloud.work / "first.plan").read_text())
    plan["stages"] = [stage for stage in plan["stages"] if stage["name"] != "protect"]
    edited = cloud.work / "edited.plan"
    edited.write_text(json.dumps(plan))
    said = cloud.ostler("apply", edited, code=INPUT).stderr
    assert "changed after it was written" in said
    assert "make the plan again" in said


def test_a_plan_of_an_older_format_is_not_carried_out(cloud: PracticeOperator) -> None:
    plan = json.loads((cloud.work / "first.plan").read_text())
    older = cloud.work / "older.plan"
    older.write_text(json.dumps({**plan, "format": plan["format"] - 1}))
    said = cloud.ostler("apply", older, code=INPUT).stderr
    assert "format" in said
    assert "make the plan again" in said


def test_a_plan_of_another_cloud_is_not_carried_out(cloud: PracticeOperator) -> None:
    other = altered(cloud, "other-cloud", name="elsewhere")
    said = cloud.ostler("apply", cloud.work / "first.plan", "--cloud", other, code=REFUSED).stderr
    assert "elsewhere" in said
    assert cloud.name in said
