"""What is demanded of an API while a run works on its cloud, beyond that no request fails; and of the probe."""

from __future__ import annotations

from collections.abc import Collection

from ostler.catalog import Catalog
from ostler.execution.probe.figures import ApiFigures
from ostler.execution.probe.identity import API_TYPES
from ostler.planning.model import Plan

LONGEST_WAIT_S = 6.0
"""How long a request may wait for its answer."""

LONGEST_WAIT_HELD_S = 15.0
"""The same, of an API whose requests the plan holds at the load balancers for some seconds."""

LEAST_PER_SECOND = 5.0
"""An API that is asked more seldom is not watched closely enough."""

HOLD = "hold-requests"


def longest_wait_s(api: str, held: Collection[str]) -> float:
    """Return how long a request to an API may wait; ``held`` are those whose requests the plan holds."""
    return LONGEST_WAIT_HELD_S if api in held else LONGEST_WAIT_S


def beyond_limits(seen: ApiFigures, held: Collection[str]) -> list[str]:
    """Say what is not as demanded, each with its limit; an API nobody asked was not asked often enough."""
    limit_s = longest_wait_s(seen.api, held)
    found = []
    if (seen.longest_stall_s or 0.0) > limit_s:
        found.append(f"a request waited {seen.longest_stall_s:.1f} s ({seen.longest_stall_op}), over {limit_s:.0f} s")
    if seen.per_second < LEAST_PER_SECOND:
        found.append(f"asked {seen.per_second:.1f} times a second, under {LEAST_PER_SECOND:.0f}")
    return found


def held_apis(catalog: Catalog, plan: Plan) -> frozenset[str]:
    """Return the APIs, by the probe's names, whose requests a plan holds."""
    backends = {str(step.params["backend"]) for _, _, step in plan.steps() if step.kind == HOLD}
    types = {
        service.api.service_type
        for project in catalog.projects
        for release in project.releases
        for service in project.services(release)
        if service.api is not None and service.api.backend in backends
    }
    return frozenset(api for api, kinds in API_TYPES.items() if types & set(kinds))
