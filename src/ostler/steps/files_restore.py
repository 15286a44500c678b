"""`restore-files`: files of a host get back exactly the bytes, mode and owner that were recorded."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.facts.files import files_wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Effect, Put, Remove, Run, Save, Until
from ostler.steps.model import Kind, Remembered, Step, param


class RestoreFiles(Kind):
    """Parameters: `files` (path -> {sha256, mode, owner, group}, or null for a file that was not there); `disable`
    (units without .service that did not exist before); `links` (path -> target of links that switch with the code);
    `unlink` (links of services that did not exist before)."""

    name = "restore-files"

    def title(self, step: Step) -> str:
        return f"restore {len(param(step, 'files'))} recorded files on {step.host}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        host, recorded = str(step.host), param(step, "files")
        back: list[Effect] = [Save(host, tuple(sorted(recorded)))]
        for unit in step.params.get("disable", ()):
            disable = Command(("systemctl", "disable", "--quiet", f"{unit}.service"))
            back.append(Run(host, disable, accept={0: "done", 1: "gone"}))
        for path, was in sorted(recorded.items()):
            if was is None:
                back.append(Remove(host, path))
            else:
                back.append(Put(host, path, int(was["mode"], 8), was["owner"], was["group"], blob=was["sha256"]))
        for path, target in sorted(step.params.get("links", {}).items()):
            back.append(Run(host, Command(("ln", "-sfnT", target, path))))
        back += [Run(host, Command(("rm", "-f", "--", link))) for link in step.params.get("unlink", ())]
        back.append(Run(host, Command(("systemctl", "daemon-reload"), timeout_s=60)))
        return tuple(back)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        recorded = param(step, "files")
        request = files_wanted(step.host, sorted(recorded))
        expectations = [
            Expectation(request, (path,), "absent", None, f"{path} on {step.host} is gone again")
            if was is None
            else Expectation(
                request, (path, "sha256"), "equals", was["sha256"], f"{path} on {step.host} has its recorded bytes"
            )
            for path, was in sorted(recorded.items())
        ]
        return tuple(Until(expectation, timeout_s=5) for expectation in expectations)
