"""Steps: the smallest actions of a plan, as data, and what a step kind must answer.

A step names its kind, where it acts, its parameters, why it is there, what it relies on, what it lends or gives
back, how it can be undone, and how long it should take. The kind (one file each in this room) says what the
step does (effects), which facts to remember before acting, how success is verified against the running
system, and which steps undo it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ostler.cloud.model import Cloud
from ostler.facts.model import FactRequest, JsonValue
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Until

Remembered = Mapping[FactRequest, JsonValue]
"""The facts a step asked to remember, read just before it acted."""


@dataclass(frozen=True)
class Step:
    """One step. ``id`` is a path people can read and that sorts: ``roll-nova/ctl2/stop-nova-api``.

    ``relies_on`` is re-read just before the step runs; if one does not hold, the step stops as stale.
    ``lends`` names a loan this step opens, ``returns`` one it gives back; ``undo`` says in words what takes the
    step back, or begins with "none:" and says why there is no way back. ``estimate_s`` is seconds.
    """

    id: str
    kind: str
    host: str | None
    why: str
    undo: str
    estimate_s: float
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    relies_on: tuple[Expectation, ...] = ()
    lends: str | None = None
    returns: str | None = None

    @property
    def digest(self) -> str:
        """A digest of what the step does (kind, host, parameters); checked when a run is resumed."""
        text = json.dumps([self.id, self.kind, self.host, dict(self.params)], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class StepKind(Protocol):
    """What each step kind answers. All methods are pure."""

    name: str
    """The kind's name, as in Step.kind."""

    is_repeatable: bool
    """Whether the effects may simply be done again when it is not known if they happened."""

    is_fleeting: bool
    """Whether what the step saw may be otherwise a moment later: it is done again when a loan it stands within was."""

    def title(self, step: Step) -> str:
        """Return the step in one English line, imperative."""

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        """Return the facts to record before acting."""

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        """Return what is to be done, in order."""

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        """Return what must be true of the running system afterwards. When all of it is true before the effects
        were done, the step is ``already_so``; after a crash it tells whether the effects happened."""

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        """Return the effects that give back what this step lent; empty for steps that lend nothing."""

    def logs(self, step: Step) -> tuple[str, ...]:
        """Return patterns of the logs on the step's host that tell why it failed."""


class Kind:
    """Defaults for step kinds: nothing remembered, nothing lent, repeatable, lasting, verified by its effects alone."""

    name: str = ""
    is_repeatable: bool = True
    is_fleeting: bool = False

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return ()

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return ()

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return ()

    def logs(self, step: Step) -> tuple[str, ...]:
        return ()


def param(step: Step, name: str) -> Any:
    """Return a parameter of a step. Raises KeyError naming the step when the plan lacks it."""
    if name not in step.params:
        raise KeyError(f"step {step.id} of kind {step.kind} lacks the parameter {name!r}")
    return step.params[name]
