"""`ostler catalog` in text and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from ostler.cli.catalog import app
from ostler.errors import InputError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_releases_are_listed_with_where_they_lead() -> None:
    rows = {row["id"]: row for row in json.loads(run("releases", "--json"))}
    assert rows["2024.1"]["hops_to"] == ["2024.2", "2025.1"]
    assert "2025.1" in run("releases")


def test_hops_tell_which_databases_change() -> None:
    slurp = json.loads(run("hops", "2024.1", "--json"))[1]
    assert (slurp["target"], slurp["kind"], slurp["is_tried"]) == ("2025.1", "slurp", True)
    assert slurp["databases_changed"] == ["neutron", "nova", "nova_cell0"]
    assert "slurp" in run("hops", "2024.1")


def test_a_project_is_shown_as_of_a_release() -> None:
    document = json.loads(run("project", "neutron", "--release", "2024.1", "--json"))
    assert document["version"] == "24.2.2"
    assert document["services"][0]["name"] == "neutron-server"
    assert "neutron-rpc-server" in run("project", "neutron")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("hops", "2024.7"), "catalog.unknown-release"),
        (("project", "nvoa"), "catalog.unknown-project"),
        (("project", "nova", "--release", "x"), "catalog.not-in-release"),
    ],
)
def test_unknown_words_are_told(arguments: tuple[str, ...], code: str) -> None:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    assert caught.value.code == code
