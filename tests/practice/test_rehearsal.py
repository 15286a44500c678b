"""A rehearsal for real: databases made by the code of one release, dumped, and taken to the next on a copy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard

from ostler.catalog import load_catalog
from ostler.environments.unpacked import UnpackedStore
from ostler.practice.images import HOST_IMAGE, ensure_image
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import ensure_plain_archives
from ostler.rehearsal.scratch import SOCKET, database_url, entered, start_database
from ostler.rehearsal.settings import config_files
from ostler.rehearsal.unpacking import unpacking

pytestmark = [pytest.mark.practice, pytest.mark.timeout(1200)]

SOURCE, TARGET = "2024.1", "2025.1"
PROJECTS = ("keystone", "placement")
FINISHED = 0
FAILED = 1
WRONG_INPUT = 2


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dumps of empty databases as the source's own code makes them."""
    folder = tmp_path_factory.mktemp("dumps")
    catalog = load_catalog()
    archives = ensure_plain_archives(cache_dir(), SOURCE, datetime.now(UTC), print, PROJECTS)
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    store = UnpackedStore(folder / "unpacked")
    with entered(folder / "place", image, [store.ready()]) as scratch, unpacking(scratch, store) as environments:
        start_database(scratch)
        for name in PROJECTS:
            project = catalog.project(name)
            scratch.rows(f"CREATE DATABASE `{name}`")
            for path, text in config_files(project, database_url).items():
                scratch.write(path, text)
            for phase in project.schema_phases(SOURCE):
                program, *arguments = phase.argv
                scratch.run([f"{environments.at(archives[name])}/bin/{program}", *arguments], timeout_s=600)
            made = scratch.run(["mariadb-dump", f"--socket={SOCKET}", name], timeout_s=60).stdout
            (folder / f"{name}.sql.zst").write_bytes(zstandard.ZstdCompressor().compress(made.encode()))
    return folder


def command(dumps: Path, *more: str) -> list[str]:
    given = [word for name in PROJECTS for word in ("--dump", str(dumps / f"{name}.sql.zst"))]
    return [str(Path(sys.executable).parent / "ostler"), "rehearse", "--from", SOURCE, "--to", TARGET, *given, *more]


def state(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "OSTLER_STATE_DIR": str(tmp_path / "state")}


def rehearse(dumps: Path, tmp_path: Path, *more: str, code: int = FINISHED, **variables: str) -> Any:
    words, env = command(dumps, "--json", *more), {**state(tmp_path), **variables}
    done = subprocess.run(words, capture_output=True, text=True, env=env, timeout=900, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


def left_of(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state").glob("rehearsals/*"))


def cache_of_its_own(tmp_path: Path) -> Path:
    """A cache folder with everything that was built, and nothing unpacked; where that goes."""
    cache = tmp_path / "cache"
    (cache / "unpacked").mkdir(parents=True)
    for each in cache_dir().iterdir():
        if each.name != "unpacked":
            (cache / each.name).symlink_to(each)
    return cache / "unpacked"


def running_in(tmp_path: Path) -> list[str]:
    """Processes and mounts of a rehearsal that are still there."""
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(tmp_path) in line]
    found = []
    for path in [*Path("/proc").glob("[0-9]*/mountinfo"), *Path("/proc").glob("[0-9]*/cmdline")]:
        try:
            said = path.read_text(errors="replace")
            found += [f"{path}: {said}"] if str(tmp_path) in said else []
        except OSError:
            continue
    return mounts + found


def test_the_real_migrations_come_through_and_nothing_of_the_copy_is_left(dumps: Path, tmp_path: Path) -> None:
    found = rehearse(dumps, tmp_path, "--compare-schemas")
    assert [(hop["project"], hop["outcome"]) for hop in found["hops"]] == [("placement", "ok"), ("keystone", "ok")]
    assert not [f for hop in found["hops"] for f in hop["findings"] if f["code"].startswith("rehearsal.")]
    schema = [c for hop in found["hops"] for c in hop["commands"] if c["kind"] == "schema"]
    assert [c["command"] for c in schema] == [
        "placement-manage db sync",
        "keystone-manage db_sync --expand",
        "keystone-manage db_sync --contract",
    ]
    heads = {name: sorted(load_catalog().project(name).version_rows(name, TARGET)) for name in PROJECTS}
    assert schema[0]["revisions"] == {"placement": heads["placement"]}
    assert schema[-1]["revisions"] == {"keystone": heads["keystone"]}
    assert all(c["exit_code"] == 0 and c["seconds"] > 0 for c in schema)
    began = found["beginning"]
    assert began["schema"] == {
        name: sorted(load_catalog().project(name).version_rows(name, SOURCE)) for name in PROJECTS
    }
    assert all(began["bytes"][name] > 100_000 for name in PROJECTS)
    assert began["speed"]["cpu_s"] > 0 and began["speed"]["rows_s"] > 0 and began["writes_s"] > 0
    disk = found["disk"]
    assert 100_000 < disk["before"] <= disk["most"] >= disk["after"] > 100_000
    assert found["data"] == []
    assert left_of(tmp_path) == []
    assert running_in(tmp_path) == []


def test_one_that_was_killed_leaves_nothing_running_and_goes_on_where_it_was(dumps: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command(dumps), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=state(tmp_path)
    ) as first:
        assert first.stderr is not None
        # What comes next changes no schema: a project in whose schema change it was killed would begin again.
        assert next((line for line in first.stderr if "db_sync --contract: done" in line), None)
        first.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while running_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running_in(tmp_path) == []
    assert left_of(tmp_path) != []

    done = subprocess.run(command(dumps), capture_output=True, text=True, env=state(tmp_path), timeout=900, check=False)
    assert done.returncode == FINISHED, done.stderr
    assert "loaded" not in done.stderr
    assert "db_sync" not in done.stderr
    assert "keystone-status upgrade check: done" in done.stderr
    assert left_of(tmp_path) == []


def test_one_that_was_killed_while_it_unpacked_leaves_no_half_environment(dumps: Path, tmp_path: Path) -> None:
    unpacked, own = cache_of_its_own(tmp_path), {**state(tmp_path), "OSTLER_CACHE_DIR": str(tmp_path / "cache")}
    with subprocess.Popen(command(dumps), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=own) as first:
        deadline = time.monotonic() + 120
        while not any(any(each.iterdir()) for each in unpacked.glob(".partial-*")):
            assert first.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while running_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running_in(tmp_path) == []
    assert list(unpacked.glob(".partial-*")) != []

    done = subprocess.run(command(dumps), capture_output=True, text=True, env=own, timeout=900, check=False)
    assert done.returncode == FINISHED, done.stderr
    assert list(unpacked.glob(".partial-*")) == []
    assert {each.name.partition("-")[0] for each in unpacked.glob("[!.]*")} == set(PROJECTS)


def test_what_the_target_cannot_start_from_is_refused_before_anything_is_run(dumps: Path, tmp_path: Path) -> None:
    said = rehearse(dumps, tmp_path, "--from", "2023.1", code=WRONG_INPUT)
    assert "rehearsal.another-release" in str(said)
    assert left_of(tmp_path) == []


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "small", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def demand_no_space(dumps: Path, tmp_path: Path, **variables: str) -> None:
    told = rehearse(dumps, tmp_path, code=FAILED, **variables)["error"]
    assert told["code"] == "rehearsal.no-space"
    assert "OSTLER_STATE_DIR" in told["do_next"]
    assert "OSTLER_CACHE_DIR" in told["do_next"]
    assert left_of(tmp_path) == []
    assert [line for line in running_in(tmp_path) if "rehearsals" in line] == []


def test_a_disk_that_is_too_small_is_told_and_is_empty_afterwards(dumps: Path, tmp_path: Path) -> None:
    """Too small for MariaDB to start in peace."""
    with small_disk(tmp_path / "state", 100):
        demand_no_space(dumps, tmp_path)


def test_a_disk_that_is_too_small_for_the_code_is_told(dumps: Path, tmp_path: Path) -> None:
    unpacked = cache_of_its_own(tmp_path)
    with small_disk(unpacked, 300):
        demand_no_space(dumps, tmp_path, OSTLER_CACHE_DIR=str(unpacked.parent))


def test_a_disk_that_mariadb_fills_is_told_and_is_empty_afterwards(dumps: Path, tmp_path: Path) -> None:
    filling = "CREATE TABLE big (t text);\nINSERT INTO big SELECT REPEAT('x', 10000) FROM seq_1_to_100000;\n"
    for name in PROJECTS:
        whole = zstandard.ZstdDecompressor().decompressobj().decompress((dumps / f"{name}.sql.zst").read_bytes())
        text = whole.decode().replace("-- Dump completed", f"{filling}-- Dump completed")
        (tmp_path / f"{name}.sql.zst").write_bytes(zstandard.ZstdCompressor().compress(text.encode()))
    with small_disk(tmp_path / "state", 700):
        demand_no_space(tmp_path, tmp_path)


def test_nothing_in_the_place_reaches_out_of_it(tmp_path: Path) -> None:
    image = ensure_image(cache_dir() / "images", HOST_IMAGE, print)
    with entered(tmp_path / "place", image) as scratch:
        start_database(scratch)

        def ends_with(*argv: str) -> int:
            return scratch.run(argv, timeout_s=60, check=False).exit_code

        assert scratch.run(["ip", "-brief", "link"], timeout_s=60).stdout.split()[0] == "lo"
        assert scratch.run(["ip", "-brief", "link"], timeout_s=60).stdout.count("\n") == 1
        assert ends_with("mount", "-t", "tmpfs", "x", "/mnt") != 0
        assert ends_with("chroot", "/", "true") != 0
        assert ends_with("sh", "-c", "echo 1 > /proc/sys/kernel/sysrq") != 0
        assert scratch.run(["ls", "/outside"], timeout_s=60).stdout == ""
        assert not (tmp_path / "place" / "root" / "etc").exists(), "the tree is seen from outside"
        assert ends_with("test", "-e", str(Path(__file__))) != 0

        scratch.rows("CREATE DATABASE shop")
        nasty = [
            b"CREATE TABLE t (a int);\n",
            b"\\! touch /tmp/was-here\n",
            b"\\. /etc/passwd\n",
            b"INSERT INTO t VALUES (7);\n",
        ]
        scratch.load("shop", nasty)
        assert ends_with("test", "-e", "/tmp/was-here") != 0
        scratch.load("shop", [b"SELECT 'said' FROM seq_1_to_20000;\n", b"CREATE TABLE after_it (a int);\n"])
        assert scratch.rows("SHOW TABLES LIKE 'after%'", "shop") == [["after_it"]]
    assert running_in(tmp_path) == []
