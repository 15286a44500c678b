"""`bytes`: after a way back, every file that the run taken back had recorded has its bytes from before it.

One checksum per host stands for all of its files: sha256 over lines as `sha256sum` prints them ("<sha256>  <path>"),
ordered by path. A file that was not there before has no line, and must not be there now.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping

from ostler.errors import OutsideError
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.proofs.model import ProofContext, ProofResult, Row, counted, from_rows
from ostler.facts.files import files_wanted
from ostler.facts.model import JsonValue, Unknown

NAMED = 3
"""How many files that differ are named for a host."""


def prove_bytes(context: ProofContext, release: str) -> ProofResult:
    """Every recorded file of every host is as it was, with a checksum of before and of now."""
    recorded = {host: files for host, files in _recorded(context).items() if _is_of_cloud(context, host)}
    requests = {host: files_wanted(host, sorted(files)) for host, files in recorded.items()}
    values = context.facts(*requests.values())
    checked = {host: _checked(host, recorded[host], values[request]) for host, request in requests.items()}
    sums = ", ".join(f"{host} {before}" for host, (before, _) in checked.items())
    files = sum(sha256 is not None for kept in recorded.values() for sha256 in kept.values())
    good = (
        f"{counted(files, 'recorded file')} on {counted(len(recorded), 'host')} have their bytes from before;"
        f" sha256 of each host's, before and now: {sums}"
    )
    return from_rows("bytes", [row for _, row in checked.values()], good)


def _is_of_cloud(context: ProofContext, host: str) -> bool:
    """Not so for hosts of a control plane that was given up: they are within reach and have no role."""
    return host not in context.cloud.hosts or bool(context.cloud.hosts[host].roles)


def checksum(files: Mapping[str, str | None]) -> str:
    """One sha256 for files, given by path and sha256 (None: it is not there)."""
    lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(files.items()) if sha256 is not None)
    return hashlib.sha256(lines.encode()).hexdigest()


def _checked(host: str, before: Mapping[str, str | None], value: JsonValue | Unknown) -> tuple[str, Row]:
    was = checksum(before)
    if isinstance(value, Unknown):
        return was, Row(host, False, f"its files could not be read: {value.reason}")
    now = {path: value[path]["sha256"] if path in value else None for path in before}
    differ = [path for path in sorted(before) if now[path] != before[path]]
    detail = f"{counted(len(before), 'recorded path')}: sha256 {was} before, {checksum(now)} now"
    if differ:
        more = f" and {len(differ) - NAMED} more" if len(differ) > NAMED else ""
        detail += f"; not as before: {', '.join(differ[:NAMED])}{more}"
    return was, Row(host, not differ, detail)


def _recorded(context: ProofContext) -> Mapping[str, Mapping[str, str | None]]:
    """{host: {path: sha256}} of the run that this one takes back."""
    run, home = context.folder.name, Home(context.folder.parents[1])
    with contextlib.closing(Journal(home)) as journal:
        taken_back = str(journal.runs.plan(run).request.get("run"))
        found: dict[str, dict[str, str | None]] = {}
        for file in journal.files.all(taken_back):
            found.setdefault(file.host, {})[file.path] = file.sha256
    if not found:
        raise OutsideError(
            "proofs.no-recorded-files",
            f"run {taken_back} recorded no files, so nothing can be compared",
            do_next="see what it did: ostler show",
        )
    return found
