"""A diagnosis from a folder of logs: read, judged, made a document or a page of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ostler.cli import log_sources
from ostler.cli.log_names import demand_names, demand_word, nothing_since
from ostler.cli.writing import write_whole
from ostler.diagnosis.asked import asked_first
from ostler.diagnosis.clocks import with_clocks_told
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.observing import observe
from ostler.diagnosis.of_logs import diagnose_logs
from ostler.errors import InputError
from ostler.logs.event import Level
from ostler.logs.folder import corrected
from ostler.logs.joining import family_of, requests_about
from ostler.logs.reading import Opened, Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.reporting.diagnosis_document import DiagnosisShown, diagnosis_shown


@dataclass(frozen=True)
class Asked:
    """What the operator asks about: a symptom in a user's words, a server, a request, hosts; and since when."""

    symptom: str = ""
    server: str | None = None
    request: str | None = None
    hosts: frozenset[str] = frozenset()
    since: str | None = None

    @property
    def about(self) -> str:
        """What that is, in words."""
        return ", ".join([*sorted(self.hosts), *filter(None, (self.request, self.server))])


def diagnose_folder(where: Path, asked: Asked) -> DiagnosisShown:
    """Read the logs of a folder and judge them: all of them, whatever is asked about."""
    with log_sources.of_folder(where, asked.since) as (opened, tally, begins):
        opened, clocks = corrected(opened)
        demand_names(opened, Wanted(hosts=asked.hosts))
        ids = _ids(asked, opened)
        seen = observe(in_order(opened, Wanted(Level.INFO, begins), tally), knowledge())
        if begins is not None and not seen.events and not tally.problems:
            raise nothing_since(opened, begins)
    unread = [problem.log.name for problem in tally.problems]
    found = with_clocks_told(diagnose_logs(seen, knowledge(), asked.symptom, unread, str(where)), clocks)
    return diagnosis_shown(asked_first(found, asked.hosts, ids, asked.about), tally, clocks=clocks)


def _ids(asked: Asked, opened: list[Opened]) -> set[str]:
    """The ids of the request with all its calls, or of the server and all requests in which it is named. Raises
    InputError when nothing names what is asked about."""
    if asked.request is not None:
        demand_word(opened, asked.request)
        return family_of([asked.request], opened, Tally()).ids
    if asked.server is not None:
        demand_word(opened, asked.server)
        return {asked.server, *requests_about(asked.server, opened, Tally())}
    return set()


def write_page(path: Path, document: DiagnosisShown, about: str) -> None:
    """Write the page. Raises InputError when that is not possible."""
    from ostler.reporting.diagnosis_html import diagnosis_to_html

    try:
        write_whole(path, diagnosis_to_html(document, about).encode("utf-8"))
    except OSError as error:
        raise InputError(
            "diagnosis.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="choose another --html"
        ) from None
