"""The harvested options: what is there, and what a value may be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.config_known import load_config_known
from ostler.catalog.option import Kind, option_from, place_of
from ostler.catalog.option_file import Harvest, OptionFile, read_option_file, with_harvest, write_option_file
from ostler.catalog.options import OPTIONS_DIR, harvested_projects, load_options
from ostler.catalog.reading import DATA
from ostler.configuration.succession import Succession
from ostler.environments.old_releases import PYTHON_OF, projects_in
from ostler.errors import InputError

CATALOG = load_catalog()
RELEASES = (*PYTHON_OF, *CATALOG.releases.order)
PROJECTS = ("cinder", "glance", "keystone", "neutron", "nova", "placement")
LEAST_OPTIONS = {"cinder": 1050, "glance": 450, "keystone": 450, "neutron": 500, "nova": 1000, "placement": 150}
MOST_BYTES = 8 * 2**20


def packaged(project: str) -> tuple[str, ...]:
    """The releases from Ocata on of which the package index has the project."""
    return tuple(
        release for release in RELEASES if (project in projects_in(CATALOG, release) if release in PYTHON_OF else True)
    )


def test_every_release_of_every_project_was_harvested() -> None:
    assert harvested_projects() == PROJECTS
    for project in PROJECTS:
        options = load_options(project)
        assert options.releases == packaged(project)
        assert all(len(options.at(release)) >= LEAST_OPTIONS[project] for release in options.releases)
    assert len(RELEASES) == 20
    assert {project: len(packaged(project)) for project in PROJECTS} == {
        "cinder": 20, "glance": 18, "keystone": 19, "neutron": 20, "nova": 20, "placement": 16,
    }  # fmt: skip


@pytest.mark.parametrize("project", PROJECTS)
def test_the_version_that_was_asked_is_one_of_that_release(project: str) -> None:
    options = load_options(project)
    known = {release: CATALOG.project_in(project, release) for release in packaged(project)}
    assert {release: options.version(release) for release in known} == {
        release: facts.version(release) for release, facts in known.items() if facts
    }


@pytest.mark.parametrize("project", PROJECTS)
def test_a_file_is_written_in_one_way_only_and_names_no_machine(project: str) -> None:
    text = (OPTIONS_DIR / f"{project}.jsonl").read_text()
    assert write_option_file(read_option_file(text, project)) == text
    assert not any(word in text for word in ("this-host", "7919", " at 0x", "/venvs/", "/versions/", "harvesting.py"))


def test_the_whole_catalog_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < MOST_BYTES


def test_options_are_known_with_what_the_code_says_of_them() -> None:
    option = load_options("nova").at("2025.1")[("DEFAULT", "debug")]
    assert (option.kind.type, option.default, option.is_mutable, option.is_required) == ("boolean", False, True, False)
    url = load_options("nova").at("2025.1")[("DEFAULT", "transport_url")]
    assert url.is_secret
    connection = load_options("cinder").at("2023.1")[("database", "connection")]
    assert place_of("DEFAULT", "sql_connection") in connection.deprecated
    port = load_options("nova").at("2025.1")[("vnc", "novncproxy_port")]
    assert port.kind.type == "port"
    removal = load_options("nova").at("2025.1")[("glance", "api_servers")].removal
    assert removal is not None
    assert removal.since == "21.0.0"
    assert removal.reason


def test_notes_written_by_hand_agree_with_the_harvest() -> None:
    compared = 0
    for hop in (CATALOG.hop("2024.1", "2025.1"), CATALOG.hop("2025.1", "2026.1")):
        for project in PROJECTS:
            succession = Succession(load_options(project), hop.source.id, hop.target.id)
            for change in CATALOG.config_changes(hop, project):
                place = place_of(change.section, change.option)
                before, after = succession.before.get(place), succession.after[place]
                assert before is None or before.default != after.default
                compared += 1
    assert compared >= 4


def test_places_in_the_table_written_by_hand_are_those_that_the_newest_release_knows() -> None:
    known = load_config_known()
    for rename in known.renames:
        for project in rename.projects or PROJECTS:
            if project == "placement" and rename.new_group == "database":
                continue  # placement's own database has a group of its own
            at = load_options(project).all_at("2026.2")
            assert any((group, rename.new_option) in at for group in (rename.new_group, "")), (project, rename)
    for dynamic in known.dynamic_groups:
        for project in dynamic.projects:
            groups = {group for group, _ in load_options(project).at("2025.1")}
            plain = [name for name in dynamic.templates if "*" not in name]
            assert set(plain) <= groups


def test_an_unknown_project_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        load_options("nvoa")
    assert (caught.value.code, caught.value.do_next) == ("catalog.no-options", "did you mean nova?")


@pytest.mark.parametrize(
    "text", ["", "nonsense\n", '{"format": 9}\n', '{"format":1,"project":"p","releases":{}}\n[1]\n']
)
def test_a_damaged_file_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "nova.jsonl").write_text(text)
    with pytest.raises(InputError) as caught:
        load_options("nova", tmp_path)
    assert caught.value.code == "catalog.bad-options"


def test_harvests_give_the_same_file_in_whichever_order_they_are_added() -> None:
    harvests = list(read_option_file((OPTIONS_DIR / "placement.jsonl").read_text(), "").harvests())
    written = set()
    for seed in range(6):
        shuffled = random.Random(seed).sample(harvests, len(harvests))
        file = OptionFile("placement")
        for each in shuffled:
            file = with_harvest(file, each, RELEASES)
        written.add(write_option_file(file))
    assert written == {(OPTIONS_DIR / "placement.jsonl").read_text()}


def test_an_older_release_that_is_added_later_comes_first_and_changes_no_other() -> None:
    file = OptionFile("p")
    for release, default in (("2023.1", 1), ("2023.2", 1), ("2024.1", 2)):
        record = {"type": "integer", "default": default}
        file = with_harvest(file, Harvest(release, "v", "3", {("g", "o"): record}), ("yoga", *RELEASES))
    added = with_harvest(file, Harvest("yoga", "v", "3", {("g", "o"): record}), ("yoga", *RELEASES))
    assert list(added.releases) == ["yoga", "2023.1", "2023.2", "2024.1"]
    assert [each[:2] for each in added.lines["g", "o"]] == [
        ("yoga", "yoga"),
        ("2023.1", "2023.2"),
        ("2024.1", "2024.1"),
    ]
    again = with_harvest(added, Harvest("yoga", "v", "3", {}), ("yoga", *RELEASES))
    assert [each[:2] for each in again.lines["g", "o"]] == [("2023.1", "2023.2"), ("2024.1", "2024.1")]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Kind(type="boolean"), ("true", "OFF", "1", "$other"), ("maybe", "")),
        (Kind(type="integer", min=1, max=9), ("1", " 9 ", "", "$x"), ("0", "10", "1.5", "x")),
        (Kind(type="integer", choices=(1, 2)), ("2",), ("3",)),
        (Kind(type="float"), ("1", "1e3", ".5"), ("x",)),
        (Kind(type="port"), ("0", "65535"), ("65536", "-1", "x")),
        (Kind(type="port", min=1), ("1",), ("0",)),
        (Kind(type="ipaddress"), ("10.0.0.1", "fd00::1"), ("host", "10.0.0.256")),
        (Kind(type="string", choices=("a", "b")), ("a",), ("A", "c")),
        (Kind(type="string", choices=("a", "b"), is_case_ignored=True), ("A",), ("c",)),
        (Kind(type="list"), ("a,b", ""), ()),
        (Kind(type="list", items=Kind(type="integer")), ("1, 2,", ""), ("1,x",)),
        (Kind(type="list", is_bounded=True), ("[a,b]",), ("a,b",)),
        (Kind(type="dict"), ("a:b,c:d", ""), ("ab",)),
        (
            Kind(type="hostaddress"),
            ("ctl1", "ctl-1.example.", "10.0.0.1", "fd00::1"),
            ("ctl_1", "a b", "-a", "", "10.0.0.256", "node.5", "a." * 127 + "a"),
        ),
        (Kind(type="hostdomain"), ("ctl_1", "10.0.0.1"), ("a b",)),
        (Kind(type="uri"), ("http://ctl1/", "qemu+tcp://[::1]/system"), ("ctl1:80", "http:/a", "http://", "")),
        (Kind(type="capnameorint"), ("anything goes",), ()),
    ],
)
def test_a_value_is_judged_by_its_type(kind: Kind, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    assert [value for value in right if kind.problem(value)] == []
    assert [value for value in wrong if not kind.problem(value)] == []


@pytest.mark.parametrize("project", PROJECTS)
def test_defaults_and_choices_are_of_the_options_own_type(project: str) -> None:
    """Texts are left out: where a number depends on the machine, the code gives a text that says how."""
    for release in packaged(project):
        options = load_options(project).at(release).values()
        truths = [o for o in options if o.kind.type == "boolean" and o.default is not None]
        assert [o for o in truths if o.kind.problem(str(o.default))] == []
        numbers = [o for o in options if o.kind.type in ("integer", "port") and type(o.default) is int]
        assert len(numbers) > 30
        assert [o for o in numbers if o.kind.problem(str(o.default))] == []
        chosen = [o for o in options if o.kind.type == "string" and o.kind.choices and isinstance(o.default, str)]
        assert len(chosen) >= 3
        assert [o for o in chosen if o.default and o.kind.problem(o.default)] == []


def test_a_default_is_shown_as_it_would_stand_in_a_file() -> None:
    shown = {
        "true": option_from("g", "o", {"type": "boolean", "default": True}),
        "a,b": option_from("g", "o", {"type": "list", "default": ["a", "b"]}),
        "a:1,b:2": option_from("g", "o", {"type": "dict", "default": {"b": "2", "a": "1"}}),
        "(none)": option_from("g", "o", {"type": "string"}),
        "7": option_from("g", "o", {"type": "integer", "default": 7}),
    }
    assert {text: option.default_text for text, option in shown.items()} == {text: text for text in shown}
