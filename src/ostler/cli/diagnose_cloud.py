"""A diagnosis of a living cloud: read, judged, made a document of."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from ostler.catalog import load_catalog
from ostler.cli.diagnose_logs import Asked
from ostler.cli.log_sources import LATELY, opened_logs
from ostler.cli.log_times import since_of
from ostler.cli.progress import reading
from ostler.cloud.model import Cloud
from ostler.diagnosis.changes import Change
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, diagnose_cloud, projects_meant
from ostler.diagnosis.model import Verdict
from ostler.diagnosis.observing import observe
from ostler.diagnosis.settings_since import settings_in
from ostler.diagnosis.unusual import Healthy, trouble_in
from ostler.execution.home import find_home
from ostler.execution.last_healthy import keep_healthy, last_healthy
from ostler.execution.live_logs import LiveWanted
from ostler.execution.looking_into import look_into
from ostler.logs.event import Level
from ostler.logs.folder import corrected
from ostler.logs.reading import Opened, Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.reporting.diagnosis_document import DiagnosisShown
from ostler.reporting.diagnosis_living import living_shown
from ostler.rules.component import Component

MOST_BYTES = 1 << 18
"""Of one log of one host; of more, the newest."""


def diagnose_living(cloud: Cloud, asked: Asked, *, as_json: bool) -> DiagnosisShown:
    """Look into a cloud and judge it."""
    for name in asked.hosts:
        cloud.host(name)
    begins = since_of(asked.since or LATELY, time.time())
    words = (asked.request,) if asked.request else ()
    with tempfile.TemporaryDirectory(prefix="ostler-diagnosis-") as name:
        folder = Path(name)
        with reading(cloud, as_json=as_json):
            looked = look_into(cloud, LiveWanted(begins, "warning", most_bytes=MOST_BYTES), words, folder)
        opened, tally = opened_logs(folder / "warnings", looked.logs)
        opened, clocks = corrected(opened)
        seen = observe(in_order(opened, Wanted(Level.WARNING, begins), tally), knowledge(), hears=False)
        way, of_way = opened_logs(folder / "words", looked.way) if looked.way else ([], Tally())
        for each in of_way.problems:
            tally.tell(each.log, each.says)
        focus = _focus(asked, _on_the_way(way))
    runs = [Change(run.began_at, "Ostler", f"run {run.id} began: {run.title}") for run in looked.runs]
    are_logs_read = not {where for where, _ in looked.logs.problems} & set(cloud.hosts)
    home = find_home()
    healthy = last_healthy(cloud.name, home)
    found = diagnose_cloud(
        looked.snapshot, load_catalog(), seen, knowledge(), focus, asked.symptom, runs, looked.works,
        are_logs_read=are_logs_read, logs_since=None if looked.logs.is_cut else begins, healthy=healthy,
        clocks=clocks,
    )  # fmt: skip
    if found.verdict is Verdict.HEALTHY:
        usual = healthy.again(seen) if healthy else trouble_in(seen)
        keep_healthy(cloud.name, home, Healthy(settings_in(looked.snapshot), usual))
    return living_shown(found, tally, cloud.name, clocks)


def _focus(asked: Asked, way: tuple[Component, ...]) -> Focus:
    parts = (*way, *((Component("server", asked.server),) if asked.server else ()))
    return Focus(parts, asked.hosts, projects_meant(asked.symptom))


def _on_the_way(opened: list[Opened]) -> tuple[Component, ...]:
    """The services that logged something of a request."""
    events = in_order(opened, Wanted(Level.DEBUG), Tally())
    met = {Component("service", event.service, event.host): None for event in events if event.service and event.host}
    return tuple(met)
