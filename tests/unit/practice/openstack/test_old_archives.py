"""Archives of old releases are found whichever interpreter made them, as long as it is here; what is missing is told
whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.environments.interpreters import Interpreter
from ostler.environments.manifest import Manifest
from ostler.environments.old_releases import old_recipe
from ostler.environments.recipe import Recipe
from ostler.environments.store import ARCHIVE, MANIFEST, EnvironmentStore, StoredEnvironment
from ostler.errors import InputError
from ostler.practice.openstack import archives

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def python(folder: Path, version: str) -> Interpreter:
    """A program that says it is a Python of that version and lies in that folder."""
    program = folder / "bin" / f"python{version}"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nprintf '{version}\\n{folder}\\n'\n")
    program.chmod(0o755)
    return Interpreter(version, program, folder)


def add(cache: Path, project: str, release: str, made_with: Interpreter, *, is_told: bool = True) -> None:
    recipe = old_recipe(load_catalog(), project, release, made_with)
    told = Manifest(
        project=project,
        release=release,
        version=recipe.version,
        path=recipe.path,
        python=recipe.python,
        address=recipe.address(),
        packages={},
        heads={},
        unpacked_bytes=10,
        built_at="2026-11-20T12:00:00+00:00",
        interpreter=str(made_with.program) if is_told else "",
    )
    with archives.old_store(cache).adding(recipe) as folder:
        (folder / ARCHIVE).write_bytes(b"archive")
        (folder / MANIFEST).write_text(told.with_archive("0" * 64, 7).to_json())


@pytest.fixture(autouse=True)
def none_of_pyenv_or_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home of the machine's user is empty."""
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(archives, "_built", lambda *_: pytest.fail("nothing is to be built"))


def way(cache: Path, **needed: Sequence[str]) -> dict[str, dict[str, StoredEnvironment]]:
    return archives.ensure_way(cache, needed, NOW, print)


def test_one_that_was_made_with_a_python_elsewhere_is_found(tmp_path: Path) -> None:
    elsewhere = python(tmp_path / "srv" / "python", "2.7")
    add(tmp_path, "nova", "rocky", elsewhere)
    found = way(tmp_path, rocky=["nova"])
    assert found["rocky"]["nova"].manifest.interpreter == str(elsewhere.program)
    assert archives.old_interpreters(tmp_path) == (elsewhere,)


def test_one_whose_interpreter_is_gone_or_that_would_be_made_otherwise_today_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = python(tmp_path / "srv" / "python", "2.7")
    add(tmp_path, "nova", "rocky", elsewhere)
    add(tmp_path, "cinder", "rocky", elsewhere)
    with monkeypatch.context() as otherwise, pytest.raises(InputError):
        otherwise.setattr("ostler.environments.old_releases.REQUIREMENTS", ("PyMySQL",))
        way(tmp_path, rocky=["nova"])
    elsewhere.program.unlink()
    with pytest.raises(InputError):
        way(tmp_path, rocky=["cinder"])


def test_those_of_the_python_that_is_looked_for_come_first_and_others_fill_in(tmp_path: Path) -> None:
    ours = python(tmp_path / ".pyenv/versions/2.7.18", "2.7")
    elsewhere = python(tmp_path / "srv" / "python", "2.7")
    add(tmp_path, "nova", "rocky", ours, is_told=False)
    add(tmp_path, "nova", "rocky", elsewhere)
    add(tmp_path, "cinder", "rocky", elsewhere)
    found = way(tmp_path, rocky=["nova", "cinder"])["rocky"]
    assert [found[name].manifest.interpreter for name in ("nova", "cinder")] == ["", str(elsewhere.program)]
    assert archives.old_interpreters(tmp_path) == (ours, elsewhere)


def test_all_pythons_that_are_missing_are_told_at_once_and_nothing_is_built(tmp_path: Path) -> None:
    python(tmp_path / ".pyenv/versions/3.8.18", "3.8")
    add(tmp_path, "nova", "victoria", python(tmp_path / "srv" / "python", "3.6"))
    needed = {"queens": ["nova"], "rocky": ["nova"], "victoria": ["nova"], "yoga": ["nova"], "zed": ["nova"]}
    with pytest.raises(InputError) as told:
        way(tmp_path, **needed)
    assert told.value.code == "environments.no-interpreter"
    assert "Python 2.7 (for queens, rocky), Python 3.10 (for zed)" in told.value.summary
    assert not (tmp_path / "build-roots").exists()


def test_a_python_that_is_named_is_used_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "nova", "rocky", python(tmp_path / "srv" / "python", "2.7"))
    named = python(tmp_path / "other", "2.7")
    asked: list[str] = []
    monkeypatch.setattr(archives, "_built", lambda wanted, *_: asked.extend(each.interpreter for each in wanted) or {})
    archives.ensure_old_archives(tmp_path, "rocky", NOW, print, ["nova"], named.program)
    assert asked == [str(named.program)]


def test_for_a_cloud_they_are_made_apart_and_serve_apis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "nova", "rocky", python(tmp_path / ".pyenv/versions/2.7.18", "2.7"))
    asked: list[tuple[Path, tuple[str, ...]]] = []

    def built(
        wanted: Sequence[Recipe], _: Path, store: EnvironmentStore, *more: object
    ) -> dict[str, StoredEnvironment]:
        asked.extend((store.folder, recipe.requirements) for recipe in wanted)
        return {}

    monkeypatch.setattr(archives, "_built", built)
    archives.ensure_old_archives(tmp_path, "rocky", NOW, print, ["nova"], store=EnvironmentStore(tmp_path / "cloud"))
    ((folder, requirements),) = asked
    assert folder == tmp_path / "cloud"
    assert any(requirement.startswith("uWSGI==") for requirement in requirements)
    alone = old_recipe(load_catalog(), "nova", "rocky", python(tmp_path / "p", "2.7"))
    assert not any("uWSGI" in requirement for requirement in alone.requirements)


def test_a_python_that_only_root_can_reach_is_for_no_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_root = Interpreter(
        "2.7", Path("/root/.pyenv/versions/2.7.18/bin/python2.7"), Path("/root/.pyenv/versions/2.7.18")
    )
    monkeypatch.setattr(archives, "find_python", lambda *_: of_root)
    with pytest.raises(InputError) as refused:
        archives.ensure_old_archives(
            tmp_path, "rocky", NOW, print, ["nova"], store=EnvironmentStore(tmp_path / "cloud")
        )
    assert refused.value.code == "environments.python-for-root-alone"
