"""Rows that belong to nothing: where they are asked for, and that asking only reads."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.orphan import Orphan
from ostler.rules.loader import load_rules

CATALOG = load_catalog()
ORDER = CATALOG.all_releases.order
DATABASES = {database.name for project in CATALOG.projects for database in project.databases}
TABLE = re.compile(r"\b(?:FROM|JOIN) (\w+)\.\w+")


@pytest.mark.parametrize("orphan", CATALOG.orphans, ids=lambda orphan: f"{orphan.code} since {orphan.since}")
def test_a_question_only_reads_databases_that_it_names(orphan: Orphan) -> None:
    assert orphan.rows.startswith("SELECT ")
    assert ";" not in orphan.rows
    assert not re.search(r"\b(INTO|UPDATE|DELETE|INSERT|LOCK)\b", orphan.rows, re.IGNORECASE)
    assert set(TABLE.findall(orphan.rows)) == set(orphan.databases) <= DATABASES
    assert orphan.title and orphan.meaning and orphan.do_next and orphan.source.where


def test_codes_are_those_of_nothing_else_and_mean_one_thing_in_each_release() -> None:
    others = {blocker.code for blocker in CATALOG.blockers} | {rule.id for rule in load_rules()}
    assert others.isdisjoint(orphan.code for orphan in CATALOG.orphans)
    for one, other in combinations(CATALOG.orphans, 2):
        if one.code == other.code:
            assert not [each for each in ORDER if one.is_true_in(each, ORDER) and other.is_true_in(each, ORDER)]
            assert one.title == other.title
