"""`schema`: every database is at the revisions of the release."""

from __future__ import annotations

from ostler.execution.proofs.model import ProofContext, ProofResult, Row, from_rows
from ostler.facts.model import Unknown, wanted


def prove_schema(context: ProofContext, release: str) -> ProofResult:
    """The version table of each database holds exactly the revisions of ``release``."""
    request = wanted("databases.schema")
    value = context.facts(request)[request]
    if isinstance(value, Unknown):
        return ProofResult("schema", False, f"the databases' revisions could not be read: {value.reason}")
    rows = []
    for project in context.catalog.projects:
        if release not in project.releases:
            continue
        for database in project.databases:
            should = sorted(project.version_rows(database.name, release))
            found = value.get(database.name)
            detail = "no such database" if found is None else ", ".join(found) or "no revision"
            ok = found is not None and sorted(found) == should
            rows.append(Row(database.name, ok, detail if ok else f"{detail}; expected {', '.join(should)}"))
    return from_rows("schema", rows, f"{len(rows)} databases are at the revisions of {release}")
