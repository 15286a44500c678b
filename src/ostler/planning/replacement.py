"""What a plan says of a control plane that is replaced: both of them, and from which stage on the new one is it.

Kept in the plan's request, so that the run, and its way back from any point, know both without any file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter

from ostler.catalog import is_past
from ostler.cloud.control_plane import ControlPlane, with_control_plane
from ostler.cloud.model import Cloud
from ostler.planning.model import Plan

KEY = "replacement"


@dataclass(frozen=True)
class Replacement:
    """Both control planes. `new_from` is the stage from which on the new one is the cloud's; None: it never is, as in
    the plan of a way back."""

    old: ControlPlane
    new: ControlPlane
    new_from: str | None = None

    @property
    def pairs(self) -> Mapping[str, str]:
        """Which old controller each new one takes the place of, by name."""
        return {new.name: old.name for old, new in zip(self.old.controllers, self.new.controllers, strict=False)}

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """Each old host's address and name, and those of the host that takes its place."""
        found = [(old.address, new.address) for old, new in zip(self.old.hosts, self.new.hosts, strict=False)]
        names = [(old.name, new.name) for old, new in zip(self.old.hosts, self.new.hosts, strict=False)]
        return (*found, *names)

    def before(self, cloud: Cloud) -> Cloud:
        """The cloud with its old control plane, and the new hosts within reach."""
        return with_control_plane(cloud, self.old, beside=self.new)

    def after(self, cloud: Cloud) -> Cloud:
        """The cloud with its new control plane, and the old hosts within reach."""
        return with_control_plane(cloud, self.new, beside=self.old)

    def told(self) -> dict[str, Any]:
        """As it is kept in a plan's request."""
        document: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return document


_ADAPTER: TypeAdapter[Replacement] = TypeAdapter(Replacement)


def replacement_of(plan: Plan) -> Replacement | None:
    """What a plan replaces; None when its cloud keeps its control plane."""
    told = plan.request.get(KEY)
    return None if told is None else _ADAPTER.validate_python(told, strict=False)


def cloud_at(plan: Plan, cloud: Cloud, stage: str) -> Cloud:
    """The cloud as a stage of the plan finds it; every host of both control planes is in it."""
    replacement = replacement_of(plan)
    if replacement is None:
        return cloud
    names = [each.name for each in plan.stages]
    turn = names.index(replacement.new_from) if replacement.new_from in names else len(names)
    return replacement.after(cloud) if names.index(stage) >= turn else replacement.before(cloud)


def cloud_within_reach(plan: Plan, cloud: Cloud) -> Cloud:
    """The cloud as the plan finds it when it begins, with every host that it works on."""
    cloud = seen_as_past(plan, cloud)
    return cloud_at(plan, cloud, plan.stages[0].name) if plan.stages else cloud


def seen_as_past(plan: Plan, cloud: Cloud) -> Cloud:
    """The cloud of the past release that a plan begins or ends at, whatever it is at now, so that services are looked
    for that went since; the cloud itself for other plans."""
    ends = (plan.request.get(end) for end in ("source", "target"))
    past = next((str(end) for end in ends if end is not None and is_past(str(end))), None)
    return cloud if past is None or is_past(cloud.release) else replace(cloud, release=past)
