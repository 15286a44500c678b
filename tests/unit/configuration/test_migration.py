"""Files carried over: what must change changes, what must be decided is asked, and nothing else moves."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_project import Carry

from ostler.catalog.config_known import ConfigKnown, load_config_known
from ostler.catalog.option import Kind, Option
from ostler.catalog.options import load_options
from ostler.configuration.draft import Told
from ostler.configuration.edits import masked_difference
from ostler.configuration.file import parse_config
from ostler.configuration.lint import lint
from ostler.configuration.migration import migrate_text
from ostler.errors import InputError

KEPT = """# written by hand
[DEFAULT]
debug = True   
plugin_dirs = /a
plugin_dirs = /b

;workers = 3
[keystone_authtoken]
auth_type: none
"""  # noqa: W291


def test_a_file_without_anything_old_stays_as_it_is_and_nothing_is_said(carry: Carry) -> None:
    carried = carry(KEPT)
    assert (carried.text, carried.said) == (KEPT, ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[DEFAULT]\nold_name: 'x'\n", "[DEFAULT]\nnew_name: 'x'\n"),
        ("[DEFAULT]\nold-name=x\n", "[DEFAULT]\nnew_name=x\n"),
        ("[DEFAULT]\nwanderer = x\n  y\ndebug = 1\n", "[DEFAULT]\ndebug = 1\n[home]\nwanderer = x\n  y\n"),
        ("[DEFAULT]\ndropped = x\n# why\n", "[DEFAULT]\n# why\n"),
        ("[DEFAULT]\nold_name = x\nnew_name = y\n", "[DEFAULT]\nnew_name = y\n"),
        ("[DEFAULT]\nold_name = x\nold_name = y\n", "[DEFAULT]\nnew_name = x\nnew_name = y\n"),
        ("[DEFAULT]\nmany = x\nplenty = y\nmany = z\n", "[DEFAULT]\nplenty = x\nplenty = y\nplenty = z\n"),
        (
            "[keystone_authtoken]\nauth_plugin = none\nuser_name = u\n",
            "[keystone_authtoken]\nauth_type = none\nusername = u\n",
        ),
    ],
)
def test_what_was_renamed_moved_or_removed_is_carried_over(carry: Carry, before: str, after: str) -> None:
    carried = carry(before)
    assert carried.text == after
    assert carried.of(Told.CHANGED)
    assert not carried.of(Told.DECIDE)


def test_every_line_that_changed_is_explained_with_its_release_and_reason(carry: Carry) -> None:
    said = {each.option: each for each in carry("[DEFAULT]\nold_name = x\ndropped = y\n").said}
    assert said["[DEFAULT] old_name"].what == "is called new_name now"
    assert "r2" in said["[DEFAULT] old_name"].why
    assert said["[DEFAULT] dropped"].what == "taken out: toy reads it no more since r2; its value was 'y'"
    assert said["[DEFAULT] dropped"].why == "Nobody used it."
    assert [said[name].line for name in said] == [2, 3]


def test_what_is_to_go_stays_and_is_asked_about(carry: Carry) -> None:
    carried = carry("[DEFAULT]\nworkers = 2\n")
    assert carried.text == "[DEFAULT]\nworkers = 2\n"
    assert [(each.told, each.why) for each in carried.said] == [(Told.DECIDE, "Threads.")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[DEFAULT]\nmode = b\n", "choose another"),
        ("[api]\nmoved_silently = 9\n", "[wsgi] moved_silently"),
    ],
)
def test_what_needs_a_decision_is_asked_and_left(carry: Carry, text: str, word: str) -> None:
    carried = carry(text)
    assert carried.text == text
    [asked] = carried.of(Told.DECIDE)
    assert word in asked.what


def test_a_value_that_was_wrong_before_is_not_asked_about(carry: Carry) -> None:
    assert not carry("[DEFAULT]\nmode = c\n").of(Told.DECIDE)


def test_what_no_release_knows_is_left_and_asked_about(carry: Carry) -> None:
    carried = carry("[DEFAULT]\nours = 1\n")
    assert carried.text == "[DEFAULT]\nours = 1\n"
    assert [each.told for each in carried.said] == [Told.DECIDE]


def test_an_old_name_of_two_options_sets_both_as_it_is_written(carry_nova: Carry) -> None:
    carried = carry_nova("[DEFAULT]\ndb-backend: 'sql'\n  alchemy\n")
    assert carried.text == (
        "[DEFAULT]\n[database]\nbackend: 'sql'\n  alchemy\n[api_database]\nbackend: 'sql'\n  alchemy\n"
    )
    assert [(each.option, each.what) for each in carried.of(Told.CHANGED)] == [
        ("[DEFAULT] db-backend", "is read as [database] backend too, which was put in with the same value"),
        ("[DEFAULT] db-backend", "is [api_database] backend now"),
    ]


def test_a_name_that_two_options_share_is_written_for_both() -> None:
    """In [DEFAULT] it is oslo.service's own, and an old name of nova's in [wsgi]."""
    carried = Carry(load_options("nova"), "ocata", "pike", load_config_known())("[DEFAULT]\ntcp_keepidle = 300\n")
    assert carried.text == "[DEFAULT]\ntcp_keepidle = 300\n[wsgi]\ntcp_keepidle = 300\n"
    assert not carried.of(Told.DECIDE)


def test_a_list_of_filters_is_not_taken_for_the_name_of_the_file_that_has_taken_its_place() -> None:
    carried = Carry(load_options("cinder"), "ocata", "stein", load_config_known())(
        "[DEFAULT]\nquery_volume_filters = name,status\n"
    )
    assert carried.text == "[DEFAULT]\n"
    [told] = carried.said
    assert "resource_query_filters_file" in told.why


def test_a_shared_name_of_an_option_that_is_to_go_is_asked_about() -> None:
    carried = Carry(load_options("nova"), "ocata", "pike", load_config_known())("[DEFAULT]\nwsgi_log_format = x\n")
    assert carried.text == "[DEFAULT]\nwsgi_log_format = x\n"
    [asked] = carried.of(Told.DECIDE)
    assert "is read as [wsgi] wsgi_log_format too, which is to go" in asked.what


def test_an_old_name_sets_no_option_that_the_target_release_does_not_have(carry_nova: Carry) -> None:
    assert carry_nova("[DEFAULT]\nssl_ca_file = /ca\n").text == "[DEFAULT]\n[ssl]\nca_file = /ca\n"


RABBIT = """[DEFAULT]
# the queue
rabbit_hosts = mq1:5672, mq2, [fd00::1]:5673
rabbit_userid = n/ova
rabbit_password = p@ss:w/o%rd$$
rabbit_virtual_host = cloud one
debug = false
"""


def test_rabbits_options_become_one_address_with_every_server_and_everything_quoted(carry: Carry) -> None:
    user = "n%2Fova:p%40ss%3Aw%2Fo%25rd%24"
    assert carry(RABBIT).text == (
        "[DEFAULT]\n# the queue\n"
        f"transport_url = rabbit://{user}@mq1:5672,{user}@mq2:5672,{user}@[fd00::1]:5673/cloud%20one\n"
        "debug = false\n"
    )


def test_rabbits_options_are_carried_over_as_well_when_they_are_spelled_with_dashes(carry: Carry) -> None:
    dashed = "".join(
        line.replace("_", "-") if line.startswith("rabbit_") else line for line in RABBIT.splitlines(keepends=True)
    )
    assert "rabbit-virtual-host = cloud one" in dashed
    assert carry(dashed).text == carry(RABBIT).text


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[DEFAULT]\nrabbit_host = mq\n", "rabbit://guest:guest@mq:5672/"),
        ("[DEFAULT]\nrabbit_host = fd00::1\nrabbit_port = 1\n", "rabbit://guest:guest@[fd00::1]:1/"),
        ("[DEFAULT]\nrabbit_host = mq\nrabbit_virtual_host = /\n", "rabbit://guest:guest@mq:5672/"),
        ("[DEFAULT]\nrabbit_host = mq\nrabbit_virtual_host = /a\n", "rabbit://guest:guest@mq:5672/%2Fa"),
        ("[DEFAULT]\nrabbit_host = mq\nrabbit_hosts = $rabbit_host:$rabbit_port\n", "rabbit://guest:guest@mq:5672/"),
        ("[oslo_messaging_rabbit]\nrabbit_host = mq\n[DEFAULT]\nrabbit_host = no\n", "rabbit://guest:guest@mq:5672/"),
        ("[oslo_messaging_rabbit]\nrabbit_userid = u\n", "rabbit://u:guest@localhost:5672/"),
        ("[oslo_messaging_rabbit]\nrabbit_password = a\udcabb\n", "rabbit://guest:a%ABb@localhost:5672/"),
    ],
)
def test_what_is_not_said_of_rabbit_has_its_old_default(carry: Carry, text: str, url: str) -> None:
    file = parse_config(carry(text).text)
    assert file.value("DEFAULT", "transport_url") == url
    assert [block.name for block in file.options()] == ["transport_url"]


def test_an_address_that_is_set_counts_and_the_old_options_go(carry: Carry) -> None:
    text = "[DEFAULT]\ntransport_url = rabbit://a:b@c/\nrabbit_host = mq\n"
    assert carry(text).text == "[DEFAULT]\ntransport_url = rabbit://a:b@c/\n"


@pytest.mark.parametrize("line", ["rabbit_password = $my_word", "rpc_backend = qpid"])
def test_an_address_that_cannot_be_known_is_asked_for(carry: Carry, line: str) -> None:
    text = f"[DEFAULT]\nrabbit_host = mq\n{line}\n"
    carried = carry(text)
    assert "rabbit_host = mq\n" in carried.text
    assert any("by hand" in each.what for each in carried.of(Told.DECIDE))


OLD_TOKEN = """[keystone_authtoken]
auth_host = ks
auth_port = 35357
auth_protocol = http
auth_uri = http://ks:5000
admin_user = nova
admin_password = hunter2
admin_tenant_name = service
"""


def test_old_credentials_get_the_words_of_the_plugin_and_their_domains(carry_nova: Carry) -> None:
    assert (
        carry_nova(OLD_TOKEN).text
        == """[keystone_authtoken]
auth_url = http://ks:35357
www_authenticate_uri = http://ks:5000
username = nova
password = hunter2
project_name = service
auth_type = password
user_domain_name = Default
project_domain_name = Default
"""
    )


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "[keystone_authtoken]\nidentity_uri = http://ks:5000/v2.0/\nadmin_user = n\nadmin_password = p\n",
            "[keystone_authtoken]\nauth_url = http://ks:5000\nusername = n\npassword = p\nauth_type = password\n"
            "user_domain_name = Default\n",
        ),
        (
            "[keystone_authtoken]\nauth_type = password\nusername = n\nuser_domain_id = default\nadmin_user = old\n",
            "[keystone_authtoken]\nauth_type = password\nusername = n\nuser_domain_id = default\n",
        ),
        (
            "[placement]\nauth_type = password\nos_region_name = one\nos_interface = internal\nusername = p\n",
            "[placement]\nauth_type = password\nregion_name = one\nvalid_interfaces = internal\nusername = p\n"
            "user_domain_name = Default\n",
        ),
        (
            "[placement]\nauth_type = password\nusername = p\nuser_domain_id = default\ntenant_name = s\n",
            "[placement]\nauth_type = password\nusername = p\nuser_domain_id = default\nproject_name = s\n"
            "project_domain_name = Default\n",
        ),
        (
            "[ironic]\nadmin_username = i\nadmin_password = p\nadmin_url = http://ks\nadmin_tenant_name = s\n"
            "api_endpoint = http://ironic\n",
            "[ironic]\nusername = i\npassword = p\nauth_url = http://ks\nproject_name = s\n"
            "endpoint_override = http://ironic\nauth_type = password\nuser_domain_name = Default\n"
            "project_domain_name = Default\n",
        ),
        ("[DEFAULT]\nquantum_url = http://q\n", "[DEFAULT]\n[neutron]\nendpoint_override = http://q\n"),
        (
            "[DATABASE]\nsql_connection = mysql+pymysql://a:b@c/d\n",
            "[database]\nconnection = mysql+pymysql://a:b@c/d\n",
        ),
        (
            "[DEFAULT]\nsql_connection = mysql+pymysql://a:b@c/d\n",
            "[DEFAULT]\n[database]\nconnection = mysql+pymysql://a:b@c/d\n",
        ),
        ("[sql]\nconnection = mysql+pymysql://a:b@c/d\n", "[sql]\n[database]\nconnection = mysql+pymysql://a:b@c/d\n"),
        ("[DEFAULT]\nverbose = true\nrpc_backend = rabbit\n", "[DEFAULT]\n"),
    ],
)
def test_known_cases_of_nova_are_carried_over(carry_nova: Carry, text: str, after: str) -> None:
    carried = carry_nova(text)
    assert carried.text == after
    assert not carried.of(Told.DECIDE)


def test_a_token_group_with_an_address_in_pieces_that_refer_to_others_is_asked_about(carry_nova: Carry) -> None:
    text = "[keystone_authtoken]\nauth_host = $my_ip\n"
    assert [each.what for each in carry_nova(text).of(Told.DECIDE)] == [
        "write auth_url by hand: a value refers to another option with $"
    ]


def test_names_of_quantum_are_carried_over_or_asked_about(carry_neutron: Carry) -> None:
    text = (
        "[DEFAULT]\n"
        "core_plugin = quantum.plugins.ml2.plugin.Ml2Plugin\n"
        "service_plugins = quantum.services.l3_router.l3_router_plugin.L3RouterPlugin, lbaasv2\n"
        "state_path = /var/lib/quantum\n"
    )
    carried = carry_neutron(text)
    assert carried.text == (
        "[DEFAULT]\ncore_plugin = ml2\nservice_plugins = router,lbaasv2\nstate_path = /var/lib/quantum\n"
    )
    assert {each.option: each.what for each in carried.of(Told.DECIDE)} == {
        "[DEFAULT] service_plugins": "decide what takes the place of lbaasv2",
        "[DEFAULT] state_path": "names quantum: write what is meant",
    }


def test_a_value_that_names_quantum_is_asked_about_also_when_its_option_was_renamed(carry_neutron: Carry) -> None:
    carried = carry_neutron("[keystone_authtoken]\nadmin_user = quantum\n")
    assert {each.option: each.what for each in carried.of(Told.DECIDE)} == {
        "[keystone_authtoken] username": "names quantum: write what is meant"
    }


def test_a_plugin_that_was_removed_is_asked_about(carry_neutron: Carry) -> None:
    text = "[DEFAULT]\ncore_plugin = neutron.plugins.openvswitch.ovs_neutron_plugin.OVSNeutronPluginV2\n"
    carried = carry_neutron(text)
    assert carried.text == text
    assert "ml2" in carried.of(Told.DECIDE)[0].why


@pytest.mark.parametrize(
    ("filters", "source", "target", "asked"),
    [
        ("AvailabilityZoneFilter,ComputeFilter", "2023.1", "2024.1", ["AvailabilityZoneFilter"]),
        ("AvailabilityZoneFilter,ComputeFilter", "2023.1", "2023.1", []),
        ("RetryFilter,RamFilter,ComputeFilter", "ocata", "train", ["RamFilter"]),
        ("RetryFilter, RamFilter, ComputeFilter", "ocata", "victoria", ["RetryFilter", "RamFilter"]),
        ("ComputeFilter,ImagePropertiesFilter,JsonFilter", "ocata", "2026.1", []),
    ],
)
def test_filters_that_the_target_does_not_have_are_asked_about(
    known: ConfigKnown, filters: str, source: str, target: str, asked: list[str]
) -> None:
    text = f"[filter_scheduler]\nenabled_filters = {filters}\n"
    carried = Carry(load_options("nova"), source, target, known)(text)
    assert carried.text == text
    assert [each.what for each in carried.of(Told.DECIDE)] == [f"decide what takes the place of {f}" for f in asked]
    assert all("take it out" in each.why for each in carried.of(Told.DECIDE))


def test_filters_under_their_old_name_are_asked_about_under_the_new_one(known: ConfigKnown) -> None:
    text = "[DEFAULT]\nscheduler_default_filters = RamFilter,ComputeFilter\n"
    asked = Carry(load_options("nova"), "rocky", "2024.1", known)(text).of(Told.DECIDE)
    assert [each.option for each in asked] == ["[filter_scheduler] enabled_filters"]


@pytest.mark.parametrize(
    ("project", "source", "text"),
    [
        ("neutron", "2024.1", "[ml2]\nmechanism_drivers = openvswitch,linuxbridge\n"),
        ("keystone", "queens", "[token]\nprovider = uuid\n"),
    ],
)
def test_what_a_plan_refuses_is_asked_about(known: ConfigKnown, project: str, source: str, text: str) -> None:
    carried = Carry(load_options(project), source, "2025.1", known)(text)
    assert carried.text == text
    assert [each.option for each in carried.of(Told.DECIDE)] == [text.partition(" =")[0].replace("\n", " ")]


@pytest.mark.parametrize(
    ("address", "is_asked"),
    [("mysql", True), ("mysql+mysqldb", True), ("mysql+pymysql", False), ("sqlite", False), ("$other", False)],
)
@pytest.mark.parametrize("group", ["database", "api_database"])
def test_a_driver_that_environments_do_not_have_is_asked_about(
    carry_nova: Carry, group: str, address: str, is_asked: bool
) -> None:
    text = f"[{group}]\nconnection = {address}://nova:hunter2@db/nova\n"
    carried = carry_nova(text)
    assert carried.text == text
    asked = [(f"[{group}] connection", "write mysql+pymysql:// there")] if is_asked else []
    assert [(each.option, each.what) for each in carried.of(Told.DECIDE)] == asked


def test_a_policy_in_json_is_named_as_yaml_and_its_rules_are_asked_for(carry_nova: Carry) -> None:
    carried = carry_nova("[oslo_policy]\npolicy_file = /etc/nova/policy.json\n")
    assert carried.text == "[oslo_policy]\npolicy_file = /etc/nova/policy.yaml\n"
    [asked] = carried.of(Told.DECIDE)
    assert "ostler config migrate --project nova" in asked.what


def test_the_rules_of_a_policy_are_written_as_yaml_in_their_order(carry_nova: Carry) -> None:
    rules = {"os_compute_api:servers:show": "role:reader or rule:owner", "b": "", "a": [["role:admin"]], "é": "@"}
    carried = carry_nova(json.dumps(rules))
    assert yaml.safe_load(carried.text) == rules
    assert list(yaml.safe_load(carried.text)) == list(rules)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{broken", "config.bad-policy"),
        ("[g]\nalone\n", "config.unreadable"),
        ("no = group\n", "config.unreadable"),
        ("[composite:osapi]\nuse = egg:x\n", "config.not-of-oslo"),
        ("[DEFAULT]\nfilters_path = /x\n", "config.not-of-oslo"),
    ],
)
def test_what_is_no_configuration_file_is_refused(carry_nova: Carry, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        carry_nova(text)
    assert caught.value.code == code


def test_the_dashboards_settings_get_pythons_own_handler(known: ConfigKnown) -> None:
    text = "LOGGING = {'class': 'django.utils.log.NullHandler'}\r\nX = 1\n"
    carried = migrate_text(text, "horizon", known)
    assert carried.text == "LOGGING = {'class': 'logging.NullHandler'}\r\nX = 1\n"
    assert [each.line for each in carried.said] == [1]
    assert migrate_text(text, "nova", known).text == text


BACKENDS = """[DEFAULT]
enabled_backends = fast,slow
[fast]
volume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver
volume_group = vg
[slow]
volume_backend_name = s
"""


def test_the_options_of_named_backends_are_known(known: ConfigKnown) -> None:
    carried = Carry(load_options("cinder"), "2023.1", "2026.2", known)(BACKENDS)
    assert (carried.text, carried.said) == (BACKENDS, ())


SECRETS = ("hunter2", "s3cret", "p%40ss", "tok3n")
WITH_SECRETS = """[DEFAULT]
rabbit_host = mq
rabbit_password = hunter2
sql_connection = mysql://nova:hunter2@db/nova
quantum_admin_password = s3cret
quantum_metadata_proxy_shared_secret = s3cret
[keystone_authtoken]
admin_user = nova
admin_password =
    hunter2
[vault]
root_token_id = tok3n
cafile = https://me:s3cret@host/
approle_role_id = s3cret
debug = true
[foreign]
password = s3cret
"""


def test_no_secret_is_ever_told(carry_nova: Carry) -> None:
    carried = carry_nova(WITH_SECRETS)
    told = [f"{each.option} {each.what} {each.why}" for each in carried.said]
    is_secret = carry_nova.succession.is_secret
    shown = "\n".join((*told, *masked_difference(WITH_SECRETS, carried.text, "nova.conf", is_secret)))
    assert len(carried.said) > 8
    assert [secret for secret in SECRETS if secret in shown] == []


NOVA, KNOWN = load_options("nova"), load_config_known()
NOVA_LINES = st.sampled_from(
    [
        "[DEFAULT]", "[keystone_authtoken]", "[placement]", "[DATABASE]", "[oslo_messaging_rabbit]", "# note", "",
        "rabbit_host = mq", "rabbit_password = x", "rpc_backend = rabbit", "sql_connection = a://b", "auth_uri = u",
        "admin_user = n", "admin_password = p", "auth_type = password", "username = u", "os_region_name = r",
        "api_paste_config = p", "osapi_compute_workers = 3", "debug : true", "cpu_allocation_ratio=4.0", "ours = 1",
        "policy_file = policy.json", "max_header_line = 5", "project_name = s", "auth_host = h",
    ]
)  # fmt: skip
NOVA_FILES = st.lists(NOVA_LINES, max_size=25).map(lambda lines: "[DEFAULT]\n" + "".join(f"{each}\n" for each in lines))


@settings(max_examples=200, deadline=None)
@given(NOVA_FILES)
def test_carrying_over_again_changes_nothing_and_other_lines_keep_their_order(text: str) -> None:
    carry = Carry(NOVA, "2023.1", "2026.2", KNOWN)
    carried = carry(text)
    assert carry(carried.text).text == carried.text
    kept = [line for line in text.splitlines() if line.startswith(("#", "debug", "cpu_", "ours"))]
    assert [line for line in carried.text.splitlines() if line.startswith(("#", "debug", "cpu_", "ours"))] == kept
    changed = {each.line for each in carried.of(Told.CHANGED)}
    after = carried.text.splitlines()
    assert [
        line for number, line in enumerate(text.splitlines(), 1) if number not in changed and line not in after
    ] == []


@settings(max_examples=100, deadline=None)
@given(NOVA_FILES)
def test_a_carried_file_has_nothing_old_in_it(text: str) -> None:
    carried = Carry(NOVA, "2023.1", "2026.2", KNOWN)(text)
    asked = {each.option.rpartition("] ")[2] for each in carried.of(Told.DECIDE)}
    found = lint("nova.conf", parse_config(carried.text), NOVA, "2026.2", KNOWN)
    old = [each for each in found if each.code in ("config.old-name", "config.removed", "config.old-credentials")]
    assert [each for each in old if not any(name in each.found for name in asked)] == []


def test_what_only_the_catalog_calls_secret_is_not_told_either(known: ConfigKnown) -> None:
    carry = Carry(load_options("cinder"), "2023.1", "2026.2", known)
    text = "[DEFAULT]\nrabbit_host = mq\nreplication_device = s3cret\n  hunter2\nenabled_backends = a\n"
    shown = masked_difference(text, text.replace("s3cret", "tok3n"), "cinder.conf", carry.succession.is_secret)
    assert "+replication_device = ********" in shown
    assert not any(secret in "\n".join(shown) for secret in SECRETS)


def test_what_is_to_go_and_says_no_more_than_the_default_is_taken_out(carry: Carry) -> None:
    carried = carry("[DEFAULT]\nworkers =  8\ndebug = no\n")
    assert carried.text == "[DEFAULT]\ndebug = no\n"
    [said] = carried.said
    assert (said.told, said.why) == (Told.CHANGED, "Threads.")
    assert said.what == "taken out: it is to go since r3, and says what is so without it"


@pytest.mark.parametrize(
    ("default", "value", "is_default"),
    [
        (True, "Yes", True),
        (True, "$debug", False),
        (False, "true", False),
        (8, "8", True),
        (8, "08", False),
        (None, "", False),
        ("rabbit", "rabbit", True),
        ("rabbit", "Rabbit", False),
        (["a", "b"], "a , b", True),
        ([], "", True),
        ({"a": 1}, "a:1", True),
    ],
)
def test_a_value_is_the_default_when_it_means_the_same(default: object, value: str, is_default: bool) -> None:
    option = Option(group="g", name="n", kind=Kind(type="string"), default=default)
    assert option.is_default(value) is is_default
