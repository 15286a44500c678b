"""What the operator asks about, in a diagnosis of logs: all is judged, and what has to do with it comes first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ostler.diagnosis.model import Diagnosed, Diagnosis
from ostler.diagnosis.observing import Said
from ostler.errors import Finding, Severity


def asked_first(diagnosis: Diagnosis, hosts: Collection[str], ids: Collection[str], about: str) -> Diagnosis:
    """The same diagnosis, its findings with those first that are on one of the hosts, or of which a line names one of
    the ids or is from one of the hosts. Where none is, a note says so; ``about`` is what was asked about, in words."""
    if not hosts and not ids:
        return diagnosis
    has_to_do = [_has_to_do(each, hosts, ids) for each in diagnosis.findings]
    found = [*zip(has_to_do, diagnosis.findings, strict=True)]
    ordered = tuple(each for _, each in sorted(found, key=lambda one: not one[0]))
    notes = diagnosis.notes if any(has_to_do) or not found else (_nothing(about), *diagnosis.notes)
    return replace(diagnosis, findings=ordered, notes=notes)


def _has_to_do(found: Diagnosed, hosts: Collection[str], ids: Collection[str]) -> bool:
    """Whether it is about that, or shows in it."""
    said = [*found.evidence, *(each.said for each in found.cause_of)]
    return found.host in hosts or any(each.host in hosts or _names(each, ids) for each in said)


def _names(said: Said, ids: Collection[str]) -> bool:
    return said.request in ids or said.instance in ids or any(each in said.text for each in ids)


def _nothing(about: str) -> Finding:
    return Finding(
        code="diagnosis.nothing-of-it",
        severity=Severity.NOTE,
        subject=about,
        summary="nothing that was found has to do with it, as far as the lines tell",
        do_next="read what was logged of it: ostler logs with the same --host, --request or --server",
    )
