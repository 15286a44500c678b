"""A rehearsal from Rocky to Train for real: databases made by Rocky's own code, placement taken out of nova's on the
way. It needs the Pythons of those days, and builds their environments."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rehearsed_ways import rehearsed

from ostler.catalog import load_catalog
from ostler.environments.interpreters import python_here
from ostler.environments.old_releases import PYTHON_OF
from ostler.environments.unpacked import UnpackedStore
from ostler.practice.images import HOST_IMAGE, ensure_image
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import ensure_plain_archives
from ostler.rehearsal.scratch import SOCKET, Scratch, database_url, entered, start_database
from ostler.rehearsal.settings import SYSTEM_FILES, config_files
from ostler.rehearsal.unpacking import unpacking

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(3600)]

SOURCE, TARGET = "rocky", "train"
PROJECTS = ("keystone", "nova", "neutron", "cinder")
PYTHONS = {PYTHON_OF[SOURCE], PYTHON_OF[TARGET]}
A_PROVIDER = "11111111-1111-1111-1111-111111111111"
ROWS = (
    "INSERT INTO resource_providers (id, uuid, name, generation) "
    f"VALUES (1, '{A_PROVIDER}', 'cmp1', 1);"
    "INSERT INTO inventories (resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit, step_size,"
    " allocation_ratio) VALUES (1, 0, 16, 0, 1, 16, 1, 16.0)"
)


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Dumps of databases that Rocky's code has made, with what placement keeps of one host."""
    pythons = [found for version in PYTHONS if (found := python_here(version))]
    if len(pythons) < len(PYTHONS):
        pytest.skip(f"there is no Python {' and '.join(sorted(PYTHONS))} on this machine")
    folder = tmp_path_factory.mktemp("old")
    archives = ensure_plain_archives(cache_dir(), SOURCE, datetime.now(UTC), print, PROJECTS)
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    store = UnpackedStore(folder / "unpacked")
    found: list[Path] = []
    with (
        entered(folder / "place", image, [*(python.prefix for python in pythons), store.ready()]) as scratch,
        unpacking(scratch, store) as environments,
    ):
        for path, text in SYSTEM_FILES.items():
            scratch.write(path, text)
        start_database(scratch)
        for name in PROJECTS:
            project = load_catalog().past(name)
            databases = [database.name for database in project.databases]
            for database in databases:
                scratch.rows(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb3")
            for path, text in config_files(project, database_url, is_past=True).items():
                scratch.write(path, text)
            programs = f"{environments.at(archives[name])}/bin"
            for phase in project.schema_phases(SOURCE):
                if phase.name == "nova-sync":
                    map_cells(scratch, programs)
                program, *arguments = phase.argv
                scratch.run([f"{programs}/{program}", *arguments], timeout_s=600)
            if name == "nova":
                scratch.rows(ROWS, "nova_api")
            for database in databases:
                file = folder / f"{database}.sql"
                file.write_text(scratch.run(["mariadb-dump", f"--socket={SOCKET}", database], timeout_s=60).stdout)
                found.append(file)
    return found


def map_cells(scratch: Scratch, programs: str) -> None:
    for words in (
        ["map_cell0", "--database_connection", database_url("nova_cell0")],
        [
            "create_cell",
            "--name",
            "cell1",
            "--database_connection",
            database_url("nova"),
            "--transport-url",
            "fake:///",
        ],
    ):
        scratch.run([f"{programs}/nova-manage", "cell_v2", *words], timeout_s=60)


def test_the_code_of_every_release_between_runs_and_placement_leaves_nova(dumps: list[Path], tmp_path: Path) -> None:
    found = rehearsed(TARGET, dumps, tmp_path)
    assert found["from"] == SOURCE
    told = {(hop["to"], hop["project"]): hop["outcome"] for hop in found["hops"]}
    assert told == {
        (release, project): "ok" for release in ("stein", "train") for project in (*PROJECTS, "placement")
    }, json.dumps(found["hops"], indent=1)
    first = next(hop for hop in found["hops"] if hop["project"] == "placement")["commands"][0]
    assert (first["command"], first["judged"]) == ("mysql-migrate-db.sh --migrate", "done")
    last = [hop for hop in found["hops"] if hop["to"] == TARGET]
    assert "rehearsal.schema-differs" not in {each["code"] for hop in last for each in hop["findings"]}
    revisions = {name: rows for hop in last for c in hop["commands"] for name, rows in (c["revisions"] or {}).items()}
    assert revisions == {
        database.name: sorted(load_catalog().past(name).version_rows(database.name, TARGET))
        for name in (*PROJECTS, "placement")
        for database in load_catalog().past(name).databases
    }
