"""`mend-rows`: rows that a schema change would stop at are changed as the catalog knows it to help, while nothing
runs."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param

TIMEOUT_S = 6 * 3600.0


class MendRows(Kind):
    """Parameters: `blocker` (its code), `database`, `sql` (the catalog's own statements, which may be repeated)."""

    name = "mend-rows"

    def title(self, step: Step) -> str:
        return f"mend the rows of {param(step, 'database')} that {param(step, 'blocker')} is about"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        words = ("mariadb", "--batch", "--database", param(step, "database"), "--execute", param(step, "sql"))
        return (Run(str(step.host), Command(words, timeout_s=TIMEOUT_S)),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        request = wanted("databases.rows_in_the_way", blocker=param(step, "blocker"))
        none_left = Expectation(
            request, ("rows",), "equals", 0, f"no row is left that {param(step, 'blocker')} stops at"
        )
        return (Until(none_left, timeout_s=10),)
