"""`ostler catalog` in text and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from ostler.catalog import load_catalog
from ostler.cli.catalog import app
from ostler.errors import InputError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def shown(text: str) -> str:
    """What a terminal shows, without where its lines end."""
    return " ".join(text.split())


def test_releases_are_listed_with_where_they_lead() -> None:
    rows = {row["id"]: row for row in json.loads(run("releases", "--json"))}
    assert rows["2024.1"]["hops_to"] == ["2024.2", "2025.1"]
    assert rows["yoga"]["hops_to"] == ["zed", "2023.1"]
    assert [id for id, row in rows.items() if row["is_planned"]] == list(load_catalog().releases.order)
    assert (rows["ocata"]["ended"], rows["2026.1"]["next_phase"]["status"]) == ("2021-06-15", "unmaintained")
    assert all(row["source"]["where"] and row["source"]["date"] for row in rows.values())
    lines = {line.split()[0]: line.split() for line in run("releases").splitlines() if line.strip()}
    assert lines["ocata"][-2:] == ["stopped", "pike"]
    assert lines["newton"][-2:] == ["facts", "ocata"]
    assert lines["2025.2"][-2:] == ["plans", "2026.1"]


def test_hops_tell_which_databases_change() -> None:
    slurp = json.loads(run("hops", "2024.1", "--json"))[1]
    assert (slurp["target"], slurp["kind"], slurp["is_tried"]) == ("2025.1", "slurp", True)
    assert slurp["databases_changed"] == ["neutron", "nova", "nova_cell0"]
    assert "slurp" in run("hops", "2024.1")


def test_one_release_is_shown_with_all_that_is_known_of_it() -> None:
    (document,) = json.loads(run("releases", "2025.1", "--json"))
    assert document["pythons"] == ["3.9", "3.10", "3.11", "3.12"]
    text = shown(run("releases", "2025.1"))
    for words in ("maintained, unmaintained from 2026-10-02", "upgrades also ubuntu-22.04", "ended no", "SLURP yes"):
        assert words in text
    past = shown(run("releases", "ocata"))
    assert (
        "tested on not known" in past
        and "ended 2021-06-15" in past
        and "plans upgrades with the services stopped" in past
    )


def test_hops_of_the_past_tell_what_is_known_to_stand_in_the_way() -> None:
    (hop,) = json.loads(run("hops", "pike", "--json"))
    assert (hop["target"], hop["kind"], hop["is_planned"], hop["is_tried"]) == ("queens", "adjacent", False, False)
    changed = ["cinder", "glance", "keystone", "neutron", "nova", "nova_api", "nova_cell0"]
    assert hop["databases_changed"] == changed
    assert {"code": "keystone.system-is-reserved", "kind": "blocker"}.items() <= hop["blockers"][0].items()
    text = run("hops", "pike")
    assert "keystone.system-is-reserved" in text
    assert text.index("keystone.system-is-reserved") < text.index("nova.placement-not-answering"), "blockers come first"


def test_a_way_is_shown_hop_by_hop_and_joins_the_past_with_the_plans() -> None:
    way = json.loads(run("hops", "rocky", "--to", "2024.1", "--json"))
    assert way[0]["source"] == "rocky" and [hop["target"] for hop in way][-2:] == ["2023.1", "2024.1"]
    assert [hop["is_planned"] for hop in way][-2:] == [False, True]
    assert way[0]["databases_changed"][-1] == "placement"
    assert "2023.1 2024.1 slurp plans" in shown(run("hops", "rocky", "--to", "2024.1"))


def test_an_exceptional_hop_says_what_it_is() -> None:
    assert "promised it to no one" in shown(run("hops", "yoga"))


def test_a_project_of_the_past_is_shown_with_what_its_exit_codes_mean() -> None:
    document = json.loads(run("project", "nova", "--release", "pike", "--json"))
    assert (document["first_version"], document["version"], document["is_planned"]) == ("16.0.0", "16.1.8", False)
    online = next(row for row in document["commands"] if row["for"] == "online data migrations")
    assert online["batch_option"] == "--max-count"
    done, again = online["exits"][:2]
    assert (done["code"], done["unless"]["output"]) == (0, "Error attempting to run")
    assert (again["code"], again["meaning"]) == (1, "again")
    units = {row["name"]: row["units"] for row in document["services"]}
    assert units["nova-compute"]["redhat"] == "openstack-nova-compute.service"
    assert units["nova-placement-api"] == {}
    assert document["databases"][0]["version_table"] == "migrate_version"
    assert document["between_releases"]["rpc_accepted"] == ["4.17"]
    assert document["order"] == {"place": 8, "of": 18, "after": ["keystone", "placement", "ironic"], "before": []}
    text = run("project", "nova", "--release", "pike")
    for words in ("only with the services stopped", "0 done?", "openstack-nova-compute", "[--max-count N]", "4.17"):
        assert words in shown(text)


def test_the_oldest_release_is_shown_with_its_own_commands() -> None:
    document = json.loads(run("project", "nova", "--release", "kilo", "--json"))
    assert document["databases"][0]["version_rows"] == ["2"]
    assert document["between_releases"]["service_version"] is None
    text = shown(run("project", "nova", "--release", "kilo"))
    assert "db migrate_flavor_data [--max-number N]" in text and "status check" not in text


def test_a_schema_floor_is_shown_where_it_counts() -> None:
    document = json.loads(run("project", "cinder", "--release", "xena", "--json"))
    assert (document["databases"][0]["starts_from"]["revision"], document["between_releases"]) == ("135", None)
    assert "135 (ussuri)" in run("project", "cinder", "--release", "xena")


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [("nova", "17.0.13", "queens"), ("horizon", "18.3.5", "ussuri"), ("nova", "31.1", "2025.1")],
)
def test_a_version_finds_its_release(name: str, version: str, release: str) -> None:
    assert json.loads(run("project", name, "--version", version, "--json"))["release"] == release


def test_a_project_that_is_only_listed_is_shown_with_commands_and_remarks() -> None:
    document = json.loads(run("project", "octavia", "--release", "train", "--json"))
    assert [row["command"] for row in document["commands"]] == [
        "octavia-status upgrade check",
        "octavia-db-manage upgrade head",
    ]
    assert document["versions"]["liberty"] == ["0.5.0", "0.5.2"]
    newest = shown(run("project", "octavia"))
    for words in (
        "octavia 2026.2: 19.0.0",
        "octavia-db-manage upgrade_persistence",
        "(not verified)",
        "stop in this order",
    ):
        assert words in newest
    assert "its versions follow no release" in shown(run("project", "gnocchi"))


def test_infrastructure_shows_steps_and_demands() -> None:
    assert [row["name"] for row in json.loads(run("infrastructure", "--json"))] == [
        "rabbitmq",
        "mariadb",
        "ceph",
        "python",
    ]
    text = run("infrastructure", "rabbitmq")
    assert "4.0 → 4.1, 4.2" in text and "3.10 → 3.11 (feature flags of 3.8 first)" in text and "ceph" not in text
    assert "seen with 2023.1 to 2026.2: 3.10 (practice clouds" in text and "debian-13 4.0" in text
    assert "(not verified)" in run("infrastructure", "ceph")


def test_a_blocker_is_explained() -> None:
    document = json.loads(run("explain", "cinder.untyped-volumes", "--json"))
    assert (document["since"], document["proof"], document["signs"][0]["exit_code"]) == ("ussuri", "carried out", 1)
    assert "run online_data_migrations" in shown(run("explain", "cinder.untyped-volumes"))


def test_a_project_is_shown_as_of_a_release() -> None:
    document = json.loads(run("project", "neutron", "--release", "2024.1", "--json"))
    assert document["version"] == "24.2.2"
    assert document["services"][0]["name"] == "neutron-server"
    assert "neutron-rpc-server" in run("project", "neutron")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("hops", "2024.7"), "catalog.unknown-release"),
        (("releases", "okata"), "catalog.unknown-release"),
        (("project", "nvoa"), "catalog.unknown-project"),
        (("project", "nova", "--release", "roky"), "catalog.unknown-release"),
        (("project", "placement", "--release", "rocky"), "catalog.not-in-release"),
        (("project", "octavia", "--release", "kilo"), "catalog.not-in-release"),
        (("project", "swift", "--version", "1.0.2"), "catalog.unknown-version"),
        (("project", "nova", "--version", "1", "--release", "rocky"), "catalog.release-and-version"),
        (("hops", "ocata", "--to", "newton"), "catalog.no-such-hop"),
        (("infrastructure", "rabitmq"), "catalog.unknown-component"),
        (("explain", "nova.stale-servce-record"), "catalog.unknown-code"),
    ],
)
def test_unknown_words_are_told(arguments: tuple[str, ...], code: str) -> None:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    assert caught.value.code == code
