"""Dumps of clouds of that release, taken the ways that an old cloud has before it: every hop by its own code, with the
fixes the catalog knows, and in the end with the schemas of a fresh install.

OSTLER_TEST_DUMPS names the folder they lie in, as `RELEASE.DATABASE.sql.gz`. Needs the Pythons of those days, and
builds what it lacks of their environments: hours when none is there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rehearsed_ways import rehearsed

from ostler.catalog import load_catalog

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(4 * 3600)]

DUMPS = os.environ.get("OSTLER_TEST_DUMPS", "")
TIMEOUT_S = 3.9 * 3600
FIRST = ("nova", "nova_api", "nova_cell0", "neutron", "cinder")
SEVEN = (*FIRST, "keystone", "glance")
EIGHT = (*SEVEN, "placement")

SERVER_GROUPS, COMPUTES = "nova.request-specs-of-server-groups", "nova.computes-older-than-yoga"
VOLUME_SERVICES = "cinder.shared-targets-wants-volume-services"


@dataclass(frozen=True)
class Way:
    """The databases that there are dumps of, and what is got over on the way: the target of the hop, and the known
    blocker that shows itself there."""

    source: str
    target: str
    databases: tuple[str, ...]
    got_over: frozenset[tuple[str, str]]

    @property
    def dumps(self) -> list[Path]:
        return [Path(DUMPS) / f"{self.source}.{database}.sql.gz" for database in self.databases]

    @property
    def projects(self) -> set[str]:
        """Those that arrive: placement leaves nova in Stein, if it was not there before."""
        catalog = load_catalog()
        owners = {database.name: project.name for project in catalog.projects for database in project.databases}
        order = catalog.all_releases.order
        leaves = order.index(self.source) < order.index("stein") <= order.index(self.target)
        return {owners[database] for database in self.databases} | ({"placement"} if leaves else set())


WAYS = (
    Way(
        "ocata",
        "rocky",
        FIRST,
        frozenset({("pike", SERVER_GROUPS), ("queens", VOLUME_SERVICES), ("rocky", VOLUME_SERVICES)}),
    ),
    Way(
        "pike",
        "rocky",
        SEVEN,
        frozenset({("queens", SERVER_GROUPS), ("queens", VOLUME_SERVICES), ("rocky", VOLUME_SERVICES)}),
    ),
    Way("rocky", "yoga", SEVEN, frozenset({("stein", VOLUME_SERVICES)})),
    Way("yoga", "2023.1", EIGHT, frozenset({("zed", COMPUTES)})),
    Way("2024.1", "2026.1", EIGHT, frozenset()),
)


@pytest.mark.skipif(not DUMPS, reason="OSTLER_TEST_DUMPS names no folder with dumps")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.source}-{way.target}")
def test_every_hop_of_a_way_comes_through_and_what_was_got_over_is_named(way: Way, tmp_path: Path) -> None:
    found = rehearsed(way.target, way.dumps, tmp_path, "--try-fixes", timeout_s=TIMEOUT_S)
    hops: list[dict[str, Any]] = found["hops"]
    told = json.dumps(hops, indent=1)
    assert found["from"] == way.source
    passed = [hop.target.id for hop in load_catalog().all_releases.chain(way.source, way.target)]
    assert list(dict.fromkeys(hop["to"] for hop in hops)) == passed
    assert {hop["project"] for hop in hops if hop["to"] == way.target} == way.projects
    assert {hop["outcome"] for hop in hops} <= {"ok", "fixed"}, told
    fixed = [(hop["to"], command) for hop in hops for command in hop["commands"] if command["outcome"] == "fixed"]
    assert {(release, code) for release, command in fixed for code in command["codes"]} == way.got_over, told
    assert "rehearsal.schema-differs" not in {each["code"] for hop in hops for each in hop["findings"]}, told
