"""`apis`: every API answers, on each controller directly, and through the virtual address with something real."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ostler.commands import ApiRequest
from ostler.errors import OstlerError
from ostler.execution.proofs.model import ProofContext, ProofResult, Row, from_rows
from ostler.facts.model import Unknown, wanted
from ostler.facts.service_units import expected_services

QUESTIONS: Mapping[str, tuple[str, str]] = {
    "identity": ("/users", "users"),
    "image": ("/v2/images?limit=1", "images"),
    "placement": ("/resource_providers", "resource_providers"),
    "compute": ("/servers?limit=1", "servers"),
    "network": ("/v2.0/networks?limit=1", "networks"),
    "volumev3": ("/volumes?limit=1", "volumes"),
}
"""What each service type is asked for, and the key its answer must have."""


def prove_apis(context: ProofContext, release: str) -> ProofResult:
    """Each API that a host's roles have in ``release`` answers there below 400, and each in the identity catalog
    lists something through its endpoint."""
    rows = [*_direct(context), *_through_catalog(context)]
    return from_rows("apis", rows, f"all {len(rows)} answer")


def _direct(context: ProofContext) -> Iterator[Row]:
    hosts = [host for host in context.cloud.hosts if any(s.api for _, s in expected_services(context.cloud, host))]
    requests = {host: wanted("host.answers", host) for host in hosts}
    values = context.facts(*requests.values())
    for host, request in requests.items():
        value = values[request]
        if isinstance(value, Unknown):
            yield Row(host, False, f"could not be asked: {value.reason}")
            continue
        for backend, answer in value.items():
            status = int(answer["status"])
            detail = f"{status} in {answer['seconds']:.2f} s" if status else "no answer"
            yield Row(f"{backend} on {host}", 0 < status < 400, detail)


def _through_catalog(context: ProofContext) -> Iterator[Row]:
    api = context.need_api()
    for service, (path, key) in QUESTIONS.items():
        try:
            answer = api.call(ApiRequest(service, "GET", path))
        except OstlerError as error:
            yield Row(f"{service} through its endpoint", False, error.summary)
            continue
        ok = isinstance(answer.body, dict) and key in answer.body
        detail = f"{answer.status} in {answer.seconds:.2f} s" if ok else f"{answer.status}, but without {key!r}"
        yield Row(f"{service} through its endpoint", ok, detail)
