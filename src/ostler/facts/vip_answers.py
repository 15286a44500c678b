"""`vip.answers`: whether each API answers at the virtual address, asked from the operator's machine.

Value: {backend: {status, seconds}}; `status` is 0 when nothing answered. Unknown when the address cannot be reached
from here at all, which says nothing about the cloud's own clients.
"""

from __future__ import annotations

from collections.abc import Mapping

from ostler.catalog import Api, projects_of
from ostler.cloud.model import Cloud
from ostler.commands import WebAnswer
from ostler.facts.model import FactRequest, JsonValue, WebFact


def urls(cloud: Cloud, request: FactRequest) -> Mapping[str, str]:
    """Raises ValueError when the cloud has no virtual address."""
    if cloud.load_balancer is None:
        raise ValueError("the cloud file names no load balancer, so no virtual address")
    vip = cloud.load_balancer.vip
    host = f"[{vip}]" if ":" in vip else vip
    return {api.backend: f"http://{host}:{api.port}{api.health_path}" for api in apis(cloud)}


def apis(cloud: Cloud) -> tuple[Api, ...]:
    """Return the APIs of the cloud's release that every such cloud has."""
    return tuple(
        service.api
        for project in projects_of(cloud.release)
        for service in project.services(cloud.release)
        if service.api
    )


def parse(answers: Mapping[str, WebAnswer], cloud: Cloud, request: FactRequest) -> JsonValue:
    if answers and all(answer.status == 0 and answer.reason != "refused" for answer in answers.values()):
        reasons = ", ".join(sorted({answer.reason for answer in answers.values()}))
        raise ValueError(f"the virtual address cannot be reached from this machine: {reasons}")
    return {name: {"status": answer.status, "seconds": answer.seconds} for name, answer in answers.items()}


FACT = WebFact("vip.answers", urls, parse)
