"""The scripts that carry accounts of databases and begin a cluster, against programs that stand in for the server's."""

from __future__ import annotations

import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

MARIADB = r"""#!/bin/sh
while [ "$#" -gt 1 ] && [ "$1" != -e ]; do shift; done
if [ "$1" != -e ]; then
  cat >> "$SEEN"
  [ -z "$FAILS" ] || { echo "ERROR 1064 (42000) at line 3: near 'secret-hash'" >&2; exit 1; }
  exit 0
fi
printf '%s\n' "$2" >> "$SEEN"
case "$2" in "show create "*"$LOST"*) [ -z "$LOST" ] || exit 1 ;; esac
case "$2" in
*schemata*) [ -n "$NOBODY" ] || echo 'character set utf8mb3 collate utf8mb3_general_ci' ;;
*schema_privileges*) printf 'grant SELECT on `placement`.* to %s\n' "'nova'@'%'" "'x y'@'10.0.%'" ;;
*mysql.db*) [ -n "$NOBODY" ] || printf "'nova'@'%%'\n'x y'@'10.0.%%'\n" ;;
*"'nova'"*) printf 'CREATE USER `nova`@`%%` IDENTIFIED BY PASSWORD "*AB"\nGRANT ALL ON `nova`.* TO `nova`@`%%`\n' ;;
*"'x y'"*) printf 'CREATE USER `x y`@`10.0.%%`\nGRANT SELECT ON `nova`.* TO `x y`@`10.0.%%`\n' ;;
esac
"""
SYSTEMCTL = '#!/bin/sh\necho "systemctl $*" >> "$SEEN"\n[ "$1" != is-active ] || [ -n "$RUNS" ]\n'
NEW_CLUSTER = '#!/bin/sh\necho new cluster >> "$SEEN"\n'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("mariadb", MARIADB), ("systemctl", SYSTEMCTL), ("galera_new_cluster", NEW_CLUSTER)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "dump").mkdir()
    return tmp_path


def ran(place: Path, script: str, *words: str, text: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    source = text or files("ostler.steps").joinpath(f"scripts/{script}.sh").read_text()
    path = f"{place}/bin:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", source, "ostler", *words],
        env={"PATH": path, "SEEN": str(place / "seen"), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def test_accounts_are_kept_as_statements_that_may_be_carried_out_twice(place: Path) -> None:
    folder = place / "dump"
    done = ran(place, "dump_accounts", str(folder), "nova", "nova_api")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    kept = folder / "accounts.sql"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_text().splitlines() == [
        'CREATE OR REPLACE USER `nova`@`%` IDENTIFIED BY PASSWORD "*AB";',
        "GRANT ALL ON `nova`.* TO `nova`@`%`;",
        "CREATE OR REPLACE USER `x y`@`10.0.%`;",
        "GRANT SELECT ON `nova`.* TO `x y`@`10.0.%`;",
    ]
    # Rights may be given by a pattern, such as `nova%`.
    assert "where ('nova' like db or 'nova_api' like db) and" in (place / "seen").read_text()
    assert sorted(each.name for each in folder.iterdir()) == ["accounts.sql"]


def test_databases_that_nobody_may_use_are_told(place: Path) -> None:
    done = ran(place, "dump_accounts", str(place / "dump"), "nova", NOBODY="yes")
    assert done.returncode == 1
    assert "no account has rights" in done.stderr
    assert list((place / "dump").iterdir()) == []


@pytest.mark.parametrize("lost", ["nova", "x y"])
def test_accounts_that_cannot_be_asked_about_are_not_left_out(place: Path, lost: str) -> None:
    assert ran(place, "dump_accounts", str(place / "dump"), "nova", LOST=f"'{lost}'").returncode != 0
    assert list((place / "dump").iterdir()) == []


@pytest.mark.parametrize("name", ["a'; drop database x; --", "", "Nova", "a b"])
def test_what_is_no_name_never_reaches_the_server(place: Path, name: str) -> None:
    assert ran(place, "dump_accounts", str(place / "dump"), name).returncode == 2
    assert not (place / "seen").exists()


def test_loaded_accounts_leave_a_mark_and_an_error_tells_no_statement(place: Path) -> None:
    folder = place / "dump"
    (folder / "accounts.sql").write_text("CREATE OR REPLACE USER x;\n")
    failed = ran(place, "load_accounts", str(folder), FAILS="yes")
    assert failed.returncode == 1
    assert failed.stderr == "ERROR 1064 (42000) at line 3\n"
    assert list(folder.iterdir()) == []  # what holds passwords goes in any case
    (folder / "accounts.sql").write_text("CREATE OR REPLACE USER x;\n")
    assert ran(place, "load_accounts", str(folder)).returncode == 0
    assert [each.name for each in folder.iterdir()] == ["accounts-loaded"]
    assert (folder / "accounts-loaded").stat().st_mode & 0o777 == 0o600
    assert "CREATE OR REPLACE USER x;" in (place / "seen").read_text()


def test_addresses_of_cells_are_written_anew_and_nothing_but_addresses_is_taken(place: Path) -> None:
    assert ran(place, "readdress_cells", "10.0.0.1", "10.0.0.9", "ctl1", "new1").returncode == 0
    said = (place / "seen").read_text()
    assert "transport_url = replace(transport_url, '@10.0.0.1:', '@10.0.0.9:')" in said
    assert "database_connection = replace(database_connection, '@ctl1/', '@new1/')" in said
    assert "transport_url = replace(transport_url, '@ctl1,', '@new1,')" in said  # several brokers, without ports
    assert "transport_url = replace(transport_url, '@[10.0.0.1]', '@[10.0.0.9]')" in said  # as IPv6 addresses stand
    assert ran(place, "readdress_cells", "10.0.0.1", "x'; drop").returncode == 2


@pytest.mark.parametrize(
    ("state", "environ", "ends"),
    [
        ("safe_to_bootstrap: 1\n", {"RUNS": "yes"}, "systemctl is-active --quiet mariadb.service"),
        ("safe_to_bootstrap: 1\n", {}, "new cluster"),
        ("safe_to_bootstrap: 0\n", {}, "systemctl start mariadb.service"),
        ("", {}, "systemctl start mariadb.service"),
    ],
)
def test_only_the_node_that_stopped_last_begins_a_cluster(
    place: Path, state: str, environ: dict[str, str], ends: str
) -> None:
    (place / "grastate.dat").write_text(state)
    script = files("ostler.steps").joinpath("scripts/begin_cluster.sh").read_text()
    here = script.replace("/var/lib/mysql/grastate.dat", str(place / "grastate.dat"))
    assert here != script
    ran(place, "", text=here, **environ)
    assert (place / "seen").read_text().splitlines()[-1] == ends


def test_what_runs_from_an_environment_is_ended_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "venvs" / "nova-1"
    folder.mkdir(parents=True)
    for name in ("inside", "outside"):
        place = folder if name == "inside" else tmp_path
        (place / name).write_bytes(Path("/bin/sleep").resolve().read_bytes())
        (place / name).chmod(0o755)
    inside = subprocess.Popen([str(folder / "inside"), "60"])
    outside = subprocess.Popen([str(tmp_path / "outside"), "60"])
    script = files("ostler.steps").joinpath("scripts/end_commands.sh").read_text()
    try:
        done = subprocess.Popen(["sh", "-c", script, "ostler-end-commands", str(tmp_path / "venvs")])
        assert inside.wait(20) != 0
        assert done.wait(20) == 0
        assert outside.poll() is None
    finally:
        for process in (inside, outside):
            process.kill()
            process.wait()


def test_a_database_gets_the_rights_that_its_like_has_and_is_made_when_they_are_there(place: Path) -> None:
    assert ran(place, "make_database", "placement", "nova_api").returncode == 0
    asked = (place / "seen").read_text()
    assert "where 'nova_api' like table_schema" in asked
    assert asked.splitlines()[-3:] == [
        "grant SELECT on `placement`.* to 'nova'@'%'",
        "grant SELECT on `placement`.* to 'x y'@'10.0.%'",
        "create database if not exists `placement` character set utf8mb3 collate utf8mb3_general_ci",
    ]


def test_a_database_like_one_that_is_not_there_is_not_made(place: Path) -> None:
    done = ran(place, "make_database", "placement", "nova_api", NOBODY="yes")
    assert (done.returncode, done.stderr) == (1, "there is no database nova_api\n")
    assert "grant" not in (place / "seen").read_text()
