"""What is run on a hop, and which projects go side by side."""

from __future__ import annotations

from ostler.catalog import load_catalog
from ostler.rehearsal.sequence import hop_commands, lanes

CATALOG = load_catalog()


def words(project: str, source: str = "2024.1", target: str = "2025.1") -> list[tuple[str, str]]:
    hop = CATALOG.hop(source, target)
    return [(planned.release, planned.words) for planned in hop_commands(hop, CATALOG.project(project))]


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
    keys = [p.key for hop in hops for project in CATALOG.projects for p in hop_commands(hop, project)]
    assert len(set(keys)) == len(keys) > 200


def test_nova_goes_after_placement_and_the_others_beside_them() -> None:
    names = [[project.name for project in lane] for lane in lanes(CATALOG, ["nova", "keystone", "placement", "cinder"])]
    assert names == [["placement", "nova"], ["keystone"], ["cinder"]]
    assert [[p.name for p in lane] for lane in lanes(CATALOG, ["nova"])] == [["nova"]]
