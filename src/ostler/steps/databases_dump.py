"""`dump-databases`: every database in one dump from one transaction (one position for all), on the first database
host; 0600, compressed, with its checksum. Then `try-dump`: restored into a scratch server and compared. On a way back
`send-dump-back` comes before that."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Receive, Run, SendBack, Until
from ostler.steps.model import Kind, Remembered, Step, param
from ostler.steps.scripts import script_words

DUMP_TIMEOUT_S = 4 * 3600.0


DUMP_NAME = "databases.sql.zst"


def dump_command(folder: str, databases: Sequence[str]) -> Command:
    """What dumps databases from one transaction into a folder of the host: `DUMP_NAME`, and its checksum beside it."""
    return Command(script_words("dump", folder, *databases), timeout_s=DUMP_TIMEOUT_S)


class DumpDatabases(Kind):
    """Parameters: `folder` (on the host), `databases`."""

    name = "dump-databases"

    def title(self, step: Step) -> str:
        return f"dump {', '.join(param(step, 'databases'))} on {step.host}, all at one position"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (wanted("databases.schema"),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        folder, databases = param(step, "folder"), tuple(param(step, "databases"))
        return (Run(str(step.host), dump_command(folder, databases)),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        dump = f"{param(step, 'folder')}/{DUMP_NAME}.sha256"
        request = files_wanted(step.host, (dump,))
        return (
            Until(
                Expectation(request, (dump, "mode"), "equals", "0600", f"the dump on {step.host} is complete"),
                timeout_s=5,
            ),
        )


class TryDump(Kind):
    """Parameters: `folder`, `is_fetched` (absent means True). Restores the dump into a scratch server on the host (own
    data folder, no network, never the production server), dumps that again and compares both byte for byte; then the
    scratch server is removed and, with `is_fetched`, a copy of the dump is fetched."""

    name = "try-dump"

    def title(self, step: Step) -> str:
        compared = f"restore the dump into a scratch server on {step.host} and compare"
        return f"{compared}, then fetch a copy" if self._is_fetched(step) else compared

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        folder, host = param(step, "folder"), str(step.host)
        trial = Run(host, Command(script_words("try_dump", folder), timeout_s=DUMP_TIMEOUT_S))
        return (trial, Receive(host, f"{folder}/{DUMP_NAME}", DUMP_NAME)) if self._is_fetched(step) else (trial,)

    def _is_fetched(self, step: Step) -> bool:
        return bool(step.params.get("is_fetched", True))


class SendDumpBack(Kind):
    """Parameters: `folder`, `databases`, `run` (that received a copy). Where the dump is gone from the host or has
    other bytes, that copy takes its place, and what else stood beside it is made from it. Where all is there it stays.
    """

    name = "send-dump-back"

    def title(self, step: Step) -> str:
        return f"see that the dump is on {step.host} as it was made, or send the copy of run {param(step, 'run')} there"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        folder, host = param(step, "folder"), str(step.host)
        argv = script_words("complete_dump", folder, *param(step, "databases"))
        return (
            SendBack(host, f"{folder}/{DUMP_NAME}", DUMP_NAME, param(step, "run")),
            Run(host, Command(argv, timeout_s=DUMP_TIMEOUT_S)),
        )
