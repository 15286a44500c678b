"""The project keeps its own rules: names, words, addresses, decisions."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT

from ostler.rules.loader import load_rules

UNWANTED_MODULES = {"utils", "helpers", "common", "base", "misc", "manager"}
SHARED_FOLDERS = {Path(name) for name in ("/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/local")}
"""Folders that every machine has, so that a page or a test may name them."""

OF_THIS_MACHINE = [re.escape(f"{path}/") for path in (ROOT.parent, Path(sys.base_prefix)) if path not in SHARED_FOLDERS]
"""Where this checkout lies, and where its Python comes from."""

UNWANTED_WORDS = re.compile(
    "|".join([*OF_THIS_MACHINE, r"\bTODO\b", r"\bFIXME\b", r"\bHACK\b", "file:///", "index-url", "find-links"]),
    re.IGNORECASE,
)
"""Paths of somebody's machine, addresses of somebody's registry, and work left for later."""

MAY_SAY_SO = {Path("tests/meta/test_project.py"), Path("src/ostler/catalog/data/options/glance.jsonl")}
"""This file, and a default of glance's own (node_staging_uri)."""

OF_TESTS = re.compile(r"OSTLER_TEST_[A-Z]+")
SHOWN = 'echo "run: ${OSTLER_TEST_HOP:-}|${OSTLER_TEST_CLOUD:-}|${OSTLER_TEST_SPARES:-} $*"'

ADR_NAME = re.compile(r"\d{4}-[a-z0-9-]+\.md")


def tracked() -> list[Path]:
    """The files of the project: those git knows, else all below the usual folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    folders = ("src", "tests", "docs", "scripts", "tools")
    return [path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, (ROOT / path).read_text()))
        except UnicodeDecodeError:
            continue
    return found


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    modules = [path for path in tracked() if path.suffix == ".py" and path.parts[0] in ("src", "tests")]
    assert modules
    assert [str(path) for path in modules if UNWANTED_MODULES & {*path.parts, path.stem}] == []


def test_nothing_names_a_machine_a_registry_or_work_left_for_later() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if path not in MAY_SAY_SO
        for number, line in enumerate(text.splitlines(), 1)
        if UNWANTED_WORDS.search(line)
    ]
    assert found == []


def test_pins_carry_no_addresses() -> None:
    pins = [ROOT / "requirements.lock", *(ROOT / "src/ostler/environments/constraints").glob("*.txt")]
    assert len(pins) > 2
    for path in pins:
        assert "://" not in "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")), path


def test_every_decision_is_numbered_listed_and_dated() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text()
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    for path in pages:
        assert ADR_NAME.fullmatch(path.name)
        assert f"({path.name})" in index
        assert re.search(r"^\d{4}-\d{2}-\d{2}\. (Holds|Superseded by \d{4})\.$", path.read_text(), re.MULTILINE), path


def test_every_fragment_of_the_changelog_has_a_kind() -> None:
    kinds = {"added", "changed", "fixed", "removed"}
    for path in (ROOT / "docs" / "changelog.d").glob("*.md"):
        assert path.name == "README.md" or path.suffixes[-2].removeprefix(".") in kinds, path


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.id)
def test_every_rule_tells_where_it_is_known_from_and_since_when(rule: object) -> None:
    source = rule.source  # type: ignore[attr-defined]
    assert source.where
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", source.date)


def test_what_tests_are_told_by_the_environment_is_on_the_page_for_contributors() -> None:
    named = {name for path, text in texts() if path.parts[0] == "tests" for name in OF_TESTS.findall(text)}
    assert named
    assert named - set(OF_TESTS.findall((ROOT / "CONTRIBUTING.md").read_text())) == set()


def test_the_soak_goes_over_several_hops_and_onto_spare_hosts(tmp_path: Path) -> None:
    """What the script runs, seen by stand-ins for the interpreter and for root."""
    programs = {tmp_path / ".venv" / "bin" / "python": SHOWN, tmp_path / "bin" / "id": "echo 0"}
    for path, script in programs.items():
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    script = tmp_path / "scripts" / "test_practice.sh"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "test_practice.sh").read_text())
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "OSTLER_TEST_CLOUD": "mine"}
    for words, expected in (([], ["|mine|"]), (["--soak"], ["|mine|", "2023.1 2025.1||3"])):
        done = subprocess.run(["sh", str(script), *words], env=environ, capture_output=True, text=True, check=True)
        told = [line.removeprefix("run: ") for line in done.stdout.splitlines() if line.startswith("run: ")]
        assert [line.partition(" -m ")[0] for line in told] == expected
    assert "test_8_fast_forward.py" in told[-1] and "test_9_replace.py" in told[-1]


def test_links_between_pages_lead_somewhere() -> None:
    for path in (path for path in tracked() if path.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / path).read_text()):
            assert (ROOT / path.parent / target).exists(), f"{path} links to {target}"
