"""What is otherwise than in a fresh install, in words."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.commands import CommandResult
from ostler.errors import Finding
from ostler.rehearsal.fresh import Comparing, differences_of

KEYSTONE = load_catalog().project("keystone")


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
    return list(Comparing(server, KEYSTONE, "2025.1", "/venv/bin", is_past=False).findings())  # type: ignore[arg-type]


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
