"""Placement leaves nova, on the way to Stein: its settings and its database are made from nova's, and its rows are
taken out by the script that its developers wrote."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Save, Until
from ostler.steps.management_run import said_by_code
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.placement_scripts import DERIVE_SETTINGS, TAKE_OUT, python_words
from ostler.steps.scripts import script_words

EXTRACTION_TIMEOUT_S = 24 * 3600.0


class DeriveSettings(Kind):
    """Parameters: `source` (nova's configuration), `path` (placement's), `group` (who may read it), `database` (the
    name of placement's). Secrets stay on the host and are not shown."""

    name = "derive-settings"

    def title(self, step: Step) -> str:
        return f"write {param(step, 'path')} on {step.host} from {param(step, 'source')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        values = [param(step, name) for name in ("source", "path", "group", "database")]
        words = python_words("derive-settings", DERIVE_SETTINGS, *values)
        return (Save(str(step.host), (param(step, "path"),)), Run(str(step.host), Command(words)))

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        path = param(step, "path")
        says = f"{path} is there on {step.host}, for {param(step, 'group')} to read"
        is_there = Expectation(files_wanted(step.host, [path]), (path, "group"), "equals", param(step, "group"), says)
        return (Until(is_there, timeout_s=5),)


class MakeDatabase(Kind):
    """Parameters: `database`; `like`, the one whose character set and accounts it gets."""

    name = "make-database"

    def title(self, step: Step) -> str:
        return f"make the database {param(step, 'database')}, with the accounts of {param(step, 'like')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        words = script_words("make_database", param(step, "database"), param(step, "like"))
        return (Run(str(step.host), Command(words)),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        database = param(step, "database")
        is_there = Expectation(wanted("databases.schema"), (database,), "differs", None, f"{database} is there")
        return (Until(is_there, timeout_s=10),)


class TakePlacementOut(Kind):
    """Parameters: `source` and `path` (nova's configuration and placement's), `database` (the name of placement's, in
    which nothing else may be), `script` (a full path), `programs` (the folder with placement's), `arguments`, `accept`
    and `doubts` as those of `run-management`."""

    name = "take-placement-out"

    def title(self, step: Step) -> str:
        return f"take placement's rows out of nova's database: {param(step, 'script').rpartition('/')[2]}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        values = [param(step, name) for name in ("source", "path", "database", "script", "programs")]
        words = python_words("take-placement-out", TAKE_OUT, *values, *param(step, "arguments"))
        accept = {int(code): str(meaning) for code, meaning in param(step, "accept").items()}
        command = Command(words, timeout_s=EXTRACTION_TIMEOUT_S)
        return (Run(str(step.host), command, accept, doubts=said_by_code(step, "doubts")),)
