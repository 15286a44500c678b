"""`ostler config` and `ostler catalog harvest` in text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostler.cli.main import main
from ostler.cloud.file import write_cloud_file
from ostler.commands import Command
from ostler.execution.simulation import three_plus_two
from ostler.practice.openstack import archives

NOVA = """[DEFAULT]
# the queue
rabbit_host = mq
rabbit_password = hunter2
cpu_allocation_ratio = 4.0
[api]
auth_strategy = keystone
"""


@pytest.fixture
def nova(tmp_path: Path) -> Path:
    path = tmp_path / "nova.conf"
    path.write_bytes(NOVA.encode())
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """The exit code and what was printed, without line breaks: where these fall depends on how long paths are."""
    code = main([str(each) for each in arguments])
    return code, " ".join(capsys.readouterr().out.split())


HOP = ("--project", "nova", "--from", "2023.1", "--to", "2026.1")


def test_a_difference_shows_what_is_set_first(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "config", "diff", *HOP, nova)
    assert code == 0
    mine, others = text.split("NOT SET IN YOUR FILES")
    assert f"{nova}:7 = keystone" in mine
    assert "removed: [api] auth_strategy (since 2025.2)" in mine
    assert "auth_strategy" not in others
    code, said = run(capsys, "config", "diff", *HOP, nova, "--json")
    document = json.loads(said)
    first = document["changes"][0]
    assert (code, document["from"], document["to"]) == (0, "2023.1", "2026.1")
    assert (first["group"], first["option"], first["set_in"][0]["line"]) == ("api", "auth_strategy", 7)
    assert sum(document["counts"].values()) == len(document["changes"])


def test_a_difference_without_files_lists_every_change(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "config", "diff", "--project", "nova", "--from", "2024.1", "--to", "2025.1")
    assert code == 0
    assert "[DEFAULT] heal_instance_info_cache_interval: 60 → -1" in text
    assert "YOUR FILES" not in text
    same = run(capsys, "config", "diff", "--project", "placement", "--from", "2025.1", "--to", "2025.1", "--json")
    assert not {"removed", "new", "default changed"} & set(json.loads(same[1])["counts"])


def test_a_file_with_faults_ends_with_1(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run(capsys, "config", "lint", "--project", "nova", "--release", "2026.1", nova)
    assert code == 1
    assert "[api] auth_strategy" in text
    code, said = run(capsys, "config", "lint", "--project", "nova", "--release", "2026.1", nova, "--json")
    document = json.loads(said)
    assert code == 1
    assert document["release"] == "2026.1"
    assert {finding["code"] for finding in document["findings"]} == {"config.removed"}


def test_a_file_without_faults_ends_with_0(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nova.write_text("[DEFAULT]\ndebug = true\n")
    code, text = run(capsys, "config", "lint", "--project", "nova", "--release", "2026.1", nova)
    assert (code, text) == (0, "Nothing was found to be wrong.")


MY_OPTIONS = "[DEFAULT]\nenabled_backends = fast\n"
OF_ALL = "[DEFAULT]\ndebug = true\n"


@pytest.mark.parametrize(
    ("path", "text", "project"),
    [
        ("nova.conf", OF_ALL, "nova"),
        ("glance-api.conf", OF_ALL, "glance"),
        ("etc/neutron/plugins/ml2/ml2_conf.ini", OF_ALL, "neutron"),
        ("etc/nova/keystone.conf", OF_ALL, "keystone"),
        ("mine.conf", MY_OPTIONS + "volume_clear = none\n", "cinder"),
    ],
)
def test_files_tell_their_project(
    tmp_path: Path, path: str, text: str, project: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    _, said = run(capsys, "config", "lint", "--release", "2025.1", file, "--json")
    assert json.loads(said)["project"] == project


@pytest.mark.parametrize(
    "files",
    [
        {"mine.conf": OF_ALL},
        {"mine.conf": ""},
        {"mine.conf": "[DEFAULT]\nno_such_option = 1\n"},
        {"nova/mine.conf": OF_ALL},
        {"nova.conf": OF_ALL, "cinder.conf": OF_ALL},
        {"nova.conf": OF_ALL, "mine.conf": OF_ALL},
    ],
)
def test_files_that_leave_a_doubt_need_the_project_named(
    tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert main(["config", "lint", "--release", "2025.1", *(str(tmp_path / name) for name in files)]) == 2
    assert "Missing option '--project'" in capsys.readouterr().err


def test_the_release_is_that_of_the_cloud_file(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = nova.with_name("cloud.yaml")
    code, said = run(capsys, "config", "lint", "--project", "nova", "--cloud", missing, nova, "--json")
    assert (code, json.loads(said)["error"]["code"]) == (2, "cloud.not-found")


def test_a_file_is_carried_over_into_a_new_one_and_the_old_one_stays(
    nova: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = nova.with_name("nova.conf.new")
    nova.chmod(0o640)
    code, text = run(capsys, "config", "migrate", *HOP, nova, "--out", out)
    assert code == 0
    assert out.read_text() == (
        "[DEFAULT]\n# the queue\ntransport_url = rabbit://guest:hunter2@mq:5672/\ncpu_allocation_ratio = 4.0\n[api]\n"
    )
    assert nova.read_text() == NOVA
    assert out.stat().st_mode & 0o777 == 0o640
    assert "hunter2" not in text
    assert "+transport_url = ********" in text


def test_without_out_nothing_is_written(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "config", "migrate", *HOP, nova, "--json")
    document = json.loads(said)
    assert code == 0
    assert [each.name for each in nova.parent.iterdir()] == ["nova.conf"]
    assert [change["line"] for change in document["changes"]] == [3, 4, 7]
    assert document["decisions"] == []
    assert "hunter2" not in said


def test_a_file_that_needs_no_change_is_the_same_to_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = tmp_path / "nova.conf", tmp_path / "new.conf"
    before.write_bytes(b"\r\n# caf\xe9 \xff\r\n[DEFAULT]\r\ndebug=true\r\n  \r\n# end")
    code, text = run(capsys, "config", "migrate", *HOP, before, "--out", after)
    assert (code, text) == (0, f"{before}: nothing must change.")
    assert after.read_bytes() == before.read_bytes()


def test_bytes_that_are_no_text_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(b"[api]\nauth_strategy = \xff\x1b[31m\n")
    for form in ((), ("--json",)):
        code, text = run(capsys, "config", "migrate", *HOP, path, *form)
        assert code == 0
        assert "\x1b" not in text


def test_a_decision_ends_with_1(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nova.write_text("[oslo_policy]\npolicy_file = policy.json\n")
    code, text = run(capsys, "config", "migrate", *HOP, nova)
    assert code == 1
    assert text.startswith("TO BE DECIDED")


def test_the_dashboards_settings_are_carried_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "local_settings.py", tmp_path / "new.py"
    path.write_text("'class': 'django.utils.log.NullHandler'\n")
    options = ("--project", "horizon", "--from", "rocky", "--to", "2025.1")
    assert run(capsys, "config", "migrate", *options, path, "--out", out)[0] == 0
    assert out.read_text() == "'class': 'logging.NullHandler'\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("config", "diff", "--project", "nvoa", "--from", "2023.1", "--to", "2025.1"), "catalog.no-options"),
        (("config", "diff", "--project", "nova", "--from", "2023", "--to", "2025.1"), "catalog.not-harvested"),
        (("config", "diff", "--project", "nova", "--from", "2025.1", "--to", "2023.1"), "config.not-forward"),
        (("config", "lint", "--project", "nova", "--release", "2025.1", "none.conf"), "config.cannot-read"),
        (("config", "migrate", *HOP, "none.conf"), "config.cannot-read"),
        (("config", "migrate", *HOP, "none.conf", "--out", "/"), "config.out-exists"),
        (("catalog", "harvest", "--release", "2025.7"), "catalog.unknown-release"),
        (("catalog", "harvest", "--release", "2025.1", "--environment", "nova"), "environments.not-project-and-folder"),
        (("catalog", "harvest", "--release", "2025.1", "--practice", "--out", "{tmp}"), "environments.not-in-store"),
        (("catalog", "harvest", "--release", "2025.1", "--environment", "nova={tmp}", "--out", "{tmp}"),
         "environments.no-python"),
    ],
)  # fmt: skip
def test_wrong_input_is_told_with_what_to_do(
    arguments: tuple[str, ...],
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OSTLER_CACHE_DIR", str(tmp_path / "cache"))
    ended, said = run(capsys, *(each.format(tmp=tmp_path) for each in arguments), "--json")
    error = json.loads(said)["error"]
    assert (ended, error["code"]) == (2, code)
    assert error["do_next"]


def test_the_projects_that_are_harvested_are_those_of_the_practice_clouds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTLER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(archives, "PROJECTS", ("placement",))
    _, said = run(capsys, "catalog", "harvest", "--release", "2025.1", "--practice", "--out", tmp_path, "--json")
    assert "no environment of placement 2025.1" in json.loads(said)["error"]["summary"]


def test_a_file_that_cannot_be_written_is_told(nova: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "config", "migrate", *HOP, nova, "--out", nova.parent / "no" / "where", "--json")
    assert (code, json.loads(said)["error"]["code"]) == (2, "config.cannot-write")


def test_connections_are_those_of_every_host_and_end_with_1_when_one_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulation = three_plus_two("2024.1", tmp_path, store=[])
    write_cloud_file(simulation.cloud, tmp_path / "cloud.yaml")
    monkeypatch.setattr("ostler.execution.connecting.connect_hosts", lambda cloud: simulation.simulated.transport)
    monkeypatch.setattr("ostler.execution.connecting.connect_api", lambda cloud: simulation.simulated.api)
    command = ("config", "connections", "--cloud", tmp_path / "cloud.yaml")
    code, text = run(capsys, *command)
    assert (code, "every server that was asked answers." in text) == (0, True)
    assert "nova@10.77.0.250:3306 /etc/nova/nova.conf [database] connection ctl1 ctl2 ctl3 cmp1 cmp2" in text
    simulation.simulated.transport.run("ctl1", Command(("systemctl", "stop", "rabbitmq-server.service")))
    code, said = run(capsys, *command, "--json")
    (silent,) = json.loads(said)["not_answering"]
    assert (code, silent["server"], silent["answer"]) == (1, "10.77.0.11:5672", "refused")
    assert silent["hosts"] == ["ctl1", "ctl2", "ctl3", "cmp1", "cmp2"]
