"""Files are judged for one release; what nobody can know is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.options import ProjectOptions, load_options
from ostler.configuration.file import parse_config
from ostler.configuration.lint import lint
from ostler.errors import InputError, Severity
from ostler.practice.layout import Layout
from ostler.practice.openstack.configs import config_files

Told = list[tuple[str, str, str]]


@pytest.fixture
def told(toy: ProjectOptions, known: ConfigKnown) -> Callable[..., Told]:
    def judge(text: str, release: str = "r3") -> Told:
        found = lint("my.conf", parse_config(text), toy, release, known)
        return [(each.code, each.subject, each.do_next) for each in found]

    return judge


@pytest.mark.parametrize(
    ("text", "code", "do_next"),
    [
        ("[DEFAULT]\nworkerz = 1\n", "config.unknown-option", "did you mean [DEFAULT] workers?"),
        ("[DEFAULT]\nrabbit_hosts = a,b\n", "config.removed", "ostler config migrate carries it over"),
        ("[DATABASE]\nsql_connection = a\n", "config.removed", "ostler config migrate carries it over"),
        ("[DEFAULT]\nentirely_else = 1\n", "config.unknown-option", "take it out"),
        ("[wsgi]\nworkers = 1\n", "config.wrong-group", "move it to [DEFAULT]"),
        ("[datebase]\nfoo = 1\n", "config.unknown-group", "did you mean [database]?"),
        ("[DEFAULT]\ndebug = maybe\n", "config.wrong-type", "correct the value"),
        ("[DEFAULT]\ndropped = 1\n", "config.removed", "take it out"),
        ("[keystone_authtoken]\nauth_plugin = none\n", "config.old-name", "write [keystone_authtoken] auth_type"),
        ("[DEFAULT]\ndebug = 1\ndebug = 0\n", "config.set-twice", "leave the one"),
        ("[DEFAULT]\nworkers = 3\n", "config.deprecated", "Threads."),
        ("[DEFAULT]\ndebug\n", "config.unreadable-line", "correct the line"),
    ],
)
def test_each_sort_of_fault_is_told_once_with_what_to_do(
    told: Callable[..., Told], text: str, code: str, do_next: str
) -> None:
    [found] = told(text)
    assert found[0] == code
    assert found[1].startswith("my.conf:")
    assert found[2].startswith(do_next)


@pytest.mark.parametrize(
    "text",
    [
        "[DEFAULT]\ndebug = yes\nplugin-dirs = /a\nplugin_dirs = /b\n",
        "[DEFAULT]\ndebug = $other\n",
        "[Database]\nconnection = a://b\n",
        "[keystone_authtoken]\nauth_type = x\nusername = u\npassword = p\n",
        "[elsewhere]\nusername = u\n[keystone_authtoken]\nauth_section = elsewhere\n",
        "[mine]\nauth_type = v3password\nusername = u\n",
        "[oslo_messaging_other]\nanything = 1\n",
    ],
)
def test_what_is_right_or_cannot_be_known_is_not_told(told: Callable[..., Told], text: str) -> None:
    assert told(text) == []


def test_an_option_is_judged_for_the_release_that_is_asked_about(told: Callable[..., Told]) -> None:
    assert told("[DEFAULT]\nold_name = 1\n", "r1") == []
    assert [code for code, *_ in told("[DEFAULT]\nold_name = 1\n", "r2")] == ["config.old-name"]
    assert [code for code, *_ in told("[DEFAULT]\nold_name = 1\n", "r3")] == ["config.removed"]


def test_a_wrong_value_of_a_secret_is_not_shown(known: ConfigKnown) -> None:
    text = "[DEFAULT]\nssl_only = hunter2\n[vault]\nroot_token_id = hunter2\n[database]\nmax_retries = hunter2\n"
    found = lint("nova.conf", parse_config(text), load_options("nova"), "2025.1", known)
    assert [each.code for each in found] == ["config.wrong-type", "config.wrong-type"]
    secret = "[keystone_authtoken]\nmemcache_secret_key = a\nmemcache_sasl_enabled = hunter2\n"
    assert "memcache_sasl_enabled" in lint("n", parse_config(secret), load_options("nova"), "2025.1", known)[0].found


@pytest.mark.parametrize(
    ("project", "text"),
    [
        ("cinder", "[DEFAULT]\nenabled_backends = fast\n[fast]\nvolume_group = v\nvolume_backend_name = f\n"),
        ("cinder", "[spare]\nvolume_driver = x\nnfs_mount_options = soft\n"),
        ("cinder", "[fc-zone-manager]\nfc_fabric_names = fab1\n[fab1]\nfc_fabric_address = 10.0.0.1\n"),
        ("glance", "[DEFAULT]\nenabled_backends = fast:rbd, cheap:file\n[fast]\nrbd_store_pool = p\n"),
        ("glance", "[os_glance_tasks_store]\nfilesystem_store_datadir = /t\n"),
        ("nova", "[devices]\nenabled_mdev_types = nvidia-35\n[mdev_nvidia-35]\ndevice_addresses = 0000:84:00.0\n"),
        ("nova", "[neutron]\nauth_type = v3applicationcredential\napplication_credential_id = i\n"),
        ("nova", "[oslo_messaging_rabbit]\nrabbit_quorum_queue = true\n[oslo_messaging_zmq]\nx = 1\n"),
        ("neutron", "[ml2_type_vlan]\nnetwork_vlan_ranges = p:1:2\n[ml2_arista]\neapi_host = a\n"),
        ("neutron", "[quotas]\nquota_firewall_group = 5\nquota_network = 1\n"),
        ("neutron", "[nova]\nauth_type = password\nusername = nova\n[AGENT]\nextensions = qos\n"),
        ("keystone", "[auth]\nmethods = password,openid\n[openid]\nremote_id_attribute = HTTP_OIDC_ISS\n"),
    ],
)
def test_groups_that_operators_name_raise_no_false_alarm(project: str, text: str, known: ConfigKnown) -> None:
    assert lint(f"{project}.conf", parse_config(text), load_options(project), "2025.1", known) == ()


def test_a_backend_is_judged_by_what_drivers_read(known: ConfigKnown) -> None:
    text = "[DEFAULT]\nenabled_backends = fast\n[fast]\nvolume_grup = v\nnfs_mount_attempts = many\n"
    found = lint("cinder.conf", parse_config(text), load_options("cinder"), "2025.1", known)
    assert [each.code for each in found] == ["config.unknown-option", "config.wrong-type"]
    assert found[0].do_next == "did you mean [fast] volume_group?"


def test_groups_named_in_another_file_of_the_service_are_known(known: ConfigKnown) -> None:
    main = parse_config("[DEFAULT]\nenabled_backends = fast\n")
    part = parse_config("[fast]\nvolume_group = v\n")
    options = load_options("cinder")
    assert lint("part.conf", part, options, "2025.1", known)
    assert lint("part.conf", part, options, "2025.1", known, [main]) == ()


def test_old_credentials_are_told_until_a_plugin_is_chosen(known: ConfigKnown) -> None:
    text = "[keystone_authtoken]\nadmin_user = n\nidentity_uri = http://ks\n"
    [found] = lint("nova.conf", parse_config(text), load_options("nova"), "2025.1", known)
    assert found.code == "config.old-credentials"
    assert lint("n", parse_config(text + "auth_type = password\n"), load_options("nova"), "2025.1", known) == ()


@pytest.mark.parametrize("release", ["rocky", "2025.1"])
@pytest.mark.parametrize("plugin", ["", "auth_type = password\n"])
def test_old_credentials_belong_to_no_other_group_that_has_the_words(
    release: str, plugin: str, known: ConfigKnown
) -> None:
    text = f"[ironic]\n{plugin}admin_username = i\nadmin_password = p\nadmin_tenant_name = s\n"
    [found] = lint("nova.conf", parse_config(text), load_options("nova"), release, known)
    assert found.code == "config.old-credentials"
    assert found.summary.endswith(": admin_username, admin_password, admin_tenant_name")
    assert "keystone_authtoken" not in found.do_next


@pytest.mark.parametrize(("release", "code"), [("stein", "config.deprecated"), ("2025.1", "config.old-credentials")])
def test_an_old_word_is_not_taken_for_that_of_another_plugin(release: str, code: str, known: ConfigKnown) -> None:
    text = "[neutron]\nauth_type = password\nurl = http://n\n"
    [found] = lint("nova.conf", parse_config(text), load_options("nova"), release, known)
    assert found.code == code


@pytest.mark.parametrize(
    ("project", "text", "release", "gone"),
    [
        ("neutron", "[DEFAULT]\nservice_plugins = router, lbaasv2,firewall\n", "2025.1", ["lbaasv2", "firewall"]),
        ("neutron", "[DEFAULT]\nservice_plugins = router,lbaasv2,firewall\n", "stein", ["firewall"]),
        ("neutron", "[DEFAULT]\nservice_plugins = router,lbaasv2,firewall\n", "rocky", []),
        ("neutron", "[ml2]\nmechanism_drivers = openvswitch,linuxbridge\n", "2025.1", ["linuxbridge"]),
        ("neutron", "[ml2]\nmechanism_drivers = openvswitch,linuxbridge\n", "2024.2", []),
        ("nova", "[DEFAULT]\nscheduler_default_filters = RamFilter,ComputeFilter\n", "train", ["RamFilter"]),
        ("keystone", "[token]\nprovider = uuid\n", "2025.1", ["uuid"]),
        ("keystone", "[token]\nprovider = fernet\n", "2025.1", []),
    ],
)
def test_values_that_the_release_does_not_have_are_told(
    project: str, text: str, release: str, gone: list[str], known: ConfigKnown
) -> None:
    found = lint(f"{project}.conf", parse_config(text), load_options(project), release, known)
    told = [each for each in found if each.code == "config.value-gone"]
    assert [each.do_next.partition(":")[0].rpartition(" ")[2] for each in told] == gone
    assert all((each.severity, each.subject) == (Severity.FAILURE, f"{project}.conf:2") for each in told)


@pytest.mark.parametrize("text", ["[filter:authtoken]\nx = 1\n", "[DEFAULT]\nfilters_path = /x\n"])
def test_files_that_oslo_config_does_not_read_are_refused(text: str, known: ConfigKnown) -> None:
    with pytest.raises(InputError) as caught:
        lint("x.ini", parse_config(text), load_options("nova"), "2025.1", known)
    assert caught.value.code == "config.not-of-oslo"


ALL = load_catalog().releases.order
FAULTS = {
    ("cinder", "[service_user] region_name"): ALL,
    ("nova", "[service_user] region_name"): ALL,
    ("nova", "[cinder] region_name"): ALL,
    ("nova", "[DEFAULT] manager_shutdown_timeout"): ALL[: ALL.index("2026.1")],
    ("nova", "[api] auth_strategy"): ("2025.2", "2026.1", "2026.2"),
    ("keystone", "[cache] memcache_socket_timeout"): ("2026.1", "2026.2"),
    ("neutron", "[ml2] tenant_network_types"): ("2026.1", "2026.2"),
    ("neutron", "[DEFAULT] api_workers"): ("2026.2",),
    ("neutron", "[DEFAULT] bind_host"): ("2026.2",),
    ("neutron", "[DEFAULT] bind_port"): ("2026.2",),
    ("cinder", "[oslo_messaging_rabbit] heartbeat_in_pthread"): ("2026.2",),
    ("neutron", "[oslo_messaging_rabbit] heartbeat_in_pthread"): ("2026.2",),
    ("nova", "[oslo_messaging_rabbit] heartbeat_in_pthread"): ("2026.2",),
}
"""What a practice cloud's files, one set for all releases, really have wrong.

Each was looked up in the wheels that clouds of the eight releases run (2026-11-25): nova/conf/api.py, base.py,
cinder.py and service_token.py of 27.5.1 to 34.0.0, cinder/service_auth.py of 22.3.0 to 29.0.0,
neutron/conf/common.py, service.py and plugins/ml2/config.py of 22.2.1 to 29.0.0, oslo_cache/_opts.py of 3.3.1 to
4.3.0, oslo_messaging/_drivers/impl_rabbit.py of 14.2.5 to 18.3.1, and keystoneauth1/loading of 5.1.3 to 5.18.1:
region_name is an adapter's there, and neither [service_user] nor nova's [cinder] registers an adapter's options.
"""


@pytest.mark.parametrize("release", ALL)
def test_files_of_clouds_that_serve_raise_no_false_alarm(release: str, tmp_path: Path, known: ConfigKnown) -> None:
    layout = Layout(release=release, state_root=tmp_path, cache_dir=tmp_path / "cache")
    told = set()
    for host in layout.hosts:
        for file in config_files(layout, host):
            if file.path.endswith((".conf", ".ini")):
                project = file.path.split("/")[2]
                found = lint(file.path, parse_config(file.content.reveal()), load_options(project), release, known)
                assert [each for each in found if each.severity is Severity.FAILURE] == []
                told |= {(project, each.found) for each in found if each.severity is Severity.WARNING}
    assert told == {fault for fault, releases in FAULTS.items() if release in releases}
