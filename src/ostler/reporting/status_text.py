"""The status of a cloud as text for a terminal: the verdict first, then a table per project, then what it stands on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from ostler.errors import Finding, Severity
from ostler.reporting.status_model import ServiceState, StatusDocument

WIDTH = 110
NAME_WIDTH = 27
GAP = 2
LONGEST_SUBJECT = 60
MARKS = {Severity.FAILURE: "", Severity.WARNING: "(look) ", Severity.NOTE: "(note) "}


def status_text(document: StatusDocument) -> str:
    """Return the status as lines of at most WIDTH columns; the first one is the verdict."""
    lines = [document.verdict]
    for number, finding in enumerate(document.findings, 1):
        lines += _finding(number, finding)
    taken = datetime.fromtimestamp(document.taken_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    lines += ["", f"cloud {document.cloud}, release {document.release}, read {taken}"]
    for project in dict.fromkeys(state.project for state in document.services):
        lines += ["", *_project(document, project)]
    if document.parts:
        lines += ["", *_parts(document)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _finding(number: int, finding: Finding) -> Iterator[str]:
    mark = MARKS[finding.severity]
    subject = textwrap.shorten(finding.subject, LONGEST_SUBJECT, placeholder=" …")
    found = f": {finding.found}" if finding.found else ""
    yield from _wrapped(f"{number:3}. ", f"{mark}{subject}: {finding.summary}{found}")
    if finding.do_next:
        yield from _wrapped("     → ", finding.do_next)


def _wrapped(indent: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )


def _project(document: StatusDocument, project: str) -> Iterator[str]:
    """Yield the table of one project: a line per service, a column per host, in as many blocks as needed."""
    states = [state for state in document.services if state.project == project]
    versions = sorted({state.version for state in states if state.version})
    title = f"{project} {versions[0]}" if len(versions) == 1 else project
    cells = {(state.service, state.host): _cell(state, len(versions) > 1) for state in states}
    services = list(dict.fromkeys(state.service for state in states))
    hosts = [host for host in document.hosts if any((service, host) in cells for service in services)]
    columns = _columns(services, hosts, cells)
    vips = {service: _vip(document, service, states) for service in services}
    if any(vips.values()):
        columns.append(("at the VIP", [vips[service] for service in services]))
    for block in _blocks(columns):
        widths = [max(len(head), *(len(cell) for cell in column)) + GAP for head, column in block]
        heads = "".join(head.ljust(width) for (head, _), width in zip(block, widths, strict=True))
        yield f"{title:{NAME_WIDTH}}{heads}"
        for index, service in enumerate(services):
            row = "".join(column[index].ljust(width) for (_, column), width in zip(block, widths, strict=True))
            if row.strip():
                yield f"  {service:{NAME_WIDTH - 2}}{row}"


Column = tuple[str, list[str]]


def _columns(services: list[str], hosts: list[str], cells: dict[tuple[str, str], str]) -> list[Column]:
    """Return a column per host; beyond what fits in one block, hosts with equal columns share one."""
    columns = {host: [cells.get((service, host), "") for service in services] for host in hosts}
    separate = list(columns.items())
    if len(list(_blocks(separate))) <= 1:
        return separate
    alike: dict[tuple[str, ...], list[str]] = {}
    for host, column in columns.items():
        alike.setdefault(tuple(column), []).append(host)
    return [
        (group[0] if len(group) == 1 else f"{group[0]}…{group[-1]} ({len(group)})", list(column))
        for column, group in alike.items()
    ]


def _blocks(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Yield the columns in groups that fit beside the names."""
    block: list[Column] = []
    left = WIDTH - NAME_WIDTH
    for head, column in columns:
        width = max(len(head), *(len(cell) for cell in column)) + GAP
        if block and width > left:
            yield block
            block, left = [], WIDTH - NAME_WIDTH
        block.append((head, column))
        left -= width
    if block:
        yield block


def _cell(state: ServiceState, is_mixed: bool) -> str:
    if state.is_ok and is_mixed:
        return state.version or state.word
    return f"{state.word} {state.version}" if is_mixed and state.version else state.word


def _vip(document: StatusDocument, service: str, states: list[ServiceState]) -> str:
    from ostler.catalog import load_catalog

    project = next(state.project for state in states if state.service == service)
    for known in load_catalog().project(project).data.services:
        if known.name == service and known.api and known.api.backend in document.at_vip:
            return str(document.at_vip[known.api.backend] or "no answer")
    return ""


def _parts(document: StatusDocument) -> Iterator[str]:
    for part in document.parts:
        mark = "" if part.is_ok else "  (!)"
        yield from textwrap.wrap(
            f"{part.says}{mark}", WIDTH, initial_indent=f"{part.name:{NAME_WIDTH}}", subsequent_indent=" " * NAME_WIDTH
        )
