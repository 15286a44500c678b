"""A diagnosis from a folder of logs: read, judged, made a document or a page of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ostler.cli import log_sources
from ostler.cli.writing import write_whole
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.observing import observe
from ostler.diagnosis.of_logs import diagnose_logs
from ostler.errors import InputError
from ostler.logs.event import Level
from ostler.logs.folder import compare_clocks, with_clocks
from ostler.logs.joining import family_of, requests_about
from ostler.logs.reading import Opened, Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted, any_of
from ostler.reporting.diagnosis_document import DiagnosisShown, diagnosis_shown


@dataclass(frozen=True)
class Asked:
    """What the operator asks about: a symptom in a user's words, a server, a request, hosts; and since when."""

    symptom: str = ""
    server: str | None = None
    request: str | None = None
    hosts: frozenset[str] = frozenset()
    since: str | None = None


def diagnose_folder(where: Path, asked: Asked) -> DiagnosisShown:
    """Read the logs of a folder and judge them."""
    with log_sources.of_folder(where, asked.since) as (opened, tally, begins):
        opened = with_clocks(opened, compare_clocks(opened, Tally()))
        wanted = _about(Wanted(Level.INFO, begins, None, asked.hosts), opened, asked.server, asked.request)
        seen = observe(in_order(opened, wanted, tally), knowledge())
    unread = [problem.log.name for problem in tally.problems]
    return diagnosis_shown(diagnose_logs(seen, knowledge(), asked.symptom, unread, str(where)), tally)


def _about(wanted: Wanted, opened: list[Opened], server: str | None, request: str | None) -> Wanted:
    """Narrow what is wanted to one request with all its calls, or to all requests in which a server is named."""
    if request is not None:
        return family_of([request], opened, Tally()).wanted(wanted)
    if server is not None:
        return replace(wanted, words=any_of([server, *requests_about(server, opened, Tally())]))
    return wanted


def write_page(path: Path, document: DiagnosisShown, about: str) -> None:
    """Write the page. Raises InputError when that is not possible."""
    from ostler.reporting.diagnosis_html import diagnosis_to_html

    try:
        write_whole(path, diagnosis_to_html(document, about).encode("utf-8"))
    except OSError as error:
        raise InputError(
            "diagnosis.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="choose another --html"
        ) from None
