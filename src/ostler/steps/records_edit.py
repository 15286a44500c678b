"""`edit-records`: data edits that old code needs after the databases were expanded by new code. `restore-records`: the
rows of such an edit as they were.

Only the two kinds the catalog knows: nova's recorded service versions, and object versions inside stored objects.
Before a row is changed, its id and its value are kept in files on the database host, readable by root alone; only kept
rows are changed. Restoring gives these rows the kept values, but for rows that were written since: theirs are newer.
"""

from __future__ import annotations

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.errors import InputError
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words

SERVICE_VERSION, OBJECT_VERSION = "service-version", "object-version"
CELLS = ("nova_cell0", "nova")


class _OfRecords(Kind):
    """Parameters: `edit`: "service-version" or "object-version"; `databases`, `table`, `column`; `object` (of an object
    version); `from` and `to`; `kept`: where the rows are kept, a path on the host that gets .1, .2 … appended; `says`.
    """

    way = ""

    def title(self, step: Step) -> str:
        return str(param(step, "says"))

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        _check_place(step)
        what = (
            param(step, "edit"),
            param(step, "table"),
            param(step, "column"),
            param(step, "from"),
            param(step, "to"),
        )
        argv = (self.way, param(step, "kept"), *what, step.params.get("object", "-"), *param(step, "databases"))
        return (Run(str(step.host), Command(script_words("edit_records", *argv), timeout_s=1800)),)


class EditRecords(_OfRecords):
    """Done on the first database host."""

    name = "edit-records"
    way = "edit"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (self._fact(step),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        was, becomes = param(step, "from"), param(step, "to")
        if param(step, "edit") == SERVICE_VERSION:
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
        return wanted("nova.services" if param(step, "edit") == SERVICE_VERSION else "nova.object_versions")


class RestoreRecords(_OfRecords):
    """Takes an edit back, with the parameters of that edit. No fact tells which rows are meant: the script gives each
    kept row its value by its id, where it is still as the edit left it."""

    name = "restore-records"
    way = "restore"


def _check_place(step: Step) -> None:
    """Raises InputError unless the rows are in a place where the catalog knows such an edit."""
    place = (tuple(param(step, "databases")), param(step, "table"), param(step, "column"))
    known: dict[str, list[tuple[tuple[str, ...], str, str]]] = {
        SERVICE_VERSION: [(CELLS, "services", "version")],
        OBJECT_VERSION: [((p.database,), p.table, p.column) for p in load_catalog().nova.stored_objects],
    }
    if place not in known.get(str(param(step, "edit")), []):
        raise InputError(
            "steps.no-such-records",
            f"step {step.id} would edit records that the catalog does not know",
            found=f"{param(step, 'edit')} in {', '.join(place[0])}, {place[1]}.{place[2]}",
            do_next="make the plan again with this version of Ostler",
        )
