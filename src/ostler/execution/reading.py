"""Reads facts of a cloud: one round trip per host however many facts are asked for, hosts and APIs side by side.

Nothing here raises for what the outside world does: a fact that could not be read is Unknown, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from ostler.cloud.model import Cloud
from ostler.commands import ApiResponse, Command, CommandResult, WebAnswer
from ostler.errors import InputError, OutsideError
from ostler.execution.clock_reading import TimedTransport
from ostler.execution.questions import status_requests, upgrade_requests
from ostler.facts.api_pages import next_page
from ostler.facts.model import ApiFact, FactRequest, HostFact, JsonValue, Snapshot, Unknown, WebFact
from ostler.facts.registry import fact
from ostler.remote.protocol import Api, Transport

__all__ = ["read_facts", "read_snapshot", "status_requests", "upgrade_requests"]

AT_ONCE = 50
MOST_PAGES = 1000

Values = dict[FactRequest, JsonValue | Unknown]
Web = Callable[[str], WebAnswer]
"""Sends a GET of a URL without credentials (remote.web.get)."""

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class _Question:
    """One host fact as asked: where it goes now, where else it may go, and its commands."""

    request: FactRequest
    fact: HostFact
    hosts: tuple[str, ...]
    commands: tuple[Command, ...]


def read_facts(
    cloud: Cloud, transport: Transport, api: Api | None, requests: Iterable[FactRequest], web: Web | None = None
) -> Values:
    """Return the value of every fact asked for; Unknown for those that could not be read.

    `api` may be None when the cloud file names no credentials, `web` when nothing is to be asked from this machine.
    Raises KeyError only for a fact that does not exist.
    """
    wanted = list(dict.fromkeys(requests))
    values: Values = {}
    questions: list[_Question] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reading") as pool:
        asked: dict[FactRequest, Future[JsonValue | Unknown]] = {}
        for request in wanted:
            known = fact(request.fact)
            if isinstance(known, ApiFact):
                asked[request] = pool.submit(_read_api, cloud, api, request, known)
            elif isinstance(known, WebFact):
                asked[request] = pool.submit(_read_web, cloud, web, request, known)
            else:
                try:
                    questions.append(_question(cloud, request, known))
                except (ValueError, InputError) as error:
                    values[request] = Unknown(_words(error))
        values.update(_read_hosts(cloud, transport, questions, pool))
        values.update({request: future.result() for request, future in asked.items()})
    return {request: values[request] for request in wanted}


def read_snapshot(
    cloud: Cloud,
    transport: Transport,
    api: Api | None,
    requests: Iterable[FactRequest],
    now: Callable[[], float],
    web: Web | None = None,
) -> Snapshot:
    """Return all facts asked for as a snapshot taken `now` (seconds since the epoch, read before the first)."""
    taken_at = now()
    timed = TimedTransport(transport, now)
    return Snapshot(cloud, taken_at, read_facts(cloud, timed, api, requests, web), timed.clock_read)


def _question(cloud: Cloud, request: FactRequest, known: HostFact) -> _Question:
    if request.host is not None:
        hosts: Sequence[str] = (request.host,)
    elif known.choose_hosts is not None:
        hosts = known.choose_hosts(cloud, request)
    else:
        raise ValueError(f"{request.fact} can only be asked of a host")
    for host in hosts:
        cloud.host(host)
    commands = tuple(known.commands(cloud, request))
    if not all(command.is_read_only for command in commands):
        raise AssertionError(f"the fact {request.fact} asks with a command that is not read-only")
    return _Question(request, known, tuple(hosts), commands)


def _read_hosts(cloud: Cloud, transport: Transport, questions: Sequence[_Question], pool: ThreadPoolExecutor) -> Values:
    """Read host facts; a cloud-wide one that its first host did not answer is asked of the next."""
    values: Values = {}
    left = list(questions)
    while left:
        by_host = _grouped(left, lambda question: question.hosts[0])
        # One host needs no thread: a wait reads one host again and again.
        side_by_side = map if len(by_host) == 1 else pool.map
        for found in side_by_side(lambda item: _read_host(cloud, transport, *item), by_host.items()):
            values.update(found)
        left = [
            _Question(question.request, question.fact, question.hosts[1:], question.commands)
            for question in left
            if isinstance(values[question.request], Unknown) and len(question.hosts) > 1
        ]
    return values


def _read_host(cloud: Cloud, transport: Transport, host: str, questions: Sequence[_Question]) -> Values:
    """Read everything that is asked of one host, in one round trip."""
    commands = [command for question in questions for command in question.commands]
    try:
        results = transport.run_batch(host, commands)
    except OutsideError as error:
        return {question.request: Unknown(error.summary, error.code, error.do_next) for question in questions}
    values: Values = {}
    for question in questions:
        mine, results = results[: len(question.commands)], results[len(question.commands) :]
        values[question.request] = _parsed(question, mine, cloud)
    return values


def _parsed(question: _Question, results: Sequence[CommandResult], cloud: Cloud) -> JsonValue | Unknown:
    try:
        return question.fact.parse(results, cloud, question.request)
    except ValueError as error:
        return Unknown(_words(error))


def _read_api(cloud: Cloud, api: Api | None, request: FactRequest, known: ApiFact) -> JsonValue | Unknown:
    if api is None:
        return Unknown("the cloud file names no credentials for the APIs")
    try:
        responses: list[ApiResponse] = []
        for first in known.requests(cloud, request):
            following = first
            for _ in range(MOST_PAGES):
                responses.append(api.call(following))
                after = next_page(following, responses[-1])
                if after is None:
                    break
                following = after
            else:
                raise ValueError(f"{first} has more than {MOST_PAGES} pages")
        return known.parse(responses, cloud, request)
    except (OutsideError, InputError) as error:
        return Unknown(error.summary, error.code, error.do_next)
    except ValueError as error:
        return Unknown(_words(error))


def _read_web(cloud: Cloud, web: Web | None, request: FactRequest, known: WebFact) -> JsonValue | Unknown:
    if web is None:
        return Unknown("nothing was asked from this machine")
    try:
        urls = known.urls(cloud, request)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="web") as pool:
            answers = dict(zip(urls, pool.map(web, urls.values()), strict=True))
        return known.parse(answers, cloud, request)
    except ValueError as error:
        return Unknown(_words(error))


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> Mapping[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _words(error: Exception) -> str:
    return error.summary if isinstance(error, InputError) else str(error)
