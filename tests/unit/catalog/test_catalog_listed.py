"""The projects that are only listed, and the order of all."""

import re

import pytest

from ostler.catalog import ListedCommand, Meaning, load_catalog
from ostler.errors import InputError

CATALOG = load_catalog()
ORDER = CATALOG.all_releases.order
EVERY = sorted((*CATALOG.project_names, *CATALOG.listed_names))
PROGRAMS = {"horizon": "manage.py", "gnocchi": "gnocchi-upgrade", "aodh": "aodh-"}


def commands(name: str) -> list[ListedCommand]:
    return [*CATALOG.listed(name).commands, *CATALOG.listed(name).status_checks]


def test_the_projects_are_those_ostler_does_not_upgrade() -> None:
    assert CATALOG.listed_names == (
        "aodh", "barbican", "ceilometer", "designate", "gnocchi", "heat", "horizon", "ironic", "magnum", "manila",
        "octavia", "swift",
    )  # fmt: skip
    assert set(CATALOG.listed_names).isdisjoint(CATALOG.project_names)


@pytest.mark.parametrize("name", CATALOG.listed_names)
def test_a_listed_project_says_how_it_is_upgraded(name: str) -> None:
    project = CATALOG.listed(name)
    assert project.name == name
    assert project.commands or project.remarks
    for command in commands(name):
        assert command.argv[0].startswith(PROGRAMS.get(name, f"{name}-"))
        assert command.why
    if project.numbering == "own":
        assert not project.versions


@pytest.mark.parametrize("name", CATALOG.listed_names)
@pytest.mark.parametrize("release", ORDER)
def test_there_is_one_status_check_in_a_release_at_most(name: str, release: str) -> None:
    checks = [check for check in CATALOG.listed(name).status_checks if check.is_true_in(release, ORDER)]
    assert len(checks) <= 1
    for check in checks:
        assert check.meaning(255, release, ORDER) is Meaning.CRASH


def test_status_checks_came_with_stein_and_train() -> None:
    since = {name: [c.since for c in CATALOG.listed(name).status_checks] for name in CATALOG.listed_names}
    assert since["heat"] == ["stein"] and since["aodh"] == since["ceilometer"] == ["train"]
    assert [name for name, found in since.items() if not found] == ["gnocchi", "horizon", "swift"]


def test_one_sequence_holds_every_project_and_every_edge() -> None:
    order = CATALOG.whole_order
    assert sorted(order.sequence) == EVERY
    at = {name: place for place, name in enumerate(order.sequence)}
    for edge in order.hard_edges:
        after = [name for name in EVERY if name != edge.before] if edge.after == "*" else [edge.after]
        assert all(at[edge.before] < at[name] for name in after), edge


def test_the_sequence_agrees_with_the_order_ostler_upgrades_in() -> None:
    planned = list(dict.fromkeys(turn.project for turn in CATALOG.order.default))
    assert [name for name in CATALOG.whole_order.sequence if name in planned] == planned


def test_edges_between_projects_are_the_same_in_both_orders() -> None:
    of_projects = {(e.before, e.after) for e in CATALOG.order.hard_edges if e.before in EVERY}
    assert of_projects <= {(e.before, e.after) for e in CATALOG.whole_order.hard_edges}


def test_a_listed_project_is_not_upgraded() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.project("heat")
    assert caught.value.code == "catalog.project-not-planned"
    assert "ostler catalog project heat" in caught.value.do_next


def test_an_unknown_project_names_the_nearest_of_all() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.listed("octvia")
    assert caught.value.code == "catalog.unknown-project"
    assert caught.value.do_next == "did you mean octavia?"


def test_remarks_are_sentences_with_a_source() -> None:
    for name in CATALOG.listed_names:
        for remark in CATALOG.listed(name).remarks:
            assert remark.text.endswith(".") and remark.source.where
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", remark.source.date)
