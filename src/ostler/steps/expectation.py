"""`expect`: facts must be so; nothing is changed. Waits for what needs time."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.facts.model import JsonValue, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Until
from ostler.steps.model import Kind, Remembered, Step, param


def expected(
    fact: str, host: str | None, path: Sequence[str], value: JsonValue, says: str, *, operation: str = "equals"
) -> dict[str, JsonValue]:
    """One of the `facts` of an `expect` step, as its parameters hold it; `host` None: the fact is about the cloud."""
    about: dict[str, JsonValue] = {"fact": fact} if host is None else {"fact": fact, "host": host}
    return {**about, "path": list(path), "operation": operation, "value": value, "says": says}


class Expect(Kind):
    """Parameters: `says`; `facts` (see `expected`; with `params` of its own where a fact has some); `timeout_s`;
    `on_timeout`."""

    name = "expect"

    def title(self, step: Step) -> str:
        return f"see that {param(step, 'says')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        timeout_s = float(step.params.get("timeout_s", 30.0))
        return tuple(
            Until(
                Expectation(
                    wanted(item["fact"], item.get("host"), **item.get("params", {})),
                    tuple(item["path"]),
                    item["operation"],
                    item["value"],
                    item.get("says", ""),
                ),
                timeout_s=timeout_s,
                on_timeout=step.params.get("on_timeout", ""),
            )
            for item in param(step, "facts")
        )
