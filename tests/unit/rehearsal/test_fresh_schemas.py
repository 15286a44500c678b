"""What is otherwise than in a fresh install, in words."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.commands import CommandResult
from ostler.errors import Finding, Severity
from ostler.rehearsal.fresh import Comparing, differences_of

KEYSTONE = load_catalog().project("keystone")
REMNANTS = load_catalog().remnants
SEEN = {
    "placement": [
        "column resource_provider_aggregates.resource_provider_id is int(11) NOT NULL  auto_increment, "
        "and int(11) NOT NULL in a fresh install",
        "column resource_providers.can_host is left over: int(11) NULL NULL",
    ],
    "nova": [
        "column shadow_alembic_version.version_num is missing: varchar(32) NOT NULL",
        "unique index shadow_alembic_version.(version_num) is missing",
        "column shadow_quota_usages.resource is varchar(255) NULL NULL, and varchar(255) NOT NULL in a fresh install",
        "table shadow_migrate_version is left over",
    ],
    "neutron": [
        "index ha_router_vrid_allocations.(vr_id) is left over",
        "index networksegments.(network_id) is left over",
        "index ndp_proxies.(router_id) is left over",
        "index nsxv_edge_vnic_bindings.(vnic_index) is left over",
    ],
}
"""All that was otherwise at Yoga and at 2023.1 in databases that Rocky's and Yoga's code had made."""


class Server:
    """Runs nothing; its databases have one column each, of a type by the database's name."""

    def __init__(self, exit_code: int = 0, **types: str) -> None:
        self.exit_code, self.types = exit_code, types
        self.written: dict[str, str] = {}
        self.ran: list[str] = []

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        name = next((name for name in self.types if f"'{name}'" in sql), None)
        if name is None or "information_schema.columns" not in sql:
            return []
        return [["column", "user.id", self.types[name]], ["column", "alembic_version.version_num", name]]

    def write(self, path: str, text: str) -> None:
        self.written[path] = text

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool) -> CommandResult:
        self.ran.append(" ".join(argv))
        assert "/fresh_keystone" in self.written["/etc/keystone/keystone.conf"]
        return CommandResult(self.exit_code, "", "it broke")


def compared(server: Server) -> list[Finding]:
    comparing = Comparing(server, KEYSTONE, "2025.1", "/venv/bin", is_past=False, remnants=REMNANTS)  # type: ignore[arg-type]
    return list(comparing.findings())


def test_the_same_schema_is_not_worth_a_word_and_the_configuration_is_as_it_was() -> None:
    server = Server(keystone="varchar(64) NOT NULL", fresh_keystone="varchar(64) NOT NULL")
    assert compared(server) == []
    assert [line.partition(" --config")[0] for line in server.ran] == ["/venv/bin/keystone-manage"] * 2
    assert "/keystone" in server.written["/etc/keystone/keystone.conf"]
    assert "fresh" not in server.written["/etc/keystone/keystone.conf"]


def test_what_is_otherwise_is_told_column_by_column() -> None:
    (told,) = compared(Server(keystone="varchar(32)", fresh_keystone="varchar(64)"))
    assert (told.code, told.subject, told.found) == ("rehearsal.schema-differs", "keystone at 2025.1", "1 difference")
    assert told.evidence == ("column user.id is varchar(32), and varchar(64) in a fresh install",)


def test_a_fresh_install_that_fails_is_told_and_the_configuration_is_as_it_was() -> None:
    server = Server(1, keystone="a", fresh_keystone="b")
    (told,) = compared(server)
    assert (told.code, told.evidence) == ("rehearsal.nothing-fresh", ("it broke",))
    assert "fresh" not in server.written["/etc/keystone/keystone.conf"]


def test_what_is_missing_and_what_is_left_over() -> None:
    found = {("index", "ports.(host)"): "", ("column", "old.x"): "int", ("column", "same.y"): "int"}
    found |= {("column", "old.z"): "int", ("column", "ports.host"): "varchar(32)"}
    fresh = {("unique index", "ports.(name)"): "", ("column", "same.y"): "int"}
    fresh |= {("column", "ports.host"): "varchar(64)"}
    assert list(differences_of(found, fresh)) == [
        "unique index ports.(name) is missing",
        "column ports.host is varchar(32), and varchar(64) in a fresh install",
        "table old is left over",
        "index ports.(host) is left over",
    ]
    assert list(differences_of(found, fresh, ("ports",))) == ["table old is left over"]


def test_what_a_long_way_is_known_to_leave_is_a_note_beside_what_is_not_known() -> None:
    kept, odd = "int(11) NOT NULL  auto_increment", "int(11) NOT NULL"
    (told,) = compared(Server(keystone=kept, fresh_keystone=odd))
    assert (told.code, told.severity, told.found) == (
        "rehearsal.schema-remnants", Severity.NOTE, "1 known difference",
    )  # fmt: skip
    assert "SQLAlchemy before 1.1" in told.evidence[0]
    (told,) = compared(Server(keystone=odd, fresh_keystone=kept))
    assert (told.code, told.severity) == ("rehearsal.schema-differs", Severity.WARNING)


def test_every_remnant_that_is_known_explains_something_that_was_seen_and_nothing_else_is() -> None:
    explained = {
        says: [each for each in REMNANTS if each.explains(database, says)]
        for database, differences in SEEN.items()
        for says in differences
    }
    assert all(len(found) == 1 for found in explained.values())
    assert {each.says for found in explained.values() for each in found} == {each.says for each in REMNANTS}
    for other in (
        "column ports.host is missing: varchar(255) NULL",
        "index ports.(host) is missing",
        "table x is left over",
    ):
        assert not any(each.explains(database, other) for each in REMNANTS for database in SEEN)
    wider = SEEN["placement"][0].replace("int(11) NOT NULL  auto", "bigint(20) NOT NULL  auto")
    assert not any(each.explains("placement", wider) for each in REMNANTS)
