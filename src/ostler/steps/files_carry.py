"""`carry-files`: files of one host are brought to the same paths of another, or changed in place; in configuration the
addresses of hosts whose place others take are written anew."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.steps.effects import Carry, Effect
from ostler.steps.model import Kind, Remembered, Step, param


class CarryFiles(Kind):
    """Parameters: `source` (host), `paths`, `addresses` (pairs), `but` (paths left out); see effects.Carry."""

    name = "carry-files"

    def title(self, step: Step) -> str:
        paths = ", ".join(param(step, "paths"))
        if param(step, "source") == step.host:
            return f"write the new addresses into {paths} on {step.host}"
        how = ", with the new addresses" if param(step, "addresses") else ""
        return f"copy {paths} from {param(step, 'source')} to {step.host}{how}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        pairs = tuple((str(was), str(becomes)) for was, becomes in param(step, "addresses"))
        paths, but = tuple(param(step, "paths")), tuple(step.params.get("but", ()))
        return (Carry(str(step.host), param(step, "source"), paths, pairs, but),)
