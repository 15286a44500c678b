"""Building with a build root that only pretends to install: what is stored, and what a failure leaves."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from ostler.commands import CommandResult
from ostler.environments.build import Builder
from ostler.environments.interpreters import Interpreter
from ostler.environments.recipe import AddedPackage, PipMade, Recipe
from ostler.environments.store import EnvironmentStore
from ostler.errors import CommandFailed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class PretendingRoot:
    """Does what uv and the finishing script would leave, without either."""

    def __init__(self, path: Path, broken: str = "") -> None:
        self.path = path
        self.broken = broken
        self.installed: list[str] = []
        self.shown: list[Path] = []

    def showing(self, folder: Path) -> PretendingRoot:
        self.shown.append(folder)
        return self

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        check: bool = True,
    ) -> CommandResult:
        words = list(argv)
        if "venv" in words or words[0].endswith("/virtualenv"):
            (self.path / words[-1].lstrip("/") / "bin").mkdir(parents=True, exist_ok=True)
            (self.path / words[-1].lstrip("/") / "bin" / "program").write_text("#!x\n")
        elif "install" in words:
            self.installed += words
            if self.broken and any(self.broken in word for word in words):
                raise CommandFailed("x.failed", "no such version")
        elif "build" in words:
            wheel = self.path / words[-1].lstrip("/") / "dist" / "extra-1-py3-none-any.whl"
            wheel.parent.mkdir()
            wheel.touch()
        else:
            found = {"packages": {"nova": "29.4.0"}, "heads": {"nova": ["abc"]}, "unpacked_bytes": 5}
            return CommandResult(0, json.dumps(found), "")
        return CommandResult(0, "", "")


def recipe(project: str = "nova", **more: object) -> Recipe:
    return Recipe(project, "2024.1", "29.4.0", (f"{project}==29.4.0",), "a===1\n", **more)  # type: ignore[arg-type]


def builder(root: PretendingRoot, folder: Path) -> Builder:
    return Builder(root, EnvironmentStore(folder / "store"), NOW, lambda line: None, environ={})


@pytest.fixture
def root(tmp_path: Path) -> PretendingRoot:
    path = tmp_path / "root"
    (path / "usr/local/bin").mkdir(parents=True)
    return PretendingRoot(path)


def test_an_archive_unpacks_to_its_own_path_with_its_manifest_inside(root: PretendingRoot, tmp_path: Path) -> None:
    [stored] = builder(root, tmp_path).build([recipe()])
    with (
        stored.archive.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as plain,
        tarfile.open(fileobj=plain, mode="r|") as tar,
    ):
        members = {member.name: member for member in tar}
    assert "opt/openstack/venvs/nova-29.4.0/bin/program" in members
    assert "opt/openstack/venvs/nova-29.4.0/ostler-manifest.json" in members
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}
    assert stored.manifest.heads == {"nova": ("abc",)}
    assert stored.manifest.built_at == "2026-11-20T12:00:00+00:00"
    assert stored.manifest.size_bytes == stored.archive.stat().st_size


def test_what_is_stored_is_not_built_again(root: PretendingRoot, tmp_path: Path) -> None:
    builder(root, tmp_path).build([recipe()])
    root.installed.clear()
    builder(root, tmp_path).build([recipe()])
    assert root.installed == []


def test_a_failed_build_leaves_nothing_and_keeps_what_was_finished(root: PretendingRoot, tmp_path: Path) -> None:
    root.broken = "cinder=="
    with pytest.raises(CommandFailed):
        builder(root, tmp_path).build([recipe("nova"), recipe("cinder")])
    store = EnvironmentStore(tmp_path / "store")
    assert [stored.manifest.project for stored in store.list()] == ["nova"]
    assert list((root.path / "opt/openstack/venvs").iterdir()) == []


def test_added_packages_are_built_to_wheels_and_installed(root: PretendingRoot, tmp_path: Path) -> None:
    source = tmp_path / "extra"
    source.mkdir()
    builder(root, tmp_path).build([recipe(added=(AddedPackage("extra", source),))])
    assert any(word.endswith("extra-1-py3-none-any.whl") for word in root.installed)


def test_the_last_day_of_uploads_is_told_to_the_installer(root: PretendingRoot, tmp_path: Path) -> None:
    builder(root, tmp_path).build([recipe(newest="2026-10-20")])
    assert root.installed[root.installed.index("--exclude-newer") + 1] == "2026-10-20"


def test_an_old_python_is_shown_in_the_tree_and_pip_installs_with_what_still_builds(
    root: PretendingRoot, tmp_path: Path
) -> None:
    interpreter = Interpreter("2.7", Path("/opt/python/bin/python2.7"), Path("/opt/python"))
    made = PipMade(interpreter, ("pip==20.3.4",), ("--use-deprecated=legacy-resolver",))
    [stored] = builder(root, tmp_path).build([recipe(python="2.7", pip=made)])
    assert set(root.shown) == {Path("/opt/python")}
    assert (stored.manifest.python, stored.manifest.interpreter) == ("2.7", "/opt/python/bin/python2.7")
    pip = root.installed.index("/opt/openstack/venvs/nova-29.4.0/bin/python")
    assert root.installed[pip:] == [
        *("/opt/openstack/venvs/nova-29.4.0/bin/python", "-m", "pip", "--quiet", "install", "pip==20.3.4"),
        *("/opt/openstack/venvs/nova-29.4.0/bin/python", "-m", "pip", "--quiet", "install"),
        *("--use-deprecated=legacy-resolver", "--constraint", "/var/tmp/ostler-build/nova-2024.1.txt", "nova==29.4.0"),
    ]
    [of_hosts] = builder(root, tmp_path).build([recipe()])
    assert of_hosts.manifest.interpreter == ""
