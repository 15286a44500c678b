"""What a step of a plan will change in files of a host, as far as the plan itself tells, without secrets.

A plan holds no bytes of the files that are there: what they were is shown by the report, as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.configuration.edits import masked_difference
from ostler.masking import mask_config_line
from ostler.steps.model import Step

HEAD_LINES = 3
"""Lines of a unified difference before those of the text."""


def changes_of(step: Step) -> tuple[str, ...]:
    """Return lines that begin with + for what will be there and with - for what will not; empty for other kinds."""
    params = step.params
    if step.kind == "edit-config":
        return (str(params["path"]), *(line for edit in params["edits"] for line in _edited(edit)))
    if step.kind == "write-units":
        return (
            *(line for path, text in sorted(params["files"].items()) for line in _written(path, text)),
            *(f"- {path}" for path in params.get("remove", ())),
            *(f"- {unit} starts with the host" for unit in params.get("disable", ())),
            *(f"+ {path} -> {target}" for path, target in sorted(params.get("links", {}).items())),
        )
    return ()


def _edited(edit: Sequence[str]) -> Iterator[str]:
    """What becomes of one option; one that gets another name keeps its value."""
    what, group, option, *more = edit
    if what == "set":
        yield f"+ [{group}] {mask_config_line(f'{option} = {more[0]}')}"
    else:
        yield f"- [{group}] {option}"
    if what == "rename":
        yield f"+ [{more[0]}] {more[1]} = (its value)"


def _written(path: str, text: str) -> Iterator[str]:
    yield path
    for line in masked_difference("", text, path)[HEAD_LINES:]:
        yield f"{line[:1]} {line[1:]}".rstrip()
