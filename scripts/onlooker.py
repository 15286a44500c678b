"""Looks at a practice cloud before and after an upgrade, as the tests there do and not with Ostler's facts: no wrong
fact hides a wrong cloud so."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "practice" / "main_job"))

from cloud_users import CloudUsers, Everything
from practice_operator import PracticeOperator

from ostler.catalog import load_catalog
from ostler.deployment.paths import environment_path
from ostler.planning.model import Plan


@dataclass(frozen=True)
class Onlooker:
    """Somebody who has seen the files below /etc of every host, and the users' things."""

    operator: PracticeOperator
    configuration: Mapping[str, str]
    things: Everything

    @classmethod
    def of(cls, name: str, cloud_file: Path, home: Path) -> Onlooker:
        """Look at a cloud as it is now."""
        operator = PracticeOperator(name, cloud_file, home, home)
        return cls(operator, operator.configuration(), CloudUsers(name).everything())

    def wrong(self, plan: Plan, target: str) -> Iterator[str]:
        """What is not as the plan leaves it when nobody disturbs it."""
        new = {environment_path(project.name, project.version(target)) for project in load_catalog().projects}
        for host, lines in self.operator.running_code().items():
            others = [line for line in lines.splitlines() if line.split()[-1] not in new]
            yield from (f"runs other code on {host}: {line}" for line in others)
        for host, now in self.operator.configuration().items():
            named = named_paths(plan, host)
            changed = sorted(changed_paths(self.configuration[host], now))
            yield from (f"was written on {host}: {path}" for path in changed if not is_named(path, named))
        yield from (f"not as it was: {thing}" for thing in CloudUsers(self.operator.name).missing(self.things))


def changed_paths(before: str, after: str) -> set[str]:
    """The files and links that are not as they were, by two listings of `PracticeOperator`."""
    lines = set(before.splitlines()) ^ set(after.splitlines())
    return {f"/etc/{line.partition(' -> ')[0] if ' -> ' in line else line.split(None, 1)[1]}" for line in lines}


def named_paths(plan: Plan, host: str) -> set[str]:
    """The files a plan says it writes or removes on a host, and the units it enables or disables."""
    named: set[str] = set()
    for _, _, step in plan.steps():
        if step.host == host:
            named.update(*(step.params.get(key, ()) for key in ("files", "links", "remove")))
            named.update([str(step.params["path"])] if "path" in step.params else [])
            named.update(f"{unit}.service" for key in ("units", "disable") for unit in step.params.get(key, ()))
    return named


def is_named(path: str, named: set[str]) -> bool:
    """Whether a file is named, or is the link that enables a unit that is named."""
    return path in named or (".wants/" in path and path.rpartition("/")[2] in named)
