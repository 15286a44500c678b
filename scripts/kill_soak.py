"""Kills a real upgrade again and again, and shows that it ends as if nothing had happened.

Plans an upgrade of a practice cloud, carries it out with `ostler apply` and `ostler resume`, and has each of these
processes end itself with SIGKILL at a named crash point, in turn at each of the five, after some steps; then resumes.
At the end: how many kills, at which points and in which stages; whether every step came out well, whether any effect
happened twice, what is still lent, and what the probe saw meanwhile. And, read with other means than Ostler's: whether
every process runs the new code, only files that the plan names were written, and the users' things are as they were.

    .venv/bin/python scripts/kill_soak.py --name practice [--to 2025.1] [--kills 25] [--seed 1] [--json]

Ends with 0 when at least that many kills were survived and nothing is wrong. The cloud stays at the new release.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from demanded import seen_by_users
from onlooker import Onlooker

from ostler.execution.home import Home
from ostler.execution.runs import RunHistory, load_run
from ostler.execution.step_book import effects_repeated
from ostler.practice.layout import state_root

OSTLER = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "ostler"
POINTS = ("before_intent", "after_intent", "after_effect", "before_outcome", "after_outcome")
BEFORE_THE_LAST = 0.95
LATE = "roll-computes"
FEW_KILLS = 10
"""So few need not have come to the late stages."""
DONE, WAITING, KILLED = 0, 4, -signal.SIGKILL
NO_CRASH = ""


@dataclass
class Soak:
    """One run that is killed; `kills` are (point, step that was begun last)."""

    cloud_file: Path
    home: Path
    kills: list[tuple[str, str]] = field(default_factory=list)

    def ostler(self, *words: str, crash_at: str = NO_CRASH, accept: Sequence[int] = (DONE,)) -> tuple[int, str]:
        """Run a command line; its exit code and output."""
        environ = {**os.environ, "OSTLER_CLOUD": str(self.cloud_file), "OSTLER_HOME": str(self.home)}
        if crash_at:
            environ["OSTLER_CRASH_AT"] = crash_at
        done = subprocess.run([str(OSTLER), *words], env=environ, capture_output=True, text=True)
        if done.returncode not in accept:
            told = done.stdout[-5000:] + done.stderr[-5000:]
            raise SystemExit(f"ostler {' '.join(words)} ended with {done.returncode}:\n{told}")
        return done.returncode, done.stdout

    def carry_out(self, target: str, kills: int, randomly: random.Random) -> str:
        """Plan, apply, be killed so many times, and resume to the end; the run."""
        points, plan = cycle(POINTS), self.home / "soak.plan"
        self.ostler("upgrade", "--to", target, "--out", str(plan))
        words, run = ("apply", str(plan)), ""
        while True:
            point = next(points)
            crash_at = NO_CRASH
            if (left := kills - len(self.kills)) > 0:
                to_come = self._to_come(point, run, plan)
                after = randomly.randint(1, max(1, round(min(2 * to_come / left - 1, to_come))))
                crash_at = f"{point}:*:{after}"
            code, output = self.ostler(*words, crash_at=crash_at, accept=(DONE, WAITING, KILLED))
            run = run or json.loads(self.ostler("runs", "--json")[1])["runs"][0]["id"]
            words = ("resume", run)
            if code == KILLED:
                self.kills.append((point, _last_step(output)))
                print(f"kill {len(self.kills)}: {point}, {self.kills[-1][1] or 'at the start'}", file=sys.stderr)
            elif code == WAITING:
                if (state := _state(output)) != "waiting":
                    raise SystemExit(f"run {run} is {state}, not waiting for a yes:\n{output[-5000:]}")
                self.ostler("approve", run)
            else:
                return run

    def _to_come(self, point: str, run: str, plan: Path) -> float:
        """About how often a crash point is still passed before the last steps, to spread the kills over all stages."""
        if not run:
            stages = json.loads(plan.read_text())["stages"]
            return BEFORE_THE_LAST * sum(len(lane["steps"]) for stage in stages for lane in stage["lanes"])
        history = load_run(run, Home(self.home))
        ended = len(history.last_outcomes)
        of_one = len(history.effects) / ended if point == "after_effect" and ended else 1.0
        return max(0.0, BEFORE_THE_LAST * sum(1 for _ in history.plan.steps()) - ended) * of_one


def _last_step(output: str) -> str:
    begun = ""
    for line in output.splitlines():
        if line.startswith("{") and line.endswith("}"):
            event = json.loads(line)
            begun = event["step"] if event["event"] == "step_started" else begun
    return begun


def _state(output: str) -> str:
    """How the run stands, by the last line of a process that ended in order."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{") and line.endswith("}")]
    return next((str(event["state"]) for event in reversed(events) if event["event"] == "result"), "unknown")


def judge(soak: Soak, run: str, least: int, beside: Sequence[str] = ()) -> dict[str, Any]:
    """What is to be said of the run, and what is wrong with it; `beside` is what else was found to be wrong."""
    history = load_run(run, Home(soak.home))
    report = soak.home / "report.json"
    soak.ostler("report", run, "--json", str(report), accept=(0, 1))
    made = json.loads(report.read_text())
    wrong = [
        *([f"only {len(soak.kills)} kills, {least} were wanted"] if len(soak.kills) < least else []),
        *([] if _is_late(soak.kills, history) else [f"no kill in {LATE} or later: that part of the run was not tried"]),
        *([f"the run ended as {history.record.state}"] if history.record.state != "done" else []),
        *(f"did not come out well: {step}" for step in _bad_steps(history)),
        *(f"happened twice: {effect}" for effect in effects_repeated(history.effects)),
        *(f"still lent: {loan.name}" for loan in history.loans if loan.is_open),
        *(f"proof failed: {proof['name']}: {proof['detail']}" for proof in made["proofs"] if not proof["ok"]),
        *seen_by_users(made),
        *beside,
    ]
    return {
        "run": run,
        "kills": len(soak.kills),
        "by_point": dict(Counter(point for point, _ in soak.kills)),
        "by_stage": dict(Counter(step.partition("/")[0] or "start" for _, step in soak.kills)),
        "steps": sum(1 for _ in history.plan.steps()),
        "effects": len(history.effects),
        "effects_repeated": effects_repeated(history.effects),
        "loans_lent": len(history.loans),
        "loans_open": [loan.name for loan in history.loans if loan.is_open],
        "proofs": {proof["name"]: proof["ok"] for proof in made["proofs"]},
        "probe": {
            name: {key: api[key] for key in ("requests", "failed", "longest_stall_s", "per_second")}
            for name, api in made["probe"].items()
        },
        "wrong": wrong,
    }


def _is_late(kills: Sequence[tuple[str, str]], history: RunHistory) -> bool:
    stages = [stage.name for stage in history.plan.stages]
    if LATE not in stages or len(kills) < FEW_KILLS:
        return True
    late = stages[stages.index(LATE) :]
    return any(step.partition("/")[0] in late for _, step in kills)


def _bad_steps(history: RunHistory) -> list[str]:
    last = history.last_outcomes
    return [step.id for _, _, step in history.plan.steps() if step.id not in last or not last[step.id].outcome.is_good]


def tell(found: dict[str, Any]) -> None:
    print(f"{found['kills']} kills (SIGKILL), the run {found['run']} went on each time")
    print("  at: " + ", ".join(f"{point} {count}" for point, count in found["by_point"].items()))
    print("  in: " + ", ".join(f"{stage} {count}" for stage, count in found["by_stage"].items()))
    print(f"  {found['steps']} steps, {found['effects']} effects, {len(found['effects_repeated'])} of them twice")
    print(f"  {found['loans_lent']} loans, {len(found['loans_open'])} not given back")
    print("  proofs: " + ", ".join(f"{name} {'ok' if ok else 'BAD'}" for name, ok in found["proofs"].items()))
    for name, api in found["probe"].items():
        stall = "-" if api["longest_stall_s"] is None else f"{api['longest_stall_s']:.1f} s"
        rate = f"{api['per_second']:.1f} a second"
        print(f"  {name:<10} {api['requests']:>6} requests, {rate}, {api['failed']} failed, longest {stall}")
    for line in found["wrong"]:
        print(f"  WRONG: {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="practice", help="the practice cloud")
    parser.add_argument("--to", default="2025.1", help="the release to upgrade to")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1, help="chooses after how many steps each kill comes")
    parser.add_argument("--home", type=Path, help="the state folder of the run [default: a new one below /var/tmp]")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    home = chosen.home or Path(tempfile.mkdtemp(prefix="ostler-kill-soak-", dir="/var/tmp"))
    home.mkdir(parents=True, exist_ok=True)
    soak = Soak(state_root() / "practice" / chosen.name / "cloud.yaml", home)
    onlooker = Onlooker.of(chosen.name, soak.cloud_file, home)
    run = soak.carry_out(chosen.to, chosen.kills, random.Random(chosen.seed))
    beside = list(onlooker.wrong(load_run(run, Home(home)).plan, chosen.to))
    found = judge(soak, run, chosen.kills, beside)
    print(json.dumps(found, indent=1)) if chosen.json else tell(found)
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
