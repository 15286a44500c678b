"""Known cases on a hop, of which only the names of options and some values are known."""

from __future__ import annotations

import pytest

from ostler.catalog.catalog import load_catalog
from ostler.catalog.config_known import load_config_known
from ostler.catalog.options import load_options
from ostler.configuration.file import parse_config
from ostler.configuration.hop import SetOption
from ostler.configuration.hop_cases import Case, CaseOnHop, asked_on_hop, cases_on_hop
from ostler.configuration.migration import migrate
from ostler.configuration.succession import Succession

KNOWN = load_config_known()
ORDER = load_catalog().all_releases.order
TOKEN = "keystone_authtoken"
BOTH = ("user_domain_name", "project_domain_name")


def passed(source: str, target: str) -> tuple[str, ...]:
    return tuple(ORDER[ORDER.index(source) + 1 : ORDER.index(target) + 1])


def cases(*options: SetOption, source: str = "pike", target: str = "2025.1", project: str = "nova") -> list[CaseOnHop]:
    succession = Succession(load_options(project), source, target)
    return list(cases_on_hop(options, succession, KNOWN, passed(source, target)))


def setting(*names: str, group: str = TOKEN, auth_type: str | None = "password") -> list[SetOption]:
    """A group that sets these options, whose values are not known, and is read by this plugin."""
    chosen: list[SetOption] = [(group, "auth_type", auth_type)] if auth_type else []
    return [*chosen, *((group, name, None) for name in names)]


@pytest.mark.parametrize(
    "names",
    [
        ("identity_uri", "admin_user", "admin_password", "admin_tenant_name"),
        ("auth_host", "auth_port", "auth_protocol", "admin_user", "admin_password"),
    ],
)
def test_a_user_in_old_words_is_told_once_with_all_of_them(names: tuple[str, ...]) -> None:
    (found,) = cases(*setting(*names, auth_type=None))
    assert (found.case, found.group, found.lacks) == (Case.OLD_WORDS, TOKEN, ("auth_type",))
    assert set(found.names) == set(names)


@pytest.mark.parametrize(
    "options",
    [
        [],
        setting("auth_uri", "memcached_servers", auth_type=None),
        setting("admin_user", "identity_uri", "username", *BOTH),
        [(TOKEN, "auth_plugin", "password"), (TOKEN, "admin_user", None)],
        [(TOKEN, "auth_section", "service"), (TOKEN, "admin_user", None)],
    ],
    ids=["nothing", "no-user", "a-plugin-is-chosen", "by-its-old-name", "in-another-group"],
)
def test_old_words_are_not_told_where_nothing_reads_them_or_none_are_there(options: list[SetOption]) -> None:
    assert [each for each in cases(*options) if each.case is Case.OLD_WORDS] == []


def test_words_that_the_source_does_not_read_are_not_told() -> None:
    assert cases(*setting("admin_username", "admin_password", "url", group="neutron", auth_type=None)) == []


@pytest.mark.parametrize(
    ("names", "told", "lacks"),
    [
        (("username", "project_name"), ("username", "project_name"), BOTH),
        (("username", "project_name", "project_domain_name"), ("username",), BOTH[:1]),
        (("username",), ("username",), BOTH[:1]),
        (("user_name", "tenant_name"), ("username", "tenant_name"), BOTH),
        (("username", "tenant_name", "project_name"), ("username", "project_name", "tenant_name"), BOTH),
        (("user_id", "project_name"), ("project_name",), BOTH[1:]),
    ],
)
def test_names_without_a_domain_are_told(names: tuple[str, ...], told: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    for group in (TOKEN, "placement"):
        assert cases(*setting(*names, group=group)) == [CaseOnHop(Case.NO_DOMAIN, group, told, lacks=lacks)]


@pytest.mark.parametrize(
    "options",
    [
        setting("username", "project_name", *BOTH),
        setting("username", "project_name", "user_domain_id", "project_domain_id"),
        setting("username", "project_name", "default_domain_name"),
        setting("user_id", "project_id"),
        setting("username", "project_name", "user_domain_name"),  # v3 already, and as much let in as it will be
        setting("username", "project_name", auth_type="v3token"),
        setting("username", "project_name", auth_type="v3password"),
        setting("username", "project_name", auth_type=None),
        setting("username", "project_name", auth_type=None, group="DEFAULT"),
    ],
)
def test_what_has_its_domains_or_did_not_log_in_by_v2_is_not_told(options: list[SetOption]) -> None:
    assert cases(*options) == []


@pytest.mark.parametrize(("source", "target"), [("ocata", "pike"), ("queens", "2025.1"), ("2024.1", "2026.1")])
def test_only_the_way_on_which_v2_ends_tells_of_users(source: str, target: str) -> None:
    old, without = setting("admin_user", auth_type=None), setting("username", group="placement")
    assert cases(*old, *without, source=source, target=target) == []
    assert len(cases(*old, *without, source="pike", target="queens")) == 2


def test_what_the_command_makes_of_a_file_is_not_told_any_more() -> None:
    text = "[keystone_authtoken]\nidentity_uri = http://ks:35357\nadmin_user = nova\nadmin_password = p\n"
    text += "admin_tenant_name = service\n[placement]\nauth_type = password\nusername = placement\n"

    def of(text: str) -> list[Case]:
        options = [
            (b.group or "", b.name, b.value if b.name == "auth_type" else None) for b in parse_config(text).options()
        ]
        return [each.case for each in cases(*options)]

    carried = migrate("nova.conf", text, Succession(load_options("nova"), "pike", "pike"), KNOWN).text
    assert of(text) == [Case.OLD_WORDS, Case.NO_DOMAIN]
    assert of(carried) == []


@pytest.mark.parametrize(
    ("value", "source", "target", "told"),
    [
        ("router,lbaasv2", "pike", "2025.1", ["lbaasv2"]),
        ("router, lbaasv2 ,firewall", "rocky", "train", ["lbaasv2", "firewall"]),
        ("router,lbaasv2", "pike", "stein", []),
        ("router,firewall", "pike", "rocky", []),
        ("router,firewall_v2,metering,qos", "pike", "2025.1", []),
        ("lbaasv2", "train", "2025.1", []),
        ("lbaas", "pike", "2025.1", []),
        ("", "pike", "2025.1", []),
    ],
)
def test_a_plugin_is_told_on_the_way_on_which_it_goes(value: str, source: str, target: str, told: list[str]) -> None:
    found = cases(("DEFAULT", "service_plugins", value), source=source, target=target, project="neutron")
    assert [each.item for each in found] == told
    assert all((each.case, each.value) == (Case.NO_SUCH_ITEM, value) and each.why for each in found)


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("2023.1", "2024.1", ["AvailabilityZoneFilter"]),
        ("2023.2", "2024.1", []),
        ("ocata", "pike", []),
        ("pike", "train", ["TrustedFilter", "ExactRamFilter", "RamFilter"]),
        ("train", "2025.1", ["RetryFilter", "AggregateRamFilter", "AvailabilityZoneFilter"]),
    ],
)
@pytest.mark.parametrize("place", [("filter_scheduler", "enabled_filters"), ("DEFAULT", "scheduler_default_filters")])
def test_a_filter_is_told_on_the_way_on_which_it_goes(
    place: tuple[str, str], source: str, target: str, told: list[str]
) -> None:
    value = "RetryFilter,TrustedFilter,ExactRamFilter,RamFilter,AggregateRamFilter,AvailabilityZoneFilter,ComputeFilter"
    assert [each.item for each in cases((*place, value), source=source, target=target)] == told


def test_a_value_that_is_not_told_is_told_of() -> None:
    (found,) = cases(("DEFAULT", "service_plugins", None), project="neutron")
    assert found.case is Case.NOT_TOLD
    assert "lbaasv2" in found.item
    assert cases(("DEFAULT", "service_plugins", None), source="train", project="neutron") == []


def test_values_are_asked_for_only_on_ways_on_which_they_matter() -> None:
    def asked(project: str, source: str, target: str) -> list[str]:
        return [change.option for change in asked_on_hop(project, KNOWN, passed(source, target))]

    assert asked("neutron", "pike", "2024.2") == ["service_plugins"]
    assert asked("neutron", "2024.1", "2025.1") == ["mechanism_drivers"]
    assert asked("neutron", "2025.1", "2026.1") == []
    assert asked("nova", "2023.1", "2024.1") == ["enabled_filters", "scheduler_default_filters"]
    assert asked("nova", "2024.1", "2025.1") == []
