"""Units, uwsgi files and links of the venv deployment kind, by release."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.catalog import Catalog
from ostler.catalog.service import Role
from ostler.deployment.paths import current_link
from ostler.deployment.units import command_line, quoted
from ostler.deployment.venv import (
    HostFacts,
    program,
    service_files,
    services_on,
    unit_names,
    unpack_command,
)
from ostler.errors import InputError

FACTS = HostFacts("10.1.2.3")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


def unit_files(catalog: Catalog, release: str, role: Role) -> dict[str, str]:
    """Every unit and uwsgi file of a host, by path."""
    texts: dict[str, str] = {}
    for project, service in services_on(catalog, release, role):
        texts.update(service_files(project, service.name, release, FACTS).texts)
    return texts


def ini(text: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return dict(parser["uwsgi"])


def test_every_service_of_every_release_can_be_written(catalog: Catalog) -> None:
    for release in ("2023.1", "2023.2", "2024.1", "2024.2", "2025.1", "2025.2", "2026.1", "2026.2"):
        for role in ("controller", "compute"):
            texts = unit_files(catalog, release, role)
            assert {f"/etc/systemd/system/{unit}" for unit in unit_names(catalog, release, role)} <= set(texts)


def test_units_move_between_releases(catalog: Catalog) -> None:
    before, after = (set(unit_names(catalog, release, "controller")) for release in ("2024.1", "2025.1"))
    assert before - after == {"neutron-server.service"}
    assert after - before == {
        "neutron-api.service",
        "neutron-rpc-server.service",
        "neutron-periodic-workers.service",
    }


def test_an_api_is_a_script_first_and_a_module_later(catalog: Catalog) -> None:
    nova = catalog.project("nova")
    before = ini(service_files(nova, "nova-api", "2024.1", FACTS).texts["/etc/uwsgi/nova-api.ini"])
    after = ini(service_files(nova, "nova-api", "2025.1", FACTS).texts["/etc/uwsgi/nova-api.ini"])
    assert before["wsgi-file"] == "/opt/openstack/current/nova-api/bin/nova-api-wsgi"
    assert after["module"] == "nova.wsgi.osapi_compute:application"
    assert before["http-socket"] == after["http-socket"] == "10.1.2.3:8774"


def test_stopping_an_api_lets_requests_finish(catalog: Catalog) -> None:
    files = service_files(catalog.project("glance"), "glance-api", "2024.1", FACTS)
    settings = ini(files.texts["/etc/uwsgi/glance-api.ini"])
    assert settings["hook-master-start"] == "unix_signal:15 gracefully_kill_them_all"
    assert "die-on-term" not in settings
    assert "KillMode=mixed\n" in files.texts["/etc/systemd/system/glance-api.service"]


def test_glance_serves_uploads_and_health_checks_side_by_side(catalog: Catalog) -> None:
    files = service_files(catalog.project("glance"), "glance-api", "2024.1", FACTS)
    assert int(ini(files.texts["/etc/uwsgi/glance-api.ini"])["threads"]) >= 8


def test_what_comes_with_the_code_is_linked_through_the_service(catalog: Catalog) -> None:
    links = service_files(catalog.project("cinder"), "cinder-api", "2024.1", FACTS).links
    assert links["/etc/cinder/api-paste.ini"] == "/opt/openstack/current/cinder-api/etc/cinder/api-paste.ini"


def test_the_paste_link_follows_neutron_to_its_new_api(catalog: Catalog) -> None:
    neutron = catalog.project("neutron")
    old = service_files(neutron, "neutron-server", "2024.1", FACTS).links["/etc/neutron/api-paste.ini"]
    new = service_files(neutron, "neutron-api", "2025.1", FACTS).links["/etc/neutron/api-paste.ini"]
    assert (old, new) == (
        "/opt/openstack/current/neutron-server/etc/neutron/api-paste.ini",
        "/opt/openstack/current/neutron-api/etc/neutron/api-paste.ini",
    )


def test_each_service_has_a_log_of_its_own(catalog: Catalog) -> None:
    texts = unit_files(catalog, "2024.1", "controller")
    assert "--log-file=/var/log/nova/nova-conductor.log" in texts["/etc/systemd/system/nova-conductor.service"]
    assert (
        "Environment=OS_DEFAULT__LOG_FILE=/var/log/nova/nova-api.log\n" in texts["/etc/systemd/system/nova-api.service"]
    )


def test_a_unit_runs_as_its_projects_user_through_its_own_link(catalog: Catalog) -> None:
    unit = unit_files(catalog, "2024.1", "compute")["/etc/systemd/system/nova-compute.service"]
    assert f"ExecStart={current_link('nova-compute')}/bin/nova-compute --config-file /etc/nova/nova.conf" in unit
    assert "User=nova\n" in unit


def test_a_service_the_release_does_not_have_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError):
        service_files(catalog.project("neutron"), "neutron-server", "2025.1", FACTS)


def test_management_programs_have_their_full_path(catalog: Catalog) -> None:
    assert (
        program(catalog.project("nova"), "29.4.0", "nova-manage") == "/opt/openstack/venvs/nova-29.4.0/bin/nova-manage"
    )


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("100%", "100%%"),
        ("$HOME", "$$HOME"),
        ('a"b', '"a\\"b"'),
        ("", '""'),
    ],
)
def test_hostile_words_stay_words(word: str, written: str) -> None:
    assert quoted(word) == written


def test_a_command_line_is_its_quoted_words() -> None:
    assert command_line(["/bin/a", "b c"]) == '/bin/a "b c"'


@pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd: apt-get install zstd")
def test_an_archive_is_unpacked_whole_in_place_of_what_was_there(tmp_path: Path) -> None:
    packed = tmp_path / "opt/openstack/venvs/nova-1"
    packed.mkdir(parents=True)
    (packed / "new").touch()
    subprocess.run(
        [
            "tar",
            "--create",
            "--zstd",
            f"--file={tmp_path}/a.tar.zst",
            f"--directory={tmp_path}",
            "opt/openstack/venvs/nova-1",
        ],
        check=True,
    )
    target = tmp_path / "it's here" / "nova-1"
    target.mkdir(parents=True)
    (target / "old").touch()
    subprocess.run(unpack_command(str(target), f"{tmp_path}/a.tar.zst").argv, check=True)
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in target.parent.iterdir()] == ["nova-1"]
