"""`carry-databases`: a dump goes from one database host to another, with the accounts that may use the databases.

Passwords go as the server keeps them (hashed), in a file that only root may read. It is made when the dump is there
already, the host that loads it removes it at once, whatever becomes of it, and at the source it is a loan.
Then `readdress-cells`: addresses within nova's records of its cells become those of the hosts that take over.
"""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.predicate import Expectation
from ostler.steps.databases_dump import DUMP_NAME
from ostler.steps.effects import Effect, Forward, Remove, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words

ACCOUNTS, LOADED = "accounts.sql", "accounts-loaded"
DUMP_FILES = (DUMP_NAME, "plain.sha256", "databases.list", f"{DUMP_NAME}.sha256")
TIMEOUT_S = 300.0


class CarryDatabases(Kind):
    """Parameters: `source` (the host with the dump), `folder` (of the dump, on both), `databases`."""

    name = "carry-databases"

    def title(self, step: Step) -> str:
        return f"copy the dump and the accounts of its databases from {param(step, 'source')} to {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        source, host, folder = param(step, "source"), str(step.host), param(step, "folder")
        dumped = script_words("dump_accounts", folder, *param(step, "databases"))
        loaded = script_words("load_accounts", folder)
        return (
            Forward(host, source, tuple(f"{folder}/{name}" for name in DUMP_FILES)),
            Run(source, Command(dumped, timeout_s=TIMEOUT_S)),
            Forward(host, source, (f"{folder}/{ACCOUNTS}",)),
            Run(host, Command(loaded, timeout_s=TIMEOUT_S)),
        )

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        """Only at the source: a way back must begin also when the new host is gone."""
        return (Remove(param(step, "source"), f"{param(step, 'folder')}/{ACCOUNTS}"),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        paths = {
            f"{param(step, 'folder')}/{name}": says
            for name, says in ((LOADED, "the accounts are loaded"), (DUMP_FILES[-1], "the dump is complete"))
        }
        request = files_wanted(step.host, paths)
        return tuple(
            Until(Expectation(request, (path, "mode"), "equals", "0600", f"{says} on {step.host}"), timeout_s=5)
            for path, says in paths.items()
        )


class ReaddressCells(Kind):
    """Parameters: `addresses` (pairs: what it was, what it becomes). Cells whose address is a template name no host,
    and stay as they are."""

    name = "readdress-cells"

    def title(self, step: Step) -> str:
        return "write the new addresses into nova's records of its cells"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        words = [word for pair in param(step, "addresses") for word in pair]
        return (Run(str(step.host), Command(script_words("readdress_cells", *words), timeout_s=TIMEOUT_S)),)
