"""What `ostler practice` shows."""

from __future__ import annotations

import json

import pytest

from ostler.cli.practice import _render_status, app
from ostler.practice.status import CloudStatus, HostStatus

FOUND = CloudStatus(
    name="practice",
    release="2024.1",
    subnet="10.77.0.0/24",
    vip="10.77.0.250",
    vip_holders=("ctl1",),
    hosts=(
        HostStatus("ctl1", "controller", "10.77.0.11", "rack1", "degraded", ("nova-api.service",)),
        HostStatus("cmp1", "compute", "10.77.0.21", "rack1", "off"),
    ),
    galera_size=1,
    galera_synced=("ctl1",),
    rabbitmq_running=(),
    backends={"keystone": {"ctl1": "UP"}},
)


def test_status_is_one_line_for_each_thing() -> None:
    assert _render_status(FOUND).splitlines() == [
        "practice: OpenStack 2024.1, 10.77.0.0/24",
        "  ctl1   10.77.0.11    controller  rack1  degraded  failed: nova-api.service",
        "  cmp1   10.77.0.21    compute     rack1  off",
        "  VIP 10.77.0.250: ctl1",
        "  Galera: 1 nodes, synced: ctl1",
        "  RabbitMQ: none",
        "  keystone: ctl1 UP",
    ]


def test_status_is_a_json_document_too() -> None:
    document = json.loads(json.dumps(FOUND.as_json()))
    assert document["hosts"][0]["failed_units"] == ["nova-api.service"]


@pytest.mark.parametrize("command", [command.callback for command in app.registered_commands])
def test_every_command_has_an_example(command: object) -> None:
    text = command.__doc__ or ""
    assert "Example" in text
    assert "ostler practice" in text
