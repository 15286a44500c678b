"""From a snapshot to the status of a cloud: every service, what it stands on, the findings, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ostler.cloud.model import Cloud
from ostler.deployment.paths import ENVIRONMENTS_DIR
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, Snapshot, Unknown, wanted
from ostler.facts.vip_answers import urls
from ostler.reporting.status_model import OTHER_PATH, ServiceState, StatusDocument
from ostler.reporting.status_parts import judge_parts
from ostler.reporting.status_services import FIRST_FAILURE, Trouble, judge_services

WORST_FIRST = (Severity.FAILURE, Severity.WARNING, Severity.NOTE)


def status_of(snapshot: Snapshot, only: str | None = None) -> StatusDocument:
    """Return the status of a cloud; `only` restricts it to the services of one host."""
    cloud = snapshot.cloud
    hosts = (only,) if only else tuple(cloud.hosts)
    judged = list(judge_services(snapshot, hosts))
    parts = [] if only else list(judge_parts(snapshot))
    findings = [
        *_not_read(snapshot, hosts),
        *(finding for _, found in parts for finding in found),
        *_at_vip(snapshot),
        *_about_services(judged),
        *_about_versions(cloud, [state for state, _ in judged]),
        *_about_other_paths(cloud, [state for state, _ in judged]),
    ]
    findings.sort(key=lambda finding: WORST_FIRST.index(finding.severity))
    states = tuple(state for state, _ in judged)
    return StatusDocument(
        cloud=cloud.name,
        release=cloud.release,
        taken_at=snapshot.taken_at,
        hosts=hosts,
        verdict=_verdict(states, findings),
        services=states,
        at_vip={name: answer["status"] for name, answer in (snapshot.known("vip.answers") or {}).items()},
        parts=tuple(part for part, _ in parts),
        findings=tuple(findings),
    )


def _verdict(states: tuple[ServiceState, ...], findings: list[Finding]) -> str:
    failures = sum(1 for finding in findings if finding.severity is Severity.FAILURE)
    warnings = sum(1 for finding in findings if finding.severity is Severity.WARNING)
    if failures:
        also = f", and {_count(warnings, 'more deserves', 'more deserve')} a look" if warnings else ""
        return f"{_count(failures, 'thing is', 'things are')} wrong{also}:"
    fine = sum(1 for state in states if state.is_ok)
    some = f"all {fine} services answer" if fine == len(states) else f"{fine} of {len(states)} services answer"
    return f"{some}; {_count(warnings, 'thing deserves', 'things deserve')} a look:" if warnings else some


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _not_read(snapshot: Snapshot, hosts: tuple[str, ...]) -> Iterator[Finding]:
    """Yield one finding per host of `hosts` that could not be asked, and one per reason why other facts could not be
    read."""
    unreachable: dict[str, Unknown] = {}
    others: dict[Unknown, list[FactRequest]] = {}
    for request, unknown in snapshot.unknown():
        if request.host and request.host not in hosts:
            continue
        if request.host and unknown.code:
            unreachable[request.host] = unknown
        elif request.fact not in JUDGED_WITH_THEIR_PART:
            others.setdefault(unknown, []).append(request)
    for host, unknown in unreachable.items():
        yield Finding(
            unknown.code, Severity.FAILURE, host, "the host could not be asked", unknown.reason, "an answer",
            unknown.do_next or "look at the host and at the way to it",
        )  # fmt: skip
    for unknown, requests in others.items():
        subject = ", ".join(map(str, requests))
        do_next = unknown.do_next or "put right what it says, then: ostler status"
        yield Finding(
            "status.not-read", Severity.WARNING, subject, "could not be read", unknown.reason, "an answer", do_next
        )


JUDGED_WITH_THEIR_PART = ("galera.node", "rabbitmq.node", "haproxy.servers", "vip.answers")


def _at_vip(snapshot: Snapshot) -> Iterator[Finding]:
    answers = snapshot.known("vip.answers") or {}
    asked = urls(snapshot.cloud, wanted("vip.answers")) if answers else {}
    for name, answer in answers.items():
        status = answer["status"]
        if not 0 < status < FIRST_FAILURE:
            yield Finding(
                "status.no-answer-at-vip", Severity.FAILURE, name, "clients get no answer at the virtual address",
                f"{asked.get(name, name)} answers {status or 'nothing'}", "a status below 400",
                "see the state of its services and of the load balancer below",
            )  # fmt: skip


def _about_services(judged: Iterable[tuple[ServiceState, Trouble | None]]) -> Iterator[Finding]:
    """Yield one finding per service and kind of trouble, naming all its hosts."""
    groups: dict[tuple[str, Trouble], list[str]] = {}
    for state, trouble in judged:
        if trouble and trouble.code:
            groups.setdefault((state.service, trouble), []).append(state.host)
    for (service, trouble), hosts in groups.items():
        yield Finding(
            trouble.code, trouble.severity, f"{service} on {', '.join(hosts)}", trouble.summary, do_next=trouble.do_next
        )


def _about_versions(cloud: Cloud, states: list[ServiceState]) -> Iterator[Finding]:
    """Yield a warning when what runs is not, or not everywhere, of the release the cloud file names."""
    others: dict[str, list[str]] = {}
    for state in states:
        if state.release is not None and state.release != cloud.release:
            others.setdefault(state.release, []).append(f"{state.service}@{state.host}")
    for release, services in others.items():
        yield Finding(
            "status.other-release", Severity.WARNING, cloud.name,
            f"{_count(len(services), 'service runs', 'services run')} {release}, not the cloud file's {cloud.release}",
            release, cloud.release,
            "finish the upgrade or the rollback; or correct `release` in the cloud file when it is done",
            tuple(services),
        )  # fmt: skip


def _about_other_paths(cloud: Cloud, states: list[ServiceState]) -> Iterator[Finding]:
    """Yield one note about all services that are well, but whose code Ostler does not know."""
    others = tuple(f"{state.service}@{state.host}" for state in states if state.word == OTHER_PATH)
    if others:
        says = _count(len(others), "service runs", "services run")
        yield Finding(
            "status.other-layout", Severity.NOTE, cloud.name,
            f"{says} code that does not lie below {ENVIRONMENTS_DIR}: the version is unknown", "another path",
            "an environment of Ostler's", "look at it with Ostler; upgrade it with the tool that deployed it", others,
        )  # fmt: skip
