"""`databases.roles`: the roles of the database server that rights on the catalog's databases come from.

Value: {role: {databases, accounts}}. `databases` are those of the catalog on which the role itself has rights, by name
or pattern; `accounts` (user@host) those with such rights of their own to which the role was granted. A role with
neither is absent. A role is no account: it has no host and no password, and neither `SHOW CREATE USER` nor `CREATE
USER` takes it (tried with MariaDB 10.11.19 on 2026-11-26).
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, rows_of
from ostler.facts.schema import database_names
from ostler.facts.sql import ask, database_hosts

RIGHT, GRANTED = "right", "granted"
KINDS = {RIGHT: "databases", GRANTED: "accounts"}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    names = " UNION ALL ".join(f"SELECT '{name}' AS name" for name in database_names())
    account = "JOIN mysql.user u ON u.User = d.User AND u.Host = d.Host"
    rights = (
        f"SELECT DISTINCT '{RIGHT}', d.User, n.name FROM mysql.db d {account}"
        f" JOIN ({names}) n ON n.name LIKE d.Db WHERE u.is_role = 'Y'"
    )
    granted = (
        f"SELECT DISTINCT '{GRANTED}', m.Role, CONCAT(m.User, '@', m.Host) FROM mysql.roles_mapping m"
        f" JOIN mysql.db d ON d.User = m.User AND d.Host = m.Host {account}"
        f" JOIN ({names}) n ON n.name LIKE d.Db WHERE u.is_role <> 'Y'"
    )
    return (ask(f"{rights}; {granted}"),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    found: dict[str, dict[str, list[str]]] = {}
    for kind, role, what in rows_of(results[0], "the roles of the database server", 3):
        if kind not in KINDS:
            raise ValueError(f"the roles of the database server have a row of another form: {excerpt(kind)}")
        about = found.setdefault(excerpt(role), {name: [] for name in KINDS.values()})
        about[KINDS[kind]].append(excerpt(what))
    return {role: {name: sorted(values) for name, values in about.items()} for role, about in sorted(found.items())}


FACT = HostFact("databases.roles", commands, parse, database_hosts)
