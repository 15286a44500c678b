"""`wait-for-idle-volume-backends`: everything under way on a host's backends ends before its cinder-volume stops."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.compute_idle import IDLE_TIMEOUT_S, SETTLE_S, STUCK_WITHOUT_APIS
from ostler.steps.effects import Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param


class WaitForIdleVolumeBackends(Kind):
    """Parameters: `backends` (as in cinder's service list); `apis_are_away` (nobody can ask about what is stuck)."""

    name = "wait-for-idle-volume-backends"
    is_fleeting = True

    def title(self, step: Step) -> str:
        return f"wait until no volume on {', '.join(param(step, 'backends'))} is being made or changed"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return self._idle(step) * 2

    def _idle(self, step: Step) -> tuple[Until, ...]:
        idle = [("", "no volume is on its way to a backend")]
        idle += [(each, f"no volume on {each} is being made or changed") for each in param(step, "backends")]
        stuck = (
            STUCK_WITHOUT_APIS
            if step.params.get("apis_are_away")
            else ("a volume stays in its state: look at it (`openstack volume show`), then resume")
        )
        return tuple(
            Until(
                Expectation(wanted("cinder.busy"), (backend,), "absent", None, says),
                every_s=SETTLE_S,
                timeout_s=IDLE_TIMEOUT_S,
                on_timeout=stuck,
            )
            for backend, says in idle
        )
