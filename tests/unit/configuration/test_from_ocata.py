"""Files of Ocata, carried over to every later release: nothing left that it does not know, tuning as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.catalog.config_known import load_config_known
from ostler.catalog.options import load_options
from ostler.configuration.draft import Told
from ostler.configuration.file import parse_config
from ostler.configuration.lint import lint
from ostler.configuration.migration import Migration, migrate
from ostler.configuration.succession import Succession

SAMPLES = Path(__file__).parent / "samples" / "ocata"
KNOWN = load_config_known()
LATER = [
    (project, release) for project in ("nova", "neutron", "cinder") for release in load_options(project).releases[1:]
]
TUNING = {
    "nova": ["cpu_allocation_ratio = 4.0", "reserved_host_memory_mb = 4096", "vif_plugging_timeout = 300"],
    "neutron": ["rpc_workers = 4", "agent_down_time = 75", "dhcp_agents_per_network = 2", "global_physnet_mtu = 9000"],
    "cinder": ["osapi_volume_workers = 8", "volume_clear_size = 100", "default_volume_type = standard"],
}


def carried(project: str, release: str) -> tuple[str, Migration]:
    text = (SAMPLES / f"{project}.conf").read_text()
    return text, migrate(f"{project}.conf", text, Succession(load_options(project), "ocata", release), KNOWN)


@pytest.mark.parametrize(("project", "release"), LATER)
def test_the_target_knows_every_option_and_calls_none_old(project: str, release: str) -> None:
    _, migration = carried(project, release)
    asked = {explanation.option for explanation in migration.of(Told.DECIDE)}
    found = lint(f"{project}.conf", parse_config(migration.text), load_options(project), release, KNOWN)
    assert [finding for finding in found if not any(option in str(finding) for option in asked)] == []


@pytest.mark.parametrize(("project", "release"), LATER)
def test_the_operators_tuning_comments_and_secrets_come_through(project: str, release: str) -> None:
    text, migration = carried(project, release)
    assert migration.text.splitlines()[0] == text.splitlines()[0]
    assert set(TUNING[project]) <= set(migration.text.splitlines())
    said = " ".join(f"{each.what} {each.why}" for each in migration.said)
    assert not [secret for secret in ("RABBIT_PASS", "DBPASS", "NOVA_PASS", "p@ss") if secret in said]
    again = migrate(f"{project}.conf", migration.text, Succession(load_options(project), release, release), KNOWN)
    assert again.text == migration.text
