"""`edit-config`: options of a configuration file are changed, touching only their lines; the rest stays byte for
byte, and what was there before is kept in the run's vault."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.steps.effects import EditConfig, Effect
from ostler.steps.model import Kind, Remembered, Step, param


class EditOptions(Kind):
    """Parameters: `path`; `edits` (see effects.EditConfig). Values are never secrets."""

    name = "edit-config"

    def title(self, step: Step) -> str:
        said = [_words(edit) for edit in param(step, "edits")]
        return f"in {param(step, 'path')} on {step.host}: {'; '.join(said)}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        edits = tuple(tuple(edit) for edit in param(step, "edits"))
        return (EditConfig(str(step.host), param(step, "path"), edits),)


def _words(edit: tuple[str, ...]) -> str:
    if edit[0] == "set":
        return f"[{edit[1]}] {edit[2]} = {edit[3]}"
    if edit[0] == "rename":
        return f"[{edit[1]}] {edit[2]} becomes [{edit[3]}] {edit[4]}"
    return f"[{edit[1]}] {edit[2]} is removed"
