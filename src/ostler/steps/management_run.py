"""`run-management`: a project's own management command (schema phase, online migration) from a given environment."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, param


def said_by_code(step: Step, name: str) -> dict[int, tuple[str, str]]:
    """A parameter that says what output means, by exit code; empty where the step has none."""
    return {int(code): (str(pattern), str(why)) for code, (pattern, why) in step.params.get(name, {}).items()}


class RunManagement(Kind):
    """Parameters: `environment`; `argv` (program without folder, then arguments); `user`; `accept` (exit code as
    text -> meaning); `again_on` (codes that mean: run again) and `counts` (the pattern
    of numbers that must then not all be 0); `timeout_s`; `schema` (database -> heads it must have afterwards; may be
    empty when the command proves nothing that can be read); `doubts` and `borne` (exit code as text -> pattern and what
    it means; see effects.Run)."""

    name = "run-management"

    def title(self, step: Step) -> str:
        version = str(param(step, "environment")).rpartition("/")[2]
        words = [word for word in param(step, "argv") if not word.startswith(("--config", "/etc/"))]
        return f"{' '.join(words)} (code of {version}, on {step.host})"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        program, *arguments = param(step, "argv")
        command = Command(
            (f"{param(step, 'environment')}/bin/{program}", *arguments),
            timeout_s=float(step.params.get("timeout_s", 3600.0)),
            user=param(step, "user"),
        )
        accept = {int(code): str(meaning) for code, meaning in param(step, "accept").items()}
        again = tuple(step.params.get("again_on", ()))
        return (
            Run(
                str(step.host),
                command,
                accept,
                again,
                counts=str(step.params.get("counts", "")),
                doubts=said_by_code(step, "doubts"),
                borne=said_by_code(step, "borne"),
            ),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(
            Until(
                Expectation(
                    wanted("databases.schema"),
                    (database,),
                    "equals",
                    list(heads),
                    f"{database} is at {', '.join(heads)}",
                ),
                timeout_s=10,
            )
            for database, heads in sorted(step.params.get("schema", {}).items())
        )
