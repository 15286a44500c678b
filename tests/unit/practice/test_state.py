"""The record of a practice cloud."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ostler.cloud.release_line import write_release
from ostler.errors import InputError
from ostler.practice.cloud_file import cloud, clouds, ensure, release_now
from ostler.practice.layout import Layout
from ostler.practice.state import State, known_names, load_layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", state_root=tmp_path / "state", cache_dir=tmp_path / "cache")


def test_a_layout_comes_back_as_it_was_put_on_record(layout: Layout) -> None:
    State(layout).begin()
    assert known_names(layout.state_root) == ["unit"]
    assert load_layout("unit", layout.state_root, layout.cache_dir) == layout


def test_another_layout_of_the_same_name_is_an_input_error(layout: Layout) -> None:
    State(layout).begin()
    with pytest.raises(InputError) as caught:
        State(replace(layout, computes=5)).begin()
    assert (caught.value.found, caught.value.expected) == ("computes 2", "computes 5")


def test_an_unknown_cloud_is_an_input_error_that_names_the_known_ones(layout: Layout) -> None:
    State(layout).begin()
    with pytest.raises(InputError) as caught:
        load_layout("other", layout.state_root, layout.cache_dir)
    assert caught.value.do_next == "there are: unit"


def test_a_stage_is_done_only_with_the_same_parameters(layout: Layout) -> None:
    state = State(layout)
    state.begin()
    state.finish("openstack", "digest-1", 1.0)
    assert state.is_done("openstack", "digest-1")
    assert not state.is_done("openstack", "digest-2")
    assert not state.is_done("other", "digest-1")


def test_the_cloud_file_says_where_things_are_and_no_secret(layout: Layout) -> None:
    State(layout).begin()
    ensure(layout)
    text = layout.cloud_file.read_text()
    assert layout.passwords.get("keystone-admin").reveal() not in text
    assert cloud(layout)["hosts"]["cmp1"] == {
        "address": "10.77.0.21",
        "roles": ["compute"],
        "domain": "rack1",
    }
    assert "release: '2024.1'" in text
    assert "&" not in text, "an alias"


def test_credentials_are_for_their_owner_only(layout: Layout) -> None:
    State(layout).begin()
    ensure(layout)
    assert layout.clouds_yaml.stat().st_mode & 0o777 == 0o600


def test_hosts_of_a_cloud_that_was_never_built_cannot_be_started(layout: Layout) -> None:
    State(layout).begin()
    with pytest.raises(InputError) as caught:
        State(layout).demand_image()
    assert caught.value.code == "practice.not-built"


@pytest.fixture
def built(layout: Layout) -> Layout:
    """A cloud whose files are written."""
    State(layout).begin()
    ensure(layout)
    return layout


def test_a_cloud_is_at_the_release_its_cloud_file_says(built: Layout) -> None:
    assert release_now(built) == "2024.1"
    write_release(built.cloud_file, "2025.1")
    assert release_now(built) == "2025.1"
    built.cloud_file.unlink()
    assert release_now(built) == "2024.1"


@pytest.mark.parametrize("text", ["{name: unit, release: 2025.1}", "release: '2025.1'\nhosts: {being: [edited\n"])
def test_the_release_is_found_in_a_cloud_file_of_any_form(built: Layout, text: str) -> None:
    built.cloud_file.write_text(text)
    assert release_now(built) == "2025.1"


def test_a_cloud_file_that_was_upgraded_and_edited_is_kept_to_the_byte(built: Layout) -> None:
    write_release(built.cloud_file, "2025.1")
    edited = "# mine\n" + built.cloud_file.read_text().replace("domain: rack1", "domain: cellar")
    built.cloud_file.write_text(edited)
    ensure(built)
    assert built.cloud_file.read_text() == edited


def test_a_cloud_file_about_other_hosts_is_written_anew_for_the_release_it_says(built: Layout) -> None:
    write_release(built.cloud_file, "2025.1")
    edited = built.cloud_file.read_text().replace("10.77.0.21", "192.0.2.21")
    built.cloud_file.write_text(edited)
    ensure(built)
    assert yaml.safe_load(built.cloud_file.read_text()) == {**cloud(built), "release": "2025.1"}
    assert built.cloud_file.with_name("cloud.yaml.old").read_text() == edited


def test_credentials_of_other_clouds_stay_and_a_broken_file_is_mended(built: Layout) -> None:
    with_more = {"clouds": {**clouds(built)["clouds"], "mine": {"auth": {}}}}
    built.clouds_yaml.write_text(yaml.safe_dump(with_more))
    ensure(built)
    assert yaml.safe_load(built.clouds_yaml.read_text()) == with_more
    built.clouds_yaml.write_text("clouds: {")
    ensure(built)
    assert yaml.safe_load(built.clouds_yaml.read_text()) == clouds(built)


def test_a_removal_stays_on_record_until_the_record_is_gone(layout: Layout) -> None:
    State(layout).begin()
    assert not State(layout).is_being_removed()
    State(layout).begin_removal()
    assert State(layout).is_being_removed()
