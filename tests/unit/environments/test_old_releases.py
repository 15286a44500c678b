"""Recipes of releases that ran on older Pythons."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.environments.interpreters import Interpreter
from ostler.environments.old_releases import PYTHON_OF, RESOLVER, SEEDS, old_recipe, projects_in
from ostler.environments.recipe import buildable_releases
from ostler.errors import InputError

OLD = Interpreter("2.7", Path("/opt/python/2.7.18/bin/python2.7"), Path("/opt/python/2.7.18"))
CATALOG = load_catalog()


def test_every_release_from_ocata_on_can_be_built() -> None:
    order = CATALOG.all_releases.order
    assert tuple(PYTHON_OF) == order[order.index("ocata") : order.index("2023.1")]
    assert set(buildable_releases()) == set(order[order.index("ocata") :])
    assert set(PYTHON_OF.values()) == set(SEEDS) == set(RESOLVER)


def test_it_asks_for_the_newest_version_of_the_release_with_the_interpreter_it_is_given() -> None:
    recipe = old_recipe(CATALOG, "nova", "rocky", OLD)
    assert (recipe.version, recipe.python, recipe.interpreter) == ("18.3.0", "2.7", str(OLD.program))
    assert "nova==18.3.0" in recipe.requirements
    other = replace(OLD, program=Path("/elsewhere/python2.7"))
    assert old_recipe(CATALOG, "nova", "rocky", other).address() != recipe.address()


def test_a_pin_that_does_not_work_with_todays_servers_is_replaced() -> None:
    lines = old_recipe(CATALOG, "keystone", "queens", OLD).constraints.splitlines()
    assert [line for line in lines if line.startswith("SQLAlchemy=")] == ["SQLAlchemy==1.2.10"]


@pytest.mark.parametrize(("project", "release"), [("placement", "rocky"), ("keystone", "ocata"), ("glance", "queens")])
def test_a_project_without_a_package_of_the_release_is_refused(project: str, release: str) -> None:
    assert project not in projects_in(CATALOG, release)
    with pytest.raises(InputError) as caught:
        old_recipe(CATALOG, project, release, OLD)
    assert caught.value.code == "environments.not-in-release"
