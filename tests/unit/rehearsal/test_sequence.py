"""What is run on a hop, and which projects go side by side."""

from __future__ import annotations

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.command import Meaning
from ostler.catalog.release import Hop
from ostler.environments.old_releases import PYTHON_OF
from ostler.rehearsal.sequence import (
    certainly_needed,
    code_needed,
    environments_of,
    hop_commands,
    lanes,
    taking_part,
)

CATALOG = load_catalog()


def words(project: str, source: str = "2024.1", target: str = "2025.1") -> list[tuple[str, str]]:
    hop = CATALOG.hop(source, target)
    return [(planned.release, planned.words) for planned in hop_commands(CATALOG, hop, project)]


def test_rows_of_the_source_are_finished_before_the_target_touches_the_schema() -> None:
    assert words("nova") == [
        ("2024.1", "nova-manage db online_data_migrations"),
        ("2025.1", "nova-status upgrade check"),
        ("2025.1", "nova-manage api_db sync"),
        ("2025.1", "nova-manage db sync"),
        ("2025.1", "nova-manage db online_data_migrations"),
        ("2025.1", "nova-status upgrade check"),
    ]
    assert [said for _, said in words("neutron")] == [
        "neutron-status upgrade check",
        "neutron-db-manage upgrade --expand",
        "neutron-db-manage upgrade --contract",
        "neutron-status upgrade check",
    ]


def test_every_command_has_a_key_of_its_own() -> None:
    hops = [hop for release in CATALOG.releases.order for hop in CATALOG.hops_from(release)]
    keys = [p.key for hop in hops for name in CATALOG.project_names for p in hop_commands(CATALOG, hop, name)]
    assert len(set(keys)) == len(keys) > 200


def test_nova_goes_after_placement_and_the_others_beside_them() -> None:
    together = lanes(CATALOG, ["nova", "keystone", "placement", "cinder"])
    assert together == (("placement", "nova"), ("keystone",), ("cinder",))
    assert lanes(CATALOG, ["nova"]) == (("nova",),)


def hop_of(source: str, target: str) -> Hop:
    return CATALOG.all_releases.hop(source, target)


def test_placement_leaves_nova_on_the_hop_to_stein_before_its_schema_is_made() -> None:
    hop = hop_of("rocky", "stein")
    assert taking_part(CATALOG, ("nova",), hop) == ("nova", "placement")
    assert taking_part(CATALOG, ("nova", "placement"), hop) == ("nova", "placement")
    assert taking_part(CATALOG, ("cinder",), hop) == ("cinder",)
    assert taking_part(CATALOG, ("nova",), hop_of("stein", "train")) == ("nova",)
    commands = hop_commands(CATALOG, hop, "placement", is_taken_out=True)
    assert [(planned.kind, planned.release, planned.words) for planned in commands] == [
        ("extraction", "stein", "mysql-migrate-db.sh --migrate"),
        ("schema", "stein", "placement-manage db sync"),
        ("rows", "stein", "placement-manage db online_data_migrations"),
        ("check", "stein", "placement-status upgrade check"),
    ]


def test_of_every_release_on_the_way_the_code_is_needed_that_there_is() -> None:
    chain = CATALOG.all_releases.chain("pike", "stein")
    assert code_needed(CATALOG, chain, ("nova", "glance")) == {
        "pike": ("nova",),
        "queens": ("nova",),
        "rocky": ("nova", "glance"),
        "stein": ("nova", "glance", "placement"),
        "train": ("placement",),
    }
    assert hop_commands(CATALOG, hop_of("pike", "queens"), "glance") == ()
    assert set(code_needed(CATALOG, chain, ("glance",))) == {"rocky", "stein"}, "rows of glance are moved by the target"
    words = [(planned.release, planned.words) for planned in hop_commands(CATALOG, hop_of("queens", "rocky"), "glance")]
    assert [release for release, _ in words] == ["rocky"] * len(words)
    assert len(words) > 2


def test_from_ocata_to_the_newest_release_every_command_has_a_key_of_its_own() -> None:
    chain = CATALOG.all_releases.chain("ocata", CATALOG.releases.order[-1])
    assert [hop.target.id for hop in chain][:12] == [*list(PYTHON_OF)[1:], "2023.1"]
    planned = [each for hop in chain for name in CATALOG.project_names for each in hop_commands(CATALOG, hop, name)]
    assert len({each.key for each in planned}) == len(planned) > 300
    assert all(each.command.meaning(0, each.release, CATALOG.all_releases.order) is Meaning.DONE for each in planned)


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        ("2025.1", {"2025.1": ("nova", "glance")}),
        ("2024.2", {"2024.1": ("nova",), "2024.2": ("nova", "glance")}),
        ("yoga", {"xena": ("nova",), "yoga": ("nova", "glance")}),
        ("pike", {"ocata": ("nova",), "pike": ("nova", "glance")}),
    ],
)
def test_some_code_is_needed_wherever_the_databases_are(target: str, needed: dict[str, tuple[str, ...]]) -> None:
    assert certainly_needed(CATALOG, target, ("nova", "glance")) == needed


def test_environments_come_in_the_order_of_need_and_only_those_that_run_something() -> None:
    assert environments_of(hop_commands(CATALOG, CATALOG.hop("2024.1", "2025.1"), "nova")) == (
        ("nova", "2024.1"),
        ("nova", "2025.1"),
    )
    assert environments_of(hop_commands(CATALOG, CATALOG.hop("2024.1", "2025.1"), "keystone")) == (
        ("keystone", "2025.1"),
    )
    taken_out = hop_commands(CATALOG, hop_of("rocky", "stein"), "placement", is_taken_out=True)
    assert {project for project, _ in environments_of(taken_out)} == {"placement"}
    assert len(environments_of(taken_out)) == 2, "the script comes with another release"
