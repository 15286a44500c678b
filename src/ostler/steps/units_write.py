"""`write-units`: unit files and start-up files of services as the target release needs them.

Files that the target does not have any more are removed, and their units disabled. What was there before is kept
in the run's vault.
"""

from __future__ import annotations

import hashlib

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Put, Remove, Run, Save, Until
from ostler.steps.model import Kind, Remembered, Step, param


class WriteUnits(Kind):
    """Parameters: `files` (path -> text), `remove` (paths), `disable` (units without .service), `links` (path ->
    target of symbolic links to files that switch with the code)."""

    name = "write-units"

    def title(self, step: Step) -> str:
        gone = step.params.get("disable", ())
        tail = f", remove {', '.join(gone)}" if gone else ""
        count = len(param(step, "files"))
        what = "1 unit or start-up file" if count == 1 else f"{count} unit and start-up files"
        return f"write {what} on {step.host}{tail}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, texts, gone = str(step.host), param(step, "files"), tuple(step.params.get("remove", ()))
        disable = tuple(
            Run(host, Command(("systemctl", "disable", "--quiet", f"{unit}.service")), accept={0: "done", 1: "gone"})
            for unit in step.params.get("disable", ())
        )
        links = tuple(
            Run(host, Command(("ln", "-sfnT", target, path)))
            for path, target in sorted(step.params.get("links", {}).items())
        )
        return (
            Save(host, (*sorted(texts), *gone)),
            *disable,
            *(Put(host, path, 0o644, content=text.encode()) for path, text in sorted(texts.items())),
            *(Remove(host, path) for path in gone),
            *links,
            Run(host, Command(("systemctl", "daemon-reload"), timeout_s=60)),
        )

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        texts, gone = param(step, "files"), tuple(step.params.get("remove", ()))
        request = files_wanted(step.host, (*sorted(texts), *gone))
        written = tuple(
            Expectation(
                request,
                (path, "sha256"),
                "equals",
                hashlib.sha256(text.encode()).hexdigest(),
                f"{path} on {step.host} is as planned",
            )
            for path, text in sorted(texts.items())
        )
        removed = tuple(
            Expectation(request, (path,), "absent", None, f"{path} on {step.host} is gone") for path in gone
        )
        return tuple(Until(expectation, timeout_s=5) for expectation in written + removed)
