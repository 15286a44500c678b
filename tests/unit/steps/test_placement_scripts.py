"""The scripts that take placement out of nova, run as they are, with stand-ins for what they call."""

from __future__ import annotations

import grp
import os
import subprocess
from pathlib import Path

import pytest

from ostler.steps.placement_scripts import DERIVE_SETTINGS, TAKE_OUT, python_words

PASSWORD = 'a$b"c\\d e'
NOVA_CONF = """[DEFAULT]
debug = true
[api_database]
connection = mysql+pymysql://nova:a%24b%22c%5Cd%20e@10.0.0.5:3307/nova_api?charset=utf8&ssl_ca=/etc/ca.pem
[keystone_authtoken]
auth_url = http://10.0.0.5:5000
memcached_servers = a:11211,
  b:11211
password = "secret"
[api]
auth_strategy = keystone
"""
SCRIPT = """nova="-h$NOVA_API_DB_HOST -u$NOVA_API_USER -p$NOVA_API_PASS $NOVA_API_DB"
echo "SELECT 1" | mysql --skip-column-names $nova
mysqldump -h$PLACEMENT_DB_HOST -u$PLACEMENT_USER -p$PLACEMENT_PASS $PLACEMENT_DB traits
placement-manage db stamp b4ed
echo "with $@ in $(pwd)"
exit 3
"""


def run(name: str, script: str, *values: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"PATH": path} if path else {})}
    words = python_words(name, script, *values)
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def nova(tmp_path: Path) -> Path:
    path = tmp_path / "nova.conf"
    path.write_text(NOVA_CONF)
    return path


def derived(nova: Path, target: Path) -> subprocess.CompletedProcess[str]:
    own = DERIVE_SETTINGS.replace("os.chown(path, 0,", "os.chown(path, -1,")  # the tests need not be root
    return run("derive-settings", own, str(nova), str(target), grp.getgrgid(os.getgid()).gr_name, "placement")


def test_placement_checks_tokens_as_nova_does_with_novas_account_at_its_own_database(
    nova: Path, tmp_path: Path
) -> None:
    target = tmp_path / "placement" / "placement.conf"
    told = derived(nova, target)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    lines = target.read_text().splitlines()
    address = "mysql+pymysql://nova:a%24b%22c%5Cd%20e@10.0.0.5:3307/placement?charset=utf8&ssl_ca=/etc/ca.pem"
    assert f"connection = {address}" in lines
    assert lines[lines.index("[keystone_authtoken]") :] == [
        "[keystone_authtoken]",
        "auth_url = http://10.0.0.5:5000",
        "memcached_servers = a:11211,",
        " b:11211",
        "password = secret",
    ]
    assert "debug = true" not in lines
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_file_of_the_operators_own_stays(nova: Path, tmp_path: Path) -> None:
    target = tmp_path / "placement.conf"
    target.write_text("mine\n")
    assert derived(nova, target).returncode == 0
    assert target.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[placement_database]\nconnection = mysql+pymysql://p@x/placement\n", "not in nova's database"),
        (None, "[api_database] connection is not set"),
    ],
)
def test_placement_elsewhere_or_nowhere_is_refused_without_a_file(
    nova: Path, tmp_path: Path, added: str | None, said: str
) -> None:
    nova.write_text(NOVA_CONF + added if added else "[DEFAULT]\n")
    target = tmp_path / "placement.conf"
    told = derived(nova, target)
    assert told.returncode == 1
    assert said in told.stderr
    assert not target.exists()


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def taken_out(nova: Path, tmp_path: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    """What a run of the script said, and the folder in which the stand-ins of the clients note what they were given."""
    seen = tmp_path / "seen"
    seen.mkdir()
    note = """file=${1#--defaults-extra-file=}; shift; cp "$file" SEEN/NAME.cnf
case "$*" in
  *information_schema*) printf 'traits\\nusers\\n' ;;
  *"DROP TABLE"*) echo "$*" > SEEN/dropped ;;
  *) echo "NAME $*" ;;
esac
cat > /dev/null"""
    for name in ("mariadb", "mariadb-dump"):
        program(tmp_path / "clients", name, note.replace("SEEN", str(seen)).replace("NAME", name))
    program(tmp_path / "programs", "placement-manage", 'echo "placement-manage $*"')
    script, placement = tmp_path / "migrate.sh", tmp_path / "placement.conf"
    script.write_text(SCRIPT)
    placement.write_text("[placement_database]\nconnection = mysql+pymysql://place:p@db/placement\n")
    own = TAKE_OUT.replace('PATH = "', f'PATH = "{tmp_path / "clients"}:', 1)
    words = (str(nova), str(placement), str(script), str(tmp_path / "programs"), "--migrate")
    return run("take-placement-out", own, *words), seen


def test_the_developers_script_begins_anew_reads_its_passwords_from_files_and_its_end_is_ours(
    taken_out: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    told, seen = taken_out
    assert told.returncode == 3, told.stderr
    lines = told.stdout.splitlines()
    assert lines[:3] == [
        "mariadb --skip-column-names nova_api",
        "mariadb-dump placement traits",
        "placement-manage db stamp b4ed",
    ]
    assert lines[3].startswith("with --migrate - in ")
    assert not Path(lines[3].rpartition(" ")[2]).exists()
    assert (seen / "mariadb.cnf").read_text().splitlines() == [
        "[client]",
        'host="10.0.0.5"',
        'user="nova"',
        'password="a$b\\"c\\\\d e"',
        'port="3307"',
        'ssl-ca="/etc/ca.pem"',
    ]
    assert (seen / "dropped").read_text().endswith("DROP TABLE `traits`, `users` placement\n")
    assert 'user="place"' in (seen / "mariadb-dump.cnf").read_text()
    assert PASSWORD not in told.stdout + told.stderr
