"""What the sources of the projects say of who leans on whom."""

from __future__ import annotations

import pytest

from ostler.diagnosis.code_map import code_map, code_map_of
from ostler.diagnosis.knowledge import knowledge

ATTACHMENTS = ("cinder/objects/volume_attachment.py", "get_all_by_instance_uuid")
DB_API = ("cinder/db/api.py", "volume_attachment_get_all_by_instance_uuid")
SQL = ("cinder/db/sqlalchemy/api.py", "volume_attachment_get_all_by_instance_uuid")


def test_a_call_through_an_import_is_followed() -> None:
    assert DB_API in code_map("cinder").leans_on(ATTACHMENTS)


def test_a_call_to_another_service_is_followed_by_its_name() -> None:
    assert ("cinder/volume/manager.py", "attach_volume") in code_map("cinder").leans_on(
        ("cinder/volume/rpcapi.py", "attach_volume")
    )


def test_hops_are_the_fewest() -> None:
    reached = code_map("cinder").within(ATTACHMENTS, 2)
    assert (reached[DB_API], reached[SQL]) == (1, 2)


def test_the_giver_of_a_named_value_is_known() -> None:
    assert code_map("cinder").givers(ATTACHMENTS, frozenset({"attachments"})) == (DB_API,)
    assert code_map("cinder").givers(ATTACHMENTS, frozenset({"context"})) == ()


@pytest.mark.parametrize("module", ["swift/proxy/server.py", "nova/no/such/file.py", ""])
def test_what_is_not_known_leads_nowhere(module: str) -> None:
    assert code_map_of(module).within((module, "get"), 3) == {}
    assert code_map_of(module).size(module) == 0


def test_the_code_that_works_name_is_there() -> None:
    doers = {each for work in knowledge().works for stage in work.stages for each in stage.doers}
    entries = {each for route in knowledge().routes for each in (route.answers, route.behind)}
    assert sorted(module for module, _ in doers | entries if not code_map_of(module).has(module)) == []
