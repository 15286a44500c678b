"""What is asked for is looked at before anything is put on record."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.cloud.release_line import write_release
from ostler.errors import InputError
from ostler.practice import asking, network
from ostler.practice.asking import ask
from ostler.practice.cloud_file import ensure
from ostler.practice.layout import Layout
from ostler.practice.openstack.archives import buildable
from ostler.practice.state import State, known_names


@pytest.fixture(autouse=True)
def a_fit_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "demand_machine", lambda: None)
    monkeypatch.setattr(asking, "machine_lock", contextlib.nullcontext)
    monkeypatch.setattr(network, "used_networks", list)


def asked(folder: Path, release: str | None = None) -> Layout:
    return ask("unit", folder, folder, release=release)


def upgraded(folder: Path) -> Layout:
    """A cloud that was built at 2024.1 and upgraded to 2025.1."""
    layout = asked(folder, "2024.1")
    ensure(layout)
    write_release(layout.cloud_file, "2025.1")
    return layout


def test_every_release_of_the_catalog_that_has_constraints_can_be_built() -> None:
    assert buildable(load_catalog()) == load_catalog().releases.order


@pytest.mark.parametrize("typo", ["2025.11", "", "epoxy", "yoga"])
def test_a_release_that_cannot_be_built_is_wrong_input_and_nothing_is_recorded(tmp_path: Path, typo: str) -> None:
    with pytest.raises(InputError) as caught:
        asked(tmp_path, typo)
    assert caught.value.code == "practice.unknown-release"
    assert "2024.1, 2024.2, 2025.1" in caught.value.expected
    assert known_names(tmp_path) == []


def test_an_upgraded_cloud_is_the_one_it_was_built_as(tmp_path: Path) -> None:
    layout = upgraded(tmp_path)
    assert asked(tmp_path) == asked(tmp_path, "2025.1") == layout


@pytest.mark.parametrize("release", ["2024.1", "2026.1"])
def test_a_cloud_at_another_release_says_where_it_is_and_how_to_take_it_down(tmp_path: Path, release: str) -> None:
    upgraded(tmp_path)
    with pytest.raises(InputError) as caught:
        asked(tmp_path, release)
    assert "is at 2025.1" in caught.value.summary
    assert (caught.value.found, caught.value.expected) == ("2025.1", release)
    assert "ostler practice down --name unit" in caught.value.do_next


def test_what_an_interrupted_removal_left_is_not_built_on(tmp_path: Path) -> None:
    State(asked(tmp_path)).begin_removal()
    with pytest.raises(InputError) as caught:
        asked(tmp_path)
    assert caught.value.code == "practice.half-removed"
