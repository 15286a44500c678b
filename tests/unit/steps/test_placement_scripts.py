"""The scripts that take placement out of nova, run as they are, with stand-ins for what they call."""

from __future__ import annotations

import grp
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

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
    mine = "[placement_database]\nconnection = mysql+pymysql://p@x/placement\n"
    target.write_text(mine)
    assert derived(nova, target).returncode == 0
    assert target.read_text() == mine


@pytest.mark.parametrize("text", ["", "[placement_database]\nconnection = mysql+pymysql://p@x/nova_api\n"])
def test_a_file_of_the_operators_own_that_names_another_database_is_refused(
    nova: Path, tmp_path: Path, text: str
) -> None:
    target = tmp_path / "placement.conf"
    target.write_text(text)
    told = derived(nova, target)
    assert told.returncode == 1
    assert "does not name the database placement" in told.stderr


def test_a_password_that_cannot_be_told_from_the_rest_is_not_shown(nova: Path, tmp_path: Path) -> None:
    nova.write_text("[api_database]\nconnection = mysql+pymysql://nova:sec/ret@db/nova_api\n")
    told = derived(nova, tmp_path / "placement.conf")
    assert told.returncode == 1
    assert "to be written as %XX" in told.stderr
    assert "sec" not in told.stderr.replace("section", "")


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


def test_an_account_in_a_section_of_its_own_comes_along_and_names_of_options_become_what_they_stand_for(
    nova: Path, tmp_path: Path
) -> None:
    account = "[keystone_authtoken]\nauth_section = account\n[account]\nauth_url = http://$vip:${ports.identity}\n"
    nova.write_text(
        NOVA_CONF.replace("[keystone_authtoken]\n", account + "password = a\\$vip$$vip$1\nold = ")
        + "[DEFAULT]\nvip = $address\naddress = 10.0.0.9\n[ports]\nidentity = 5000\n"
    )
    target = tmp_path / "placement.conf"
    assert derived(nova, target).stderr == ""
    lines = target.read_text().splitlines()
    assert "auth_section = account" in lines
    own = lines[lines.index("[account]") :]
    assert own[1:3] == ["auth_url = http://10.0.0.9:5000", "password = a\\$vip$$vip$1"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("$base/nova_api", ""),
        ("mysql+pymysql://nova:p@db:${port}/nova_api", ""),
        ("mysql+pymysql://nova:p@db", "names no database"),
        ("$base", "names no database"),
    ],
)
def test_an_address_made_of_other_options_is_written_out_before_its_database_is_named(
    nova: Path, tmp_path: Path, address: str, said: str
) -> None:
    nova.write_text(
        f"[DEFAULT]\nport = 3307\n[api_database]\nbase = mysql+pymysql://nova:p@db:3307\nconnection = {address}\n"
    )
    target = tmp_path / "placement.conf"
    told = derived(nova, target)
    assert said in told.stderr
    if not said:
        assert "connection = mysql+pymysql://nova:p@db:3307/placement" in target.read_text().splitlines()
    assert target.exists() is not bool(said)


@pytest.mark.parametrize("section", ["", "accounts"])
def test_an_account_is_never_written_to_a_section_that_is_none(nova: Path, tmp_path: Path, section: str) -> None:
    nova.write_text(NOVA_CONF.replace("[keystone_authtoken]", f"[keystone_authtoken]\nauth_section = {section}"))
    target = tmp_path / "placement.conf"
    told = derived(nova, target)
    assert (told.returncode == 0) is (section == "")
    assert target.exists() is (section == "")
    if section == "":
        assert "[]" not in target.read_text()


def test_a_name_that_only_nova_knows_is_refused_without_a_file(nova: Path, tmp_path: Path) -> None:
    nova.write_text(NOVA_CONF.replace("auth_url = http://10.0.0.5", "auth_url = http://$my_ip"))
    told = derived(nova, tmp_path / "placement.conf")
    assert told.returncode == 1
    assert "[keystone_authtoken] auth_url in" in told.stderr
    assert "my_ip" not in told.stderr
    assert list(tmp_path.iterdir()) == [nova]


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


CLIENT = r"""file=${1#--defaults-extra-file=}; shift; cp "$file" SEEN
case "$*" in
  *version_num*) cat SEEN/revision 2> /dev/null ;;
  *information_schema*)
    [ ! -e SEEN/away ] || exit 1
    printf 'traits\nusers\n'
    [ ! -e SEEN/revision ] || echo alembic_version ;;
  *"DROP TABLE"*) echo "$*" >> SEEN/dropped ;;
  *"UNION ALL"*) for table in allocations placement_aggregates consumers inventories projects resource_classes \
      resource_provider_aggregates resource_provider_traits resource_providers traits users; do
      printf '%s\t%s\n' "$table" "$(cat "SEEN/${*##* }.$table" 2> /dev/null || echo 0)"; done ;;
  *) echo "NAME $*" ;;
esac
cat > /dev/null"""
"""Stands for the clients of MariaDB: notes in SEEN what it was given, and tells a revision where one lies there, and
how many rows a table has where DATABASE.TABLE lies there."""


@dataclass(frozen=True)
class Host:
    """A host with stand-ins for all that is called, and what these have noted."""

    folder: Path
    nova: Path

    @property
    def seen(self) -> Path:
        return self.folder / "seen"

    @property
    def own(self) -> Path:
        return self.folder / "own"

    @property
    def dropped(self) -> list[str]:
        noted = self.seen / "dropped"
        return noted.read_text().splitlines() if noted.exists() else []

    def take_out(
        self,
        script: str = SCRIPT,
        revision: str | None = None,
        into: str = "placement",
        *,
        is_away: bool = False,
        counts: Mapping[str, int] = MappingProxyType({}),
    ) -> subprocess.CompletedProcess[str]:
        self.seen.mkdir()
        for table, number in counts.items():
            (self.seen / table).write_text(str(number))
        for name in ("mariadb", "mariadb-dump"):
            text = CLIENT.replace("SEEN", str(self.seen)).replace("NAME", name)
            program(self.folder / "clients", name, text)
        program(self.folder / "programs", "placement-manage", 'echo "placement-manage $*"')
        developers, placement = self.folder / "migrate.sh", self.folder / "placement.conf"
        developers.write_text(script)
        placement.write_text(f"[placement_database]\nconnection = mysql+pymysql://place:p@db/{into}\n")
        if is_away:
            (self.seen / "away").touch()
        if revision:
            (self.seen / "revision").write_text(revision)
        own = TAKE_OUT.replace('PATH = "', f'PATH = "{self.folder / "clients"}:', 1)
        own = own.replace("/var/lib/ostler/placement", str(self.own))
        words = (
            str(self.nova),
            str(placement),
            "placement",
            str(developers),
            str(self.folder / "programs"),
            "--migrate",
        )
        return run("take-placement-out", own, *words)


@pytest.fixture
def host(nova: Path, tmp_path: Path) -> Host:
    return Host(tmp_path, nova)


def test_the_developers_script_reads_its_passwords_from_files_and_its_end_is_ours(host: Host) -> None:
    told = host.take_out()
    assert told.returncode == 3, told.stderr
    lines = told.stdout.splitlines()
    assert lines[:3] == [
        "mariadb --skip-column-names nova_api",
        "mariadb-dump placement traits",
        "placement-manage db stamp b4ed",
    ]
    assert lines[3].startswith("with --migrate - in ")
    assert not Path(lines[3].rpartition(" ")[2]).exists()
    assert (host.seen / "NOVA_API.cnf").read_text().splitlines() == [
        "[client]",
        'host="10.0.0.5"',
        'user="nova"',
        'password="a$b\\"c\\\\d e"',
        'port="3307"',
        'ssl-ca="/etc/ca.pem"',
    ]
    assert 'user="place"' in (host.seen / "PLACEMENT.cnf").read_text()
    assert PASSWORD not in told.stdout + told.stderr


def test_names_of_options_and_signs_of_the_dollar_are_read_as_the_services_read_them(host: Host) -> None:
    host.nova.write_text(
        "[DEFAULT]\nvip = 10.0.0.9\n[api_database]\nconnection = mysql+pymysql://nova:a$$b\\$c@$vip/nova_api\n"
    )
    assert host.take_out().returncode == 3
    lines = (host.seen / "NOVA_API.cnf").read_text().splitlines()
    assert lines[1:] == ['host="10.0.0.9"', 'user="nova"', 'password="a$b$c"']


@pytest.mark.parametrize(("revision", "is_emptied"), [(None, True), ("b4ed", False)])
def test_what_an_ended_run_has_left_goes_first_and_what_has_a_revision_stays(
    host: Host, revision: str | None, is_emptied: bool
) -> None:
    host.take_out(revision=revision)
    drop = "--execute SET FOREIGN_KEY_CHECKS = 0; DROP TABLE `traits`, `users` placement"
    assert [line.endswith(drop) for line in host.dropped] == [True] * is_emptied


def test_what_could_not_be_loaded_whole_is_not_left_with_a_revision(host: Host) -> None:
    told = host.take_out("echo 'Failed to load destination database:'\n", revision="b4ed")
    assert (told.returncode, told.stdout) == (0, "Failed to load destination database:\n")
    assert len(host.dropped) == 1


def test_nothing_is_dropped_from_another_database_than_placements_own(host: Host) -> None:
    told = host.take_out(into="nova_api")
    assert told.returncode == 1
    assert "does not name the database placement" in told.stderr
    assert host.dropped == []


def test_a_database_that_could_not_be_asked_is_not_taken_for_an_empty_one(host: Host) -> None:
    told = host.take_out(is_away=True)
    assert (told.returncode, told.stdout) == (1, "")
    assert "the database placement could not be asked" in told.stderr
    assert host.dropped == []


@pytest.mark.parametrize(
    ("code", "counts", "said"),
    [
        (0, {"nova_api.inventories": 6, "placement.inventories": 6}, ""),
        (0, {"nova_api.inventories": 6, "placement.inventories": 5}, "not every row came over: inventories: 5 of 6"),
        (3, {"nova_api.allocations": 2}, "not every row came over: allocations: 0 of 2"),
        (4, {"nova_api.traits": 9}, ""),
        (4, {"nova_api.resource_providers": 2}, ""),
        (4, {"nova_api.inventories": 2}, "it takes nothing, but nova's database holds 2 of inventories"),
    ],
)
def test_every_row_is_counted_whatever_the_developers_script_says(
    host: Host, code: int, counts: Mapping[str, int], said: str
) -> None:
    told = host.take_out(f"exit {code}\n", revision="b4ed", counts=counts)
    assert (told.returncode, told.stderr.strip()) == ((1, said) if said else (code, ""))
    assert len(host.dropped) == (1 if said and code == 0 else 0)  # else it would be content with them the next time


def test_what_holds_passwords_goes_with_the_command_and_what_a_killed_one_left_goes_first(host: Host) -> None:
    host.own.mkdir()
    (host.own / "NOVA_API.cnf").write_text("left")
    told = host.take_out("ls; kill -TERM $PPID; sleep 0.2\n", revision="b4ed")
    assert told.returncode == 1
    assert "ended by SIGTERM" in told.stderr
    assert not host.own.exists()
