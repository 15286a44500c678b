"""`nova.object_versions`: which versions of versioned objects lie as JSON in nova's tables.

Value: {object: {version: rows}}, for the objects and columns the catalog names (ImageMetaProps in
nova_api.request_specs.spec and others). Old code cannot read objects that newer code wrote.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, rows_of
from ostler.facts.sql import ask, database_hosts, identifier

# A row counts once for an object, with the first version found in it.
QUESTION = """SELECT '{name}', SUBSTRING_INDEX(SUBSTRING_INDEX(found, '"', -2), '"', 1) AS version, COUNT(*) FROM (
 SELECT REGEXP_SUBSTR(`{column}`,
  '"{name}", *"nova_object.namespace": *"nova", *"nova_object.version": *"[0-9.]+"') AS found
 FROM {database}.{table}) AS rows_found WHERE found <> '' GROUP BY version;"""

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    questions = (
        QUESTION.format(
            name=identifier(name),
            column=identifier(place.column),
            database=identifier(place.database),
            table=identifier(place.table),
        )
        for place in load_catalog().nova.stored_objects
        for name in place.objects
    )
    return (ask(" ".join(questions), timeout_s=300),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    found: dict[str, dict[str, int]] = {}
    for name, version, count in rows_of(results[0], "the versions of nova's stored objects", 3):
        if not _VERSION.fullmatch(version):
            raise ValueError(f"a stored {excerpt(name)} has a version that is none: {excerpt(version)}")
        rows = integer(count, f"the number of stored {name}")
        versions = found.setdefault(name, {})
        versions[version] = versions.get(version, 0) + rows
    return found


FACT = HostFact("nova.object_versions", commands, parse, database_hosts)
