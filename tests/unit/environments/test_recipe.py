"""A recipe's address covers everything the environment is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.environments.recipe import AddedPackage, Recipe, buildable_releases, recipe_for
from ostler.errors import InputError

RECIPE = Recipe("nova", "2024.1", "29.4.0", ("nova==29.4.0",), "oslo.log===5.5.1\n")


def test_the_same_recipe_has_the_same_address() -> None:
    assert RECIPE.address() == replace(RECIPE).address()


@pytest.mark.parametrize(
    "change",
    [
        {"project": "cinder"},
        {"release": "2024.2"},
        {"version": "29.4.1"},
        {"requirements": ("nova==29.4.0", "PyMySQL")},
        {"constraints": "oslo.log===5.5.2\n"},
        {"newest": "2026-10-20"},
        {"python": "3.12"},
    ],
)
def test_any_other_ingredient_gives_another_address(change: dict[str, str]) -> None:
    assert replace(RECIPE, **change).address() != RECIPE.address()  # type: ignore[arg-type]


def test_a_changed_source_of_an_added_package_gives_another_address(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("a = 1\n")
    with_package = replace(RECIPE, added=(AddedPackage("extra", tmp_path),))
    before = with_package.address()
    (tmp_path / "module.py").write_text("a = 2\n")
    assert with_package.address() != before


def test_byte_code_beside_the_sources_does_not_count(tmp_path: Path) -> None:
    package = AddedPackage("extra", tmp_path)
    before = package.digest()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.pyc").write_bytes(b"x")
    assert package.digest() == before


def test_it_asks_for_the_newest_version_the_catalog_knows() -> None:
    recipe = recipe_for(load_catalog(), "placement", "2024.1")
    assert f"openstack-placement=={recipe.version}" in recipe.requirements
    assert recipe.path == f"/opt/openstack/venvs/placement-{recipe.version}"


def test_a_release_without_full_constraints_has_a_last_day() -> None:
    assert recipe_for(load_catalog(), "nova", "2026.2").newest == "2026-10-20"
    assert recipe_for(load_catalog(), "nova", "2026.1").newest is None


def test_an_unknown_release_is_refused() -> None:
    with pytest.raises(InputError):
        recipe_for(load_catalog(), "nova", "1999.1")


def test_a_past_release_of_which_there_are_facts_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        recipe_for(load_catalog(), "nova", "rocky")
    assert caught.value.code == "catalog.release-not-planned"


def test_there_are_constraints_for_every_release_that_can_be_practised() -> None:
    assert set(load_catalog().releases.order) <= set(buildable_releases())
