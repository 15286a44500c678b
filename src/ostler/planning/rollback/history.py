"""What a run did, as data taken from its journal: all that a way back is planned from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.catalog.service import Service
from ostler.deployment.venv import UNIT_DIR
from ostler.errors import InputError
from ostler.planning.model import Plan
from ostler.steps.model import Remembered, Step

HOLD = "hold-requests"


@dataclass(frozen=True)
class RecordedFile:
    """A file as it was when the run first kept it: sha256 (hex), mode as octal text, owner and group by name."""

    sha256: str
    mode: str
    owner: str
    group: str


@dataclass(frozen=True)
class RunHistory:
    """`touched` are the ids of steps that began (their intent is in the journal), whatever became of them; `done` those
    whose outcome is a success; `remembered` the facts steps recorded before they acted; `files` what was kept, by host
    and path (None: the path did not exist); `open_loans` step id -> loan; `inventory` what was there at the start;
    `later` the upgrade runs that changed the cloud since and were not taken back; `state` where the run is; `newest`
    the run that was begun last on its cloud, whatever it does."""

    run_id: str
    plan: Plan
    touched: frozenset[str]
    done: frozenset[str]
    remembered: Mapping[str, Remembered] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, RecordedFile | None]] = field(default_factory=dict)
    open_loans: Mapping[str, str] = field(default_factory=dict)
    inventory: Mapping[str, Any] = field(default_factory=dict)
    is_taken_back: bool = False
    is_alive: bool = False
    later: tuple[str, ...] = ()
    state: str = ""
    newest: str = ""

    @property
    def is_fast_forward(self) -> bool:
        """Whether every service was stopped by the run, and none served while it was at work."""
        return self.plan.is_fast_forward

    @property
    def has_changed_databases(self) -> bool:
        """Whether any command of a later release began to change a database."""
        ids = (step.id for _, _, step in self.plan.steps() if "schema" in step.params)
        return any(step_id in self.touched for step_id in ids)

    def begun(self, kind: str) -> tuple[Step, ...]:
        """The steps of a kind that were begun, whatever became of them."""
        steps = (step for _, _, step in self.plan.steps())
        return tuple(step for step in steps if step.kind == kind and step.id in self.touched)

    def began(self, prefix: str) -> bool:
        """Whether any step whose id begins so was begun."""
        return any(step_id.startswith(prefix) for step_id in self.touched)

    @property
    def held(self) -> frozenset[str]:
        """The projects whose requests the run held and never let go: their APIs may be away."""
        steps = [step for _, _, step in self.plan.steps()]
        let_go = {step.returns for step in steps if step.id in self.done}
        held = [step for step in steps if step.kind == HOLD and step.id in self.touched]
        return frozenset(_held_project(step) for step in held if step.lends not in let_go)

    @property
    def without_overlap(self) -> frozenset[str]:
        """The projects whose requests the run's plan holds: their old and new code must not run side by side."""
        return frozenset(_held_project(step) for _, _, step in self.plan.steps() if step.kind == HOLD)

    def standing(self) -> dict[str, Any]:
        """How the run stands, in short: kept in the plan of a way back, which is stale as soon as it differs."""
        steps = json.dumps([sorted(self.touched), sorted(self.done)])
        return {
            "state": self.state,
            "newest": self.newest,
            "begun": len(self.touched),
            "done": len(self.done),
            "steps": hashlib.sha256(steps.encode()).hexdigest()[:16],
        }

    @property
    def schema_at_dump(self) -> Mapping[str, list[str]] | None:
        """Each database's revisions when the run dumped it; None when it did not. They can be newer than the release
        the cloud was at: an earlier way back leaves them so."""
        for _, _, step in self.plan.steps():
            if step.kind == "dump-databases":
                facts = self.remembered.get(step.id, {}).items()
                return next((value for request, value in facts if request.fact == "databases.schema"), None)
        return None

    def link_before(self, step_id: str, service: str) -> str | None:
        """Where a service's link pointed before a `switch-environment` step acted; None when it had none."""
        for request, value in self.remembered.get(step_id, {}).items():
            if request.fact == "host.environments":
                found = value.get("links", {}).get(service)
                return str(found) if found else None
        return None


def _held_project(hold: Step) -> str:
    return hold.id.split("/")[0].removeprefix("hold-")


def services_gone(catalog: Catalog, hop: Hop, history: RunHistory) -> frozenset[str]:
    """The optional services of the source that the target has no more, and whose unit the run kept on some host: the
    cloud ran them, though their units are gone now."""
    kept = {path for files in history.files.values() for path, file in files.items() if file is not None}
    return frozenset(
        service.name
        for project in catalog.projects
        if hop.source.id in project.releases
        for service in project.services(hop.source.id, optional=True)
        if service.is_optional and f"{UNIT_DIR}/{service.unit}" in kept and not _is_in(project, service, hop.target.id)
    )


def _is_in(project: Project, service: Service, release: str) -> bool:
    return release in project.releases and service.name in {s.name for s in project.services(release, optional=True)}


def nothing_done(history: RunHistory) -> InputError:
    """What is raised for a run that changed no service."""
    return InputError(
        "rollback.nothing-done",
        f"run {history.run_id} changed no service: there is nothing to take back",
        do_next="`ostler cancel` ends the run and gives back what it lent",
    )
