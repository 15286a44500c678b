"""The store holds complete archives only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostler.environments.manifest import Manifest, read_manifest
from ostler.environments.recipe import Recipe
from ostler.environments.store import ARCHIVE, MANIFEST, EnvironmentStore

RECIPE = Recipe("nova", "2024.1", "29.4.0", ("nova==29.4.0",), "")


def manifest(built_at: str = "2026-11-20T12:00:00+00:00", release: str = "2024.1") -> Manifest:
    return Manifest(
        project="nova",
        release=release,
        version="29.4.0",
        path="/opt/openstack/venvs/nova-29.4.0",
        python="3.11",
        address=RECIPE.address(),
        packages={"nova": "29.4.0"},
        heads={"nova": ("13863f4e1612",)},
        unpacked_bytes=10,
        built_at=built_at,
    )


def add(store: EnvironmentStore, recipe: Recipe, content: bytes = b"archive", at: str = "2026-11-20") -> None:
    with store.adding(recipe) as folder:
        (folder / ARCHIVE).write_bytes(content)
        told = manifest(at, recipe.release).with_archive("0" * 64, len(content))
        (folder / MANIFEST).write_text(told.to_json())


def test_a_manifest_reads_back_as_it_was_written() -> None:
    assert read_manifest(manifest().to_json()) == manifest()


def test_one_that_was_written_before_interpreters_were_is_read() -> None:
    told = json.loads(manifest().to_json())
    del told["interpreter"]
    assert read_manifest(json.dumps(told)) == manifest()


@pytest.mark.parametrize("text", ["{}", "[]", '{"format": 2}', '{"format": 1, "heads": {}, "surprise": 1}', "not json"])
def test_anything_else_is_no_manifest(text: str) -> None:
    with pytest.raises(ValueError):
        read_manifest(text)


def test_what_was_added_is_found_by_its_recipe(tmp_path: Path) -> None:
    store = EnvironmentStore(tmp_path)
    assert store.find(RECIPE) is None
    add(store, RECIPE)
    found = store.find(RECIPE)
    assert found is not None
    assert found.archive.read_bytes() == b"archive"


def test_what_failed_half_way_is_not_there(tmp_path: Path) -> None:
    store = EnvironmentStore(tmp_path)
    with pytest.raises(RuntimeError), store.adding(RECIPE) as folder:
        (folder / ARCHIVE).write_bytes(b"half")
        raise RuntimeError
    assert store.find(RECIPE) is None
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_archive_does_not_count(tmp_path: Path) -> None:
    store = EnvironmentStore(tmp_path)
    add(store, RECIPE)
    found = store.find(RECIPE)
    assert found is not None
    found.archive.write_bytes(b"arch")
    assert store.find(RECIPE) is None


def test_leftovers_of_a_killed_builder_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".partial-abc").mkdir()
    with EnvironmentStore(tmp_path).building():
        assert not (tmp_path / ".partial-abc").exists()


def test_the_newest_of_a_project_and_release_is_the_one_built_last(tmp_path: Path) -> None:
    store = EnvironmentStore(tmp_path)
    add(store, RECIPE, b"old", "2026-11-19")
    add(store, Recipe("nova", "2024.1", "29.4.0", ("nova==29.4.0", "more"), ""), b"new", "2026-11-20")
    add(store, Recipe("nova", "2025.1", "29.4.0", ("nova==29.4.0",), ""), b"other", "2026-11-21")
    newest = store.newest("nova", "2024.1")
    assert newest is not None
    assert newest.archive.read_bytes() == b"new"
    assert store.newest("cinder", "2024.1") is None
    assert [stored.manifest.release for stored in store.list()] == ["2024.1", "2024.1", "2025.1"]
