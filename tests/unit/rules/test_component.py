"""Components are written in one way only, and no name can make one into another."""

from __future__ import annotations

import pytest

from ostler.rules.component import Component, check_template, component


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("host:@ctl1", Component("host", "", "ctl1")),
        ("vip:", Component("vip")),
        ("disk:/var/lib@x@ctl1", Component("disk", "/var/lib@x", "ctl1")),
        ("network:ctl2@ctl1", Component("network", "ctl2", "ctl1")),
        ("network:@ctl1", Component("network", "", "ctl1")),
        ("service:nova-compute@cmp1.example.org", Component("service", "nova-compute", "cmp1.example.org")),
        ("server:a@b:c", Component("server", "a@b:c")),
        ("files:environments", Component("files", "environments")),
    ],
)
def test_a_component_is_read_and_written_alike(text: str, read: Component) -> None:
    assert component(text) == read
    assert str(read) == text


@pytest.mark.parametrize(
    "text",
    ["", "ctl1", "clock:ctl1", "clock:@", "vip:10.0.0.1", "disk:@ctl1", "disk:/var", "rack:@ctl1", "database:@x"],
)
def test_what_is_no_component_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="component"):
        component(text)


def test_a_template_says_its_kind_and_has_what_the_kind_must_have() -> None:
    check_template("service:{service.unit}@{host}")
    check_template("rows:nova.services")
    for wrong in ("{kind}:@{host}", "service:{service.unit}@", "disk:{path.key}", "database:@{host}"):
        with pytest.raises(ValueError, match="component"):
            check_template(wrong)


def test_a_hostile_name_stays_a_name() -> None:
    assert component("server:vip:@ctl1") == Component("server", "vip:@ctl1")
    assert component("disk:/a@ctl2:vip:@ctl1").host == "ctl1"
