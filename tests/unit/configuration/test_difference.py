"""What changes between releases, what a file sets first."""

from __future__ import annotations

import pytest
from toy_project import ORDER, harvest

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.option_file import OptionFile, with_harvest
from ostler.catalog.options import ProjectOptions, load_options
from ostler.configuration.difference import Change, counted, difference
from ostler.configuration.file import parse_config
from ostler.configuration.shown import LONGEST
from ostler.configuration.succession import Succession
from ostler.errors import InputError
from ostler.secret import MASK


def rows(toy: ProjectOptions, known: ConfigKnown, text: str = "", target: str = "r3") -> list[tuple[str, str, str]]:
    files = {"my.conf": parse_config(text)} if text else {}
    changes = difference(Succession(toy, "r1", target), files, known)
    return [(each.change.value, "/".join(each.place), "/".join(each.now or ())) for each in changes]


def test_every_sort_of_change_is_found(toy: ProjectOptions, known: ConfigKnown) -> None:
    assert rows(toy, known) == [
        ("removed", "DEFAULT/dropped", ""),
        ("removed", "api/moved_silently", ""),
        ("renamed", "DEFAULT/many", "DEFAULT/plenty"),
        ("renamed", "DEFAULT/old_name", "DEFAULT/new_name"),
        ("moved", "DEFAULT/wanderer", "home/wanderer"),
        ("newly required", "database/password", ""),
        ("values changed", "DEFAULT/mode", ""),
        ("default changed", "DEFAULT/workers", ""),
        ("newly deprecated", "DEFAULT/workers", ""),
        ("new", "wsgi/moved_silently", ""),
        ("new", "wsgi/stays", ""),
    ]


def test_a_name_that_was_dropped_on_the_way_is_followed_through_the_releases_between(
    toy: ProjectOptions, known: ConfigKnown
) -> None:
    succession = Succession(toy, "r1", "r3")
    fate = succession.fate(("DEFAULT", "old_name"))
    assert (fate.place, fate.since) == (("DEFAULT", "new_name"), "r2")
    assert succession.fate(("DEFAULT", "never")).is_unknown


def test_what_the_file_sets_comes_first_with_its_lines(toy: ProjectOptions, known: ConfigKnown) -> None:
    text = "[DEFAULT]\nworkers = 3\nplugin_dirs = /a\nold-name = x\n"
    changes = difference(Succession(toy, "r1", "r3"), {"my.conf": parse_config(text)}, known)
    mine = [each for each in changes if each.set_in]
    assert list(changes[: len(mine)]) == mine
    assert [(each.change, each.set_in[0].line, each.set_in[0].value) for each in mine] == [
        (Change.RENAMED, 4, "x"),
        (Change.DEFAULT, 2, "3"),
        (Change.DEPRECATED, 2, "3"),
    ]


@pytest.mark.parametrize(
    ("project", "text"),
    [
        ("nova", "[cache]\nmemcache_password = hunter2\n"),
        ("glance", "[glance_store]\nswift_store_application_credential_id = hunter2\n"),
    ],
    ids=["secret by its name", "secret by the target release alone"],
)
def test_the_value_of_a_secret_that_is_set_is_not_shown(known: ConfigKnown, project: str, text: str) -> None:
    changes = difference(Succession(load_options(project), "2023.1", "2026.2"), {"my.conf": parse_config(text)}, known)
    assert {each.value for change in changes for each in change.set_in} == {MASK}
    assert "hunter2" not in str(changes)


def test_a_default_that_changed_shows_both(toy: ProjectOptions, known: ConfigKnown) -> None:
    changes = difference(Succession(toy, "r1", "r3"), {}, known)
    [changed] = [each for each in changes if each.change is Change.DEFAULT]
    assert (changed.before, changed.after) == ("4", "8")


def test_a_long_default_that_changed_at_its_end_is_a_change(known: ConfigKnown) -> None:
    file = OptionFile("long")
    for release, end in (("r1", "before"), ("r2", "after")):
        option = {"type": "string", "default": LONGEST * "x" + end}
        file = with_harvest(file, harvest(release, {("DEFAULT", "long"): option}), ORDER)
    [changed] = difference(Succession(ProjectOptions(file), "r1", "r2"), {}, known)
    assert changed.change is Change.DEFAULT
    assert max(len(changed.before), len(changed.after)) <= LONGEST + 1


def test_an_option_that_left_silently_names_the_one_that_came(toy: ProjectOptions, known: ConfigKnown) -> None:
    changes = difference(Succession(toy, "r1", "r3"), {}, known)
    [gone] = [each for each in changes if each.place == ("api", "moved_silently")]
    assert gone.reason.startswith("[wsgi] moved_silently is new")


def test_a_release_does_not_differ_from_itself(known: ConfigKnown) -> None:
    for project in ("nova", "neutron", "cinder", "glance", "keystone", "placement"):
        options = load_options(project)
        changes = difference(Succession(options, "2024.1", "2024.1"), {}, known)
        assert {each.change for each in changes} <= {Change.RENAMED}, "only old names that a release itself knows"


def test_changes_are_counted_by_sort(toy: ProjectOptions, known: ConfigKnown) -> None:
    counts = counted(difference(Succession(toy, "r1", "r2"), {}, known))
    assert counts == {"removed": 1, "renamed": 2, "moved": 1, "values changed": 1, "new": 2}


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [("r3", "r1", "config.not-forward"), ("r1", "r9", "catalog.not-harvested"), ("r0", "r1", "catalog.not-harvested")],
)
def test_releases_that_cannot_be_compared_are_refused(toy: ProjectOptions, source: str, target: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        Succession(toy, source, target)
    assert caught.value.code == code


def test_an_old_name_in_the_file_counts_as_the_option_it_stands_for(toy: ProjectOptions, known: ConfigKnown) -> None:
    files = {"my.conf": parse_config("[DEFAULT]\nold_name = x\n")}
    changes = difference(Succession(toy, "r2", "r3"), files, known)
    assert not [each for each in changes if each.set_in]
    files = {"nova.conf": parse_config("[DEFAULT]\nneutron_default_tenant_id = 3\n")}
    changes = difference(Succession(load_options("nova"), "2023.1", "2026.2"), files, known)
    assert [each.place for each in changes if each.set_in] == [("api", "neutron_default_tenant_id")]
