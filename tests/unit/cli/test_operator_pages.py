"""The pages for operators are true: keys of the cloud file, variables, HAProxy's lines, and what the README says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ostler.catalog import load_catalog
from ostler.cli import main
from ostler.cloud.file import read_cloud_file
from ostler.cloud.schema import KNOWN_KEYS
from ostler.deployment.paths import ENVIRONMENTS_DIR
from ostler.execution.home import Home
from ostler.execution.operation import PROBE_FOLDER
from ostler.execution.probe_telling import TOLD_EVERY_S
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.planning.upgrade.request import UpgradeRequest
from ostler.practice import haproxy

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "operator"
NOT_FOR_OPERATORS = {"OSTLER_NO_SECRET"}


def example() -> str:
    found = re.search(r"^```yaml\n(.*?)^```$", (PAGES / "cloud-file.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_example_of_a_cloud_file_is_one(tmp_path: Path) -> None:
    path = tmp_path / "cloud.yaml"
    path.write_text(example())
    assert len(read_cloud_file(path).hosts) == 5


@pytest.mark.parametrize("place", KNOWN_KEYS, ids=".".join)
def test_the_example_of_a_cloud_file_shows_every_key(place: tuple[str, ...]) -> None:
    shown: Any = yaml.safe_load(example())
    for part in place:
        shown = {key: value for each in shown.values() for key, value in each.items()} if part == "*" else shown[part]
    assert set(shown) == set(KNOWN_KEYS[place])


def test_every_variable_has_its_line() -> None:
    sources = (path.read_text() for path in (ROOT / "src" / "ostler").rglob("*.py"))
    read = {name for text in sources for name in re.findall(r"\bOSTLER_[A-Z_]+\b", text)}
    told = set(re.findall(r"`(OSTLER_[A-Z_]+)`", (PAGES / "environment.md").read_text()))
    assert read - NOT_FOR_OPERATORS == told


def test_the_page_about_haproxy_has_the_lines_that_practice_clouds_run_with() -> None:
    page = (PAGES / "haproxy.md").read_text()
    assert haproxy.HOLD_LUA.rstrip() in page
    assert f"lua-load {haproxy.HOLD_LUA_PATH}\n" in page
    assert f"http-request lua.hold nova-api if {{ str(nova-api),map({HOLD_MAP}) -m found }}\n" in page


def test_the_page_about_haproxy_names_every_backend() -> None:
    services = (service for project in load_catalog().projects for service in project.data.services)
    backends = {service.api.backend for service in services if service.api}
    page = (PAGES / "haproxy.md").read_text()
    assert {backend for backend in backends if f"`{backend}`" not in page} == set()


def test_the_page_about_upgrading_says_where_things_lie(tmp_path: Path) -> None:
    page = (PAGES / "upgrading.md").read_text()
    home = Home(tmp_path)
    request = UpgradeRequest("2025.1")
    assert f"`{request.backup_folder}/RELEASE-TIME/`" in page
    assert f"`{home.received('RUN').relative_to(tmp_path)}/`" in page
    assert f"`{(home.run_folder('RUN') / PROBE_FOLDER).relative_to(tmp_path)}/`" in page
    assert f"`{home.journal.name}`" in page
    assert f"`{ENVIRONMENTS_DIR}/`" in page
    assert f"with the probe's figures every {TOLD_EVERY_S:.0f} s" in " ".join(page.split())


def test_the_readme_is_right_about_which_commands_take_json() -> None:
    main._mount_once()

    def without(command: Any, name: str) -> list[str]:
        if hasattr(command, "commands"):
            return [found for part, each in command.commands.items() for found in without(each, f"{name} {part}")]
        return [] if any("--json" in parameter.opts for parameter in command.params) else [name]

    assert without(typer.main.get_command(main.app), "ostler") == ["ostler practice shell"]
    assert "all but `practice shell` take `--json`" in " ".join((ROOT / "README.md").read_text().split())


def test_a_demo_whose_plan_is_refused_reports_no_older_run() -> None:
    script = (ROOT / "scripts" / "demo.sh").read_text()
    applied, _, reported = script.partition("step ostler apply")[2].partition("ostler report")
    assert reported
    assert '-eq 2 ] || [ "$ended" -eq 3 ]' in applied
    assert 'exit "$ended"' in applied
