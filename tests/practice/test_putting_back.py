"""A migration that fails half way is put back, mended and passes, for real: cinder's databases made by the code of
2023.1, with rows that 2024.1 stops at; and what of a database's changes is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.environments.unpacked import UnpackedStore
from ostler.practice.images import HOST_IMAGE, ensure_image
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import ensure_plain_archives
from ostler.rehearsal.before import remembered
from ostler.rehearsal.scratch import SOCKET, database_url, entered, start_database
from ostler.rehearsal.settings import config_files
from ostler.rehearsal.unpacking import unpacking

pytestmark = [pytest.mark.practice, pytest.mark.timeout(1200)]

SOURCE, TARGET = "2023.1", "2024.1"
DELETED = (
    "INSERT INTO volumes (id, volume_type_id, service_uuid, deleted, use_quota)"
    " SELECT UUID(), id, NULL, 1, 1 FROM volume_types LIMIT 1;"
    " INSERT INTO snapshots (id, volume_id, volume_type_id, deleted, use_quota)"
    " SELECT UUID(), v.id, v.volume_type_id, 1, NULL FROM volumes AS v"
)
"""Rows as a cloud keeps them that was there before Xena: the migration changes volumes, and stops at snapshots."""


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps")
    cinder = load_catalog().project("cinder")
    archives = ensure_plain_archives(cache_dir(), SOURCE, datetime.now(UTC), print, ("cinder",))
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    store = UnpackedStore(folder / "unpacked")
    with entered(folder / "place", image, [store.ready()]) as scratch, unpacking(scratch, store) as environments:
        start_database(scratch)
        scratch.rows("CREATE DATABASE cinder CHARACTER SET utf8mb3")
        for path, text in config_files(cinder, database_url).items():
            scratch.write(path, text)
        for phase in cinder.schema_phases(SOURCE):
            program, *arguments = phase.argv
            scratch.run([f"{environments.at(archives['cinder'])}/bin/{program}", *arguments], timeout_s=600)
        scratch.rows(DELETED, "cinder")
        made = scratch.run(["mariadb-dump", f"--socket={SOCKET}", "cinder"], timeout_s=60).stdout
    (folder / "cinder.sql").write_text(made)
    return folder / "cinder.sql"


def rehearsed(dump: Path, tmp_path: Path, *more: str, code: int = 0) -> Any:
    program = str(Path(sys.executable).parent / "ostler")
    words = [program, "rehearse", "--from", SOURCE, "--to", TARGET, "--dump", str(dump), "--json", *more]
    own = {**os.environ, "OSTLER_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(words, capture_output=True, text=True, env=own, timeout=900, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def sync_in(found: Any) -> Any:
    return next(c for hop in found["hops"] for c in hop["commands"] if c["command"] == "cinder-manage db sync")


def test_a_migration_that_fails_half_way_is_put_back_and_passes_after_the_fix(dump: Path, tmp_path: Path) -> None:
    found = rehearsed(dump, tmp_path, "--try-fixes", "--compare-schemas")
    sync = sync_in(found)
    assert (sync["outcome"], sync["exit_code"]) == ("fixed", 0)
    assert sync["codes"] == ["cinder.use-quota-of-deleted-volumes"]
    assert "cinder.volumes" in sync["put_back"]["tables"]
    assert sync["put_back"]["seconds"] > 0
    assert sync["revisions"] == {"cinder": sorted(load_catalog().project("cinder").version_rows("cinder", TARGET))}
    codes = {finding["code"] for hop in found["hops"] for finding in hop["findings"]}
    assert not codes & {"rehearsal.schema-differs", "rehearsal.schema-not-reached"}
    assert list((tmp_path / "state").glob("rehearsals/*")) == []


def test_without_fixes_it_is_blocked_and_nothing_is_put_back(dump: Path, tmp_path: Path) -> None:
    sync = sync_in(rehearsed(dump, tmp_path, code=1))
    assert (sync["outcome"], sync["put_back"]) == ("blocked", None)


TABLES = (
    "CREATE TABLE shop.things (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20) COLLATE utf8mb3_bin, raw blob);"
    "INSERT INTO shop.things (name, raw) VALUES ('a', 0x00FF), ('b', NULL);"
    "CREATE TABLE shop.parts (id int PRIMARY KEY, thing int, FOREIGN KEY (thing) REFERENCES shop.things (id)"
    " ON DELETE CASCADE)"
)
CHANGES = {
    "SELECT * FROM things": [],
    "UPDATE things SET name = name": [],
    "DELETE FROM things WHERE id = 99": [],
    "UPDATE things SET name = 'c' WHERE id = 1": ["shop.things"],
    "ALTER TABLE things ADD COLUMN size int, ALGORITHM=INSTANT": ["shop.things"],
    "ALTER TABLE things ALTER name SET DEFAULT 'x'": ["shop.things"],
    "CREATE INDEX by_name ON things (name)": ["shop.things"],
    "BEGIN; UPDATE things SET name = 'd'; ROLLBACK": ["shop.things"],
    "TRUNCATE TABLE parts": ["shop.parts"],
    "DROP TABLE parts": ["shop.parts"],
    "RENAME TABLE parts TO others": ["shop.others", "shop.parts"],
    "CREATE TABLE more (id int)": ["shop.more"],
    "CREATE TRIGGER later BEFORE INSERT ON things FOR EACH ROW SET NEW.name = 'x'": ["shop.things (trigger later)"],
    "CREATE DATABASE annex; CREATE TABLE annex.rooms (id int)": ["annex.rooms"],
}


def test_every_change_is_seen_and_put_back(tmp_path: Path) -> None:
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    with entered(tmp_path / "place", image) as scratch:
        start_database(scratch)
        scratch.rows("CREATE DATABASE shop COLLATE utf8mb3_general_ci")
        scratch.rows(TABLES)

        def whole() -> str:
            words = ["mariadb-dump", f"--socket={SOCKET}", "--skip-dump-date", "--databases", "shop"]
            return scratch.run(words, timeout_s=60).stdout

        first = whole()
        for change, expected in CHANGES.items():
            with remembered(scratch, ["shop", "annex"], is_kept=True) as before:
                scratch.rows(change, "shop")
                assert list(before.changed()) == expected, change
                if expected:
                    before.put_back(before.changed())
                    assert whole() == first, change
                    assert scratch.rows("SHOW DATABASES LIKE 'annex'") == []
        assert list((tmp_path / "place" / "before").iterdir()) == []


def test_a_database_that_cannot_be_dumped_is_not_kept_and_the_rehearsal_goes_on(tmp_path: Path) -> None:
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    with entered(tmp_path / "place", image) as scratch:
        start_database(scratch)
        scratch.rows("CREATE DATABASE shop")
        scratch.rows("CREATE TABLE things (id int, name int); CREATE VIEW names AS SELECT name FROM things", "shop")
        scratch.rows("ALTER TABLE things DROP COLUMN name", "shop")
        with remembered(scratch, ["shop"], is_kept=True) as before:
            assert not before.is_kept
            assert before.why_not.startswith("shop could not be kept") and before.why_not.endswith("(1356)")
