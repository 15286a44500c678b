"""`restore-databases`: every database as it was in the run's dump. What was created since is lost.

All services that use them must be stopped. The dump is checked before anything is dropped.
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.databases_dump import DUMP_TIMEOUT_S
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words


class RestoreDatabases(Kind):
    """Parameters: `folder` (of the dump, on the host), `schema` (database -> heads it must have afterwards)."""

    name = "restore-databases"

    def title(self, step: Step) -> str:
        return f"restore every database on {step.host} from the dump in {param(step, 'folder')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        argv = script_words("restore_dump", param(step, "folder"))
        return (Run(str(step.host), Command(argv, timeout_s=DUMP_TIMEOUT_S)),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        marker = f"{param(step, 'folder')}/restored-and-equal"
        restored = Expectation(
            files_wanted(step.host, (marker,)),
            (marker, "mode"),
            "equals",
            "0600",
            "the restored databases were dumped again and equal the dump",
        )
        heads = tuple(
            Expectation(wanted("databases.schema"), (database,), "equals", list(revisions), f"{database} is restored")
            for database, revisions in sorted(param(step, "schema").items())
        )
        return tuple(Until(expectation, timeout_s=10) for expectation in (restored, *heads))
