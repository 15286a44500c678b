"""Known blockers: their signs are found in what was really written, and they are listed for the right hops."""

import re
from dataclasses import replace

import pytest

from ostler.catalog import load_catalog
from ostler.rules.loader import load_rules

CATALOG = load_catalog()
ORDER = CATALOG.all_releases.order
BY_CODE = {blocker.code: blocker for blocker in CATALOG.blockers}

SEEN = {
    "keystone.system-is-reserved": [
        "(1064, \"You have an error in your SQL syntax; ... near 'VARCHAR(64)' at line 1\") [SQL: ... ADD system]",
        "You are attempting to upgrade data_migration_repo ahead of expand_repo. Please refer to the documentation",
    ],
    "cinder.use-quota-of-deleted-volumes": [
        "oslo_db.exception.DBDataError: (pymysql.err.DataError) (1265, 'Data truncated for column')\n"
        "[SQL: ALTER TABLE volumes MODIFY use_quota BOOL NOT NULL DEFAULT true]",
    ],
    "keystone.roles-not-immutable": ["Roles are not immutable: admin"],
    "nova.request-specs-of-server-groups": [
        "Error attempting to run <function migrate_instances_add_request_spec at 0x7f>",
        "| Check: Request Spec Migration |\n| Result: Failure |",
    ],
    "nova.cells-not-set-up": [
        "ValidationError: Cell mappings are not created, but required for Ocata. Please run nova-manage cell_v2 "
        "simple_cell_setup before continuing."
    ],
    "nova.no-hosts-for-the-cell": ["No hosts found to map to cell, exiting."],
    "nova.hosts-not-mapped": ["No host mappings found but there are compute nodes. Run command"],
    "nova.unmigrated-flavors": ["There are still 3 unmigrated flavor records. Migration cannot continue until all"],
    "nova.unmigrated-rows-of-mitaka": ["There are still 1 unmigrated records in the compute_nodes table."],
    "nova.unmigrated-rows-of-newton": [
        "Please run `nova-manage db online_data_migrations' on Newton code before continuing. There are still 2 "
        "unmigrated keypairs. "
    ],
    "cinder.unmigrated-rows-of-ocata": ["There are still 4 unmigrated records in the messages table. Migration cannot"],
    "placement.rows-without-root-or-consumer": [
        "There is at least one resource provider table record which is missing its root provider id. Run the",
        "There is at least one allocation record which is missing a consumer record. Run the",
    ],
    "neutron.duplicate-rows": [
        "Duplicate L3HARouterAgentPortBinding is created for router(s) a.",
        "Duplicate port(s) b records exist in routerports database.",
        "Duplicate Floating IPs were created for fixed IP addresse(s) c.",
    ],
    "neutron.duplicate-quotas": ["Duplicate Quotas are created for resource(s) d."],
    "nova.unmigrated-services": [
        "There are still 5 unmigrated records in the services table. Migration cannot continue",
        "Unknown column 'resources' in 'field list'",
    ],
    "nova.cells-apart": ["Database schema file with version 422 doesn't exist."],
    "nova.schema-too-old": ["version 32 doesn't exist"],
    "nova.service-user-token": ["Service user token configuration is required for all Nova services."],
    "nova.compute-needs-a-region": ["PlacementNotConfigured: This compute is not configured to talk to placement"],
    "nova.no-list-hosts": ["usage: nova-manage cell_v2 [-h]", "invalid choice: 'list_hosts'"],
    "nova.placement-not-answering": ["ConnectFailure: Unable to establish connection"],
    "nova.service-older-than-the-others": ["This service is older (v67) than the minimum (v68)"],
    "nova.old-record-pins-messages": [
        "Automatically selected compute RPC version 4.17 from minimum service version 22"
    ],
    "nova.no-node-identity": ["No local node identity found"],
    "nova.compute-rpc-4-gone": ["Endpoint does not support RPC version 4.17. Attempted method: build_and_run_instance"],
    "cinder.untyped-volumes": [
        "Migration cannot continue until all volumes have been migrated to the `__DEFAULT__` volume type."
    ],
    "cinder.schema-squashed-at-stein": ["Table 'consistencygroups' already exists"],
    "cinder.schema-too-old": ["Database schema file with version 97 doesn't exist."],
    "cinder.online-migrations-hide-errors": ["Error attempting to run shared_targets_online_data_migration"],
    "glance.check-crashes-without-backends": ["TypeError: argument of type 'NoneType' is not iterable"],
    "glance.check-crashes-on-an-option": ["oslo_config.cfg.NoSuchOptError: no such option enabled_backends"],
    "placement.extraction-done-before": ["Migration has already completed. The placement database appears to have"],
    "placement.root-providers-missing": ["| Check: Missing Root Provider IDs |"],
    "neutron.check-wants-ovn": ["Failed to connect to OVN. Please check"],
    "database.triggers-want-super": ["(1419, 'You do not have the SUPER privilege and binary logging is enabled')"],
}
SHOWN_BY_WAITING = ("nova.slow-to-stop", "cinder.shared-targets-wants-volume-services")
WELL = "| Upgrade Check Results |\n| Check: Cells v2 |\n| Result: Success |\n| Total Needed | Completed |\n| 0 | 0 |\n"


@pytest.mark.parametrize("code", sorted(SEEN))
def test_what_was_really_written_is_recognised(code: str) -> None:
    patterns = [sign.pattern for sign in BY_CODE[code].signs if sign.pattern]
    for text in SEEN[code]:
        assert any(re.search(pattern, text) for pattern in patterns), text
    if code != "placement.root-providers-missing":
        assert not any(re.search(pattern, WELL) for pattern in patterns)


@pytest.mark.parametrize("blocker", CATALOG.blockers, ids=lambda blocker: blocker.code)
def test_a_blocker_says_where_when_and_what_to_do(blocker: object) -> None:
    known = BY_CODE[blocker.code]  # type: ignore[attr-defined]
    assert re.fullmatch(r"[a-z]+\.[a-z0-9]+(-[a-z0-9]+)+", known.code)
    assert known.project in (None, *CATALOG.project_names, *CATALOG.listed_names)
    assert known.project in (None, known.code.partition(".")[0])
    assert known.fix and known.meaning and known.source.where
    assert all(end is None or end in ORDER for end in (known.since, known.until))
    assert any(known.is_true_in(release, ORDER) for release in ORDER)
    assert known.signs or known.kind == "trap"
    for sign in known.signs:
        re.compile(sign.pattern)
        assert sign.command
        assert sign.pattern or sign.exit_code is not None or known.code in SHOWN_BY_WAITING


def test_a_rehearsal_makes_only_fixes_that_were_carried_out() -> None:
    tried = [blocker for blocker in CATALOG.blockers if blocker.trial is not None]
    assert len(tried) > 3
    assert all(blocker.verified == blocker.trial for blocker in tried)
    assert replace(tried[0], proof="read").verified is None


def test_codes_are_used_once_and_are_no_rules() -> None:
    assert len(BY_CODE) == len(CATALOG.blockers)
    assert set(BY_CODE).isdisjoint(rule.id for rule in load_rules())


def test_blockers_of_a_hop_are_those_of_the_releases_it_reaches() -> None:
    def codes(source: str, target: str) -> set[str]:
        return {blocker.code for blocker in CATALOG.blockers_of(source, target)}

    assert "keystone.system-is-reserved" in codes("pike", "queens") & codes("ocata", "rocky")
    assert "keystone.system-is-reserved" not in codes("queens", "rocky") | codes("ocata", "pike")
    assert "glance.check-crashes-on-an-option" in codes("2026.1", "2026.2")
    assert "nova.unmigrated-services" in codes("stein", "train")
    assert "nova.unmigrated-services" not in codes("2024.1", "2025.1")
    assert codes("queens", "queens") == set()


def test_codes_that_the_catalog_refers_to_exist() -> None:
    texts = [" ".join((blocker.meaning, blocker.fix, blocker.source.where)) for blocker in CATALOG.blockers]
    texts += [phase.why for name in CATALOG.project_names for phase in CATALOG.past(name).data.schema_phases]
    texts += [demand.text for component in CATALOG.infrastructure.components for demand in component.demands]
    areas = "|".join(sorted({code.partition(".")[0] for code in BY_CODE}))
    named = {found for text in texts for found in re.findall(rf"\b(?:{areas})\.[a-z0-9]+(?:-[a-z0-9]+)+", text)}
    assert named and named <= set(BY_CODE)


def test_questions_that_count_rows_only_read() -> None:
    counted = [blocker for blocker in load_catalog().blockers if blocker.rows is not None]
    assert counted
    for blocker in counted:
        assert blocker.rows is not None
        assert blocker.rows.startswith("SELECT ")
        assert ";" not in blocker.rows
        assert not re.search(r"\b(INTO|UPDATE|DELETE|INSERT|LOCK)\b", blocker.rows, re.IGNORECASE)
