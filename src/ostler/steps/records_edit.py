"""`edit-records`: data edits that old code needs after the databases were expanded by new code.

Only the two kinds the catalog knows: nova's recorded service versions, and object versions inside stored request
specs. The edit is itself undoable: the step that goes the other way has the two values exchanged.
"""

from __future__ import annotations

from importlib.resources import files

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param


class EditRecords(Kind):
    """Parameters: `edit`: "service-version" with `from` and `to` (integers as text), or "object-version" with `object`,
    `from`, `to`; `says`. Done on the first database host, in one transaction."""

    name = "edit-records"

    def title(self, step: Step) -> str:
        return str(param(step, "says"))

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (self._fact(step),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        script = files("ostler.steps").joinpath("scripts/edit_records.sh").read_text()
        what = (param(step, "edit"), param(step, "from"), param(step, "to"), step.params.get("object", "-"))
        argv = ("sh", "-c", script, "ostler-edit-records", *what)
        return (Run(str(step.host), Command(argv, timeout_s=1800)),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        was, becomes = param(step, "from"), param(step, "to")
        if param(step, "edit") == "service-version":
            expectation = Expectation(
                self._fact(step), (), "lacks_version", int(was), f"no service record says {was} any more"
            )
        else:
            expectation = Expectation(
                self._fact(step),
                (param(step, "object"), was),
                "absent",
                None,
                f"every stored {param(step, 'object')} says {becomes}",
            )
        return (Until(expectation, timeout_s=10),)

    def _fact(self, step: Step) -> FactRequest:
        return wanted("nova.services" if param(step, "edit") == "service-version" else "nova.object_versions")
