"""Looks into a cloud that is ill: its facts and the last minutes of its logs side by side, within a time limit.

Whatever hangs, the look ends in time: what was not answered by then is unknown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ostler.cloud.model import Cloud
from ostler.diagnosis.at_work import Work
from ostler.errors import OstlerError
from ostler.execution.connecting import connect_api, connect_hosts
from ostler.execution.home import JOURNAL_NAME, Home, find_home
from ostler.execution.in_hand import either, work_elsewhere, works_on
from ostler.execution.journal import Journal
from ostler.execution.live_logs import LiveAnswer, LiveWanted, fetch_logs
from ostler.execution.reading import Web, read_snapshot
from ostler.execution.records import RunRecord
from ostler.execution.second_look import look_again
from ostler.execution.time_limits import HurriedApi, HurriedTransport, TimeLimit
from ostler.facts.model import FactRequest, Snapshot, Unknown, wanted
from ostler.remote.protocol import Api, Transport
from ostler.remote.web import get
from ostler.rules.engine import facts_needed
from ostler.rules.loader import load_rules
from ostler.rules.model import Purpose

LOOK_S = 20.0
"""All of the looking must be over by then."""

HOST_S, COMMAND_S, API_S = 17.0, 7.0, 12.0
"""How long one host may take for all that is asked of it, one command on it, and one request to an API."""

LOGS_S = 18.0
"""When the hosts' logs must have come: those that came are then still laid out, however many hosts hang."""

SECOND_LOOK_S, READ_AGAIN_S = 8.0, 2.0
"""What a second look takes at least, with its pause and without it; with less left, there is none."""

NO_TIME = Unknown("there was no time to look again")
"""Stands for a second look there was no time for: what must be seen twice is unknown then."""


@dataclass(frozen=True)
class LookedInto:
    """What was seen: the facts, and what came of the logs into the folder ``warnings`` of the one that was named;
    ``way`` is what came into ``words``: all that names what was asked for (None: nothing was);
    ``runs`` are Ostler's own runs on the cloud, from the journal of this machine, and ``works`` what those of them that
    were under way meanwhile had in hand, and that another machine carries one out."""

    snapshot: Snapshot
    logs: LiveAnswer
    way: LiveAnswer | None = None
    runs: tuple[RunRecord, ...] = ()
    works: tuple[Work, ...] = ()


@dataclass(frozen=True)
class Doors:
    """The ways into a cloud, and its time; ``logs`` is the way to the hosts' logs."""

    transport: Transport
    api: Api | None
    logs: Transport
    web: Web | None = get
    now: Callable[[], float] = time.time
    pause: Callable[[float], None] = time.sleep


def diagnosis_requests(cloud: Cloud) -> tuple[FactRequest, ...]:
    """The facts that a diagnosis reads: those its rules name, and what changed on each host."""
    changed = (wanted("host.changed_recently", host) for host in cloud.hosts)
    return (*facts_needed(load_rules(), cloud, Purpose.DIAGNOSIS), *changed)


def look_into(cloud: Cloud, logs: LiveWanted, words: tuple[str, ...], folder: Path) -> LookedInto:
    """Read the facts and logs of a cloud; with ``words``, also what names one of them, however unimportant.

    Raises InputError for credentials that are named but not there.
    """
    limit, home, began_at = TimeLimit(LOOK_S), find_home(), time.time()
    works = works_on(cloud, home)
    transport = connect_hosts(cloud)
    with ExitStack() as stack:
        hosts = stack.enter_context(closing(HurriedTransport(transport, limit, HOST_S, COMMAND_S)))
        apis = HurriedApi(connect_api(cloud), limit, API_S) if cloud.api else None
        if apis:
            stack.callback(apis.close)
        doors = Doors(hosts, apis, HurriedTransport(transport, TimeLimit(LOGS_S), HOST_S, HOST_S))
        others = stack.enter_context(ThreadPoolExecutor(1)).submit(work_elsewhere, cloud, home, hosts)
        looked = look_through(cloud, doors, diagnosis_requests(cloud), logs, words, folder, limit)
        works = either(works, works_on(cloud, home, began_at))
        elsewhere = either(others.result(), work_elsewhere(cloud, home, hosts))
        return replace(looked, runs=runs_on(cloud, home), works=(*works, *elsewhere))


def runs_on(cloud: Cloud, home: Home) -> tuple[RunRecord, ...]:
    """The runs on a cloud that the journal of this machine knows; none when there is no journal, or it is broken."""
    if not (home.folder / JOURNAL_NAME).exists():
        return ()
    with suppress(OstlerError), closing(Journal(home)) as journal:
        return tuple(run for run in journal.runs.all() if run.cloud == cloud.name)
    return ()


def look_through(
    cloud: Cloud,
    doors: Doors,
    requests: Iterable[FactRequest],
    logs: LiveWanted,
    words: tuple[str, ...],
    folder: Path,
    limit: TimeLimit,
) -> LookedInto:
    """Read facts and logs through doors that are open."""
    hosts = sorted(cloud.hosts)
    answers: dict[str, LiveAnswer] = {}

    def fetch() -> None:
        answers["warnings"] = fetch_logs(doors.logs, hosts, logs, folder / "warnings")
        if words:
            named = replace(logs, level="debug", words=words)
            answers["words"] = fetch_logs(doors.logs, hosts, named, folder / "words")

    fetching = threading.Thread(target=fetch, name="logs", daemon=True)
    fetching.start()
    snapshot = read_snapshot(cloud, doors.transport, doors.api, requests, doors.now, doors.web)
    if (left_s := limit.left_s) >= READ_AGAIN_S:
        # What took so long to read was seen long enough ago.
        pause = doors.pause if left_s >= SECOND_LOOK_S else lambda _: None
        snapshot = look_again(snapshot, doors.transport, doors.api, None, doors.now, pause, is_diagnosis=True)
    else:
        snapshot = replace(snapshot, later=replace(snapshot, values=dict.fromkeys(snapshot.values, NO_TIME)))
    fetching.join(limit.left_s)
    late = LiveAnswer(problems=[(host, "its logs did not come in time") for host in hosts])
    return LookedInto(snapshot, answers.get("warnings", late), answers.get("words", late) if words else None)
