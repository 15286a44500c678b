"""Every step kind, by example: a step in; its title, effects, verification and give-back out, in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ostler.cloud.model import Cloud, Databases, Host, LoadBalancer, Messaging
from ostler.execution.executor import describe
from ostler.facts.model import wanted
from ostler.steps.effects import Effect
from ostler.steps.model import Remembered, Step
from ostler.steps.registry import KINDS

CASES = Path(__file__).parent / "steps"
CONTROLLERS = ("ctl1", "ctl2")
CLOUD = Cloud(
    name="example",
    release="2024.1",
    deployment="venv",
    hosts={
        "ctl1": Host("ctl1", "10.0.0.11", ("controller",), "rack1"),
        "ctl2": Host("ctl2", "10.0.0.12", ("controller",), "rack2"),
        "cmp1": Host("cmp1", "10.0.0.21", ("compute",), "rack1"),
    },
    load_balancer=LoadBalancer(CONTROLLERS, "10.0.0.250"),
    databases=Databases(CONTROLLERS, is_galera=True),
    messaging=Messaging(CONTROLLERS),
)


def case_files() -> list[Path]:
    return sorted(CASES.glob("*/*.yaml"))


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What a kind says about the step of a case."""
    told = case["step"]
    step = Step(
        id=told["id"],
        kind=told["kind"],
        host=told.get("host"),
        why="an example",
        undo="none: an example",
        estimate_s=1,
        params=told.get("params", {}),
    )
    kind = KINDS[step.kind]
    remembered: Remembered = {
        wanted(each["fact"], each.get("host"), **each.get("params", {})): each["value"]
        for each in case.get("remembered", ())
    }
    found = {
        "title": kind.title(step),
        "remember": [str(request) for request in kind.remember(step, CLOUD)],
        "effects": _lines(kind.effects(step, CLOUD, remembered)),
        "verify": _lines(kind.verify(step, CLOUD, remembered)),
        "give_back": _lines(kind.give_back(step, CLOUD, remembered)),
    }
    return {key: value for key, value in found.items() if value}


def _lines(effects: Iterable[Effect]) -> list[str]:
    return [describe(effect) + _input(effect) for effect in effects]


def _input(effect: Effect) -> str:
    command = getattr(effect, "command", None)
    return f" <- {command.stdin.decode().strip()}" if command is not None and command.stdin else ""


@pytest.mark.parametrize("path", [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in case_files()])
def test_step_kind(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    assert answer(case) == case["expect"]


def test_every_step_kind_has_a_case() -> None:
    assert {path.parent.name for path in case_files()} == set(KINDS)
