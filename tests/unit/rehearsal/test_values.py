"""What is shown of errors: which row it was, and nothing that is in it."""

from __future__ import annotations

import pytest

from ostler.rehearsal.values import said_last, without_values

UUID = "2f1c5a90-5b2c-4c1d-8f6e-7d3a9b0c2e15"
DUPLICATE = (
    "oslo_db.exception.DBDuplicateEntry: (pymysql.err.IntegrityError) (1062, \"Duplicate entry '{}' for key '{}'\")"
)


@pytest.mark.parametrize(
    "line",
    [
        DUPLICATE.format("26554", "PRIMARY"),
        DUPLICATE.format(f"{UUID}-0", "uniq_services0uuid0deleted"),
        f"sqlalchemy.exc.DataError: (pymysql.err.DataError) (1366, \"Incorrect integer value: '{UUID}' for column "
        '`cinder`.`volumes`.`use_quota` at row 7")',
        "(pymysql.err.DataError) (1265, \"Data truncated for column 'use_quota' at row 1\")",
        "(pymysql.err.ProgrammingError) (1146, \"Table 'nova.tags' doesn't exist\")",
        "(pymysql.err.OperationalError) (1054, \"Unknown column 'services.uuid' in 'field list'\")",
        "(pymysql.err.OperationalError) (1054, \"Unknown column 'x' in 'SELECT'\")",
        "(pymysql.err.OperationalError) (1050, \"Table 'consistencygroups' already exists\")",
        "(pymysql.err.IntegrityError) (1452, 'Cannot add or update a child row: a foreign key constraint fails "
        "(`neutron`.`#sql-alter-9a-5`, CONSTRAINT `p_1` FOREIGN KEY (`network_id`) REFERENCES `networks` (`id`))')",
        "(pymysql.err.OperationalError) (1205, 'Lock wait timeout exceeded; try restarting transaction')",
        "ERROR 1062 (23000) at line 12: Duplicate entry '7' for key 'PRIMARY'",
        "[SQL: ALTER TABLE volumes MODIFY use_quota BOOL NOT NULL DEFAULT true]",
        f"[parameters: {{'deleted': 0, 'uuid_1': '{UUID}', 'is_public': None}}]",
        f"KeyError: '{UUID}'",
        '  File "/opt/openstack/venvs/nova-31.3.1/lib/api.py", line 7, in sync',
        "ValueError: badly formed hexadecimal UUID string",
    ],
)
def test_tables_and_what_names_a_row_are_shown(line: str) -> None:
    assert without_values(line) == line


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (DUPLICATE.format("alice@example.org", "uniq_user0name"), DUPLICATE.format("…", "uniq_user0name")),
        (DUPLICATE.format("alice-5", "k"), DUPLICATE.format("…", "k")),
        (DUPLICATE.format("2017-02-07", "k"), DUPLICATE.format("…", "k")),
        (DUPLICATE.format("0c9d8e7f6a5b4c3d9e2f1b0a3c5d7e91", "k"), DUPLICATE.format("…", "k")),
        (
            "(pymysql.err.DataError) (1292, \"Truncated incorrect DOUBLE value: 'alice'\")",
            "(pymysql.err.DataError) (1292, \"Truncated incorrect DOUBLE value: '…'\")",
        ),
        (
            "(pymysql.err.IntegrityError) (1062, u\"Duplicate entry '237159-2017-02-07' for key 'PRIMARY'\") "
            "[SQL: u'INSERT INTO repos_mean (repo_id, created_at) VALUES (%(repo_id)s, %(created_at)s)'] "
            "[parameters: {u'value': 40.82, u'created_at': datetime.datetime(2017, 2, 7, 0, 0), u'name': u'al\\'ice', "
            "u'repo_id': 237159L}] (Background on this error at: http://sqlalche.me/e/gkpj)",
            "(pymysql.err.IntegrityError) (1062, u\"Duplicate entry '…' for key 'PRIMARY'\") "
            "[SQL: INSERT INTO repos_mean …] "
            "[parameters: {'value': 40.82, 'created_at': '…', 'name': '…', 'repo_id': 237159L}]",
        ),
        (
            "(pymysql.err.OperationalError) (1054, u\"Unknown column 'a' in 'where clause'\") "
            "[SQL: u'SELECT instances.id AS instances_id \\nFROM instances \\nWHERE instances.name = %(name_1)s'] "
            "[parameters: {u'name_1': u'alice'}]",
            "(pymysql.err.OperationalError) (1054, u\"Unknown column 'a' in 'where clause'\") "
            "[SQL: SELECT … FROM instances …] [parameters: {'name_1': '…'}]",
        ),
        (
            "(pymysql.err.OperationalError) (1205, 'Lock wait timeout exceeded') [SQL: u'UPDATE services SET host=",
            "(pymysql.err.OperationalError) (1205, 'Lock wait timeout exceeded') [SQL: UPDATE services …]",
        ),
        (
            "(1005, 'Can\\'t create table `nova`.`t` (errno: 150 \"Foreign key constraint is incorrectly formed\")')",
            "(1005, 'Can't create table `nova`.`t` (errno: 150 \"Foreign key constraint is incorrectly formed\")')",
        ),
        (
            "ERROR 1062 (23000) at line 12: Duplicate entry 'alice' for key 'u'",
            "ERROR 1062 (23000) at line 12: Duplicate entry '…' for key 'u'",
        ),
    ],
)
def test_every_other_value_is_hidden(line: str, shown: str) -> None:
    assert without_values(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        # Quotes of the row's own, which Python writes otherwise.
        "(1062, 'Duplicate entry \\'alice\"5\\' for key \\'PRIMARY\\'')",
        "(1062, \"Duplicate entry 'x' for key 'alice' for key 'PRIMARY'\")",
        "(1062, 'Duplicate entry \\'\")alice\\' for key \\'k\\'')",
        # A row that looks like a message, or like parameters.
        "name 'alice (1062, \"Duplicate entry '5' for key 'alice'\")'",
        "name '[parameters: {'alice': 5}'",
        "name '] [parameters: {'alice': 5}'",
        "(1064, \"You have an error in your SQL syntax; ... near 'alice' at line 1\")",
        "(1054, \"Unknown column 'alice smith' in 'field list'\")",
        "[SQL: INSERT INTO t (a) VALUES ('alice') ]",
        "[SQL: u'SELECT alice' FROM t']",
        "[parameters: {'a': 'alice', 'b': \"al'ice\", 'c': 'alice\\'s'}]",
        "[parameters: ('alice', 5, None)]",
        "[parameters: [{'a': 'it ... (50 characters truncated) ... \\'alice\\': 5'}]]",
        "[parameters: {'a': Secret(alice), 'b': 'alice'}]",
        "[parameters: {'a': 'cut in alice",
        "[parameters: {'a': ***, 'b': 'alice'}]",
        "Can't add row: Duplicate entry 'alice' for key 'x'",
    ],
)
def test_whatever_a_row_holds_nothing_of_it_is_shown(line: str) -> None:
    assert "alice" not in without_values(line)


def test_the_error_is_shown_though_a_long_statement_stands_behind_it() -> None:
    error = DUPLICATE.format(UUID, "PRIMARY")
    output = "\n".join(["Traceback", error, "[SQL: ", *(f"column{number} INT," for number in range(40)), "]"])
    shown = said_last(output)
    assert shown[0] == error
    assert shown[-1] == "]"
    assert said_last(f"{error}\nend") == (error, "end")
