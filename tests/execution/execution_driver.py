"""Applies or resumes the plan of the crash tests in a process of its own, so that it can be killed."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
from execution_world import CLOUD, Shop, WorldApi, WorldTransport, lane, plan, stage, step

from ostler.execution.runs import apply, resume
from ostler.planning.model import Plan

KILLED = -9
BROKEN = 70
"""The process ended with an exception."""


def crash_plan() -> Plan:
    """Two stages: lanes with a loan each, repeatable and unrepeatable steps, several effects in one."""

    def roll(host: str) -> tuple[object, ...]:
        at = f"roll/{host}"
        return (
            step(f"{at}/1-lend", "set", host, key="out", value=1, lends=f"balancer:{host}"),
            step(f"{at}/2-add", "add", host, keys=["a"]),
            step(f"{at}/3-version", "set-all", host, numbers={"version": 2, "schema": 5}),
            step(f"{at}/4-return", "set", host, key="out", value=0, returns=f"balancer:{host}"),
        )

    ready = stage("ready", lane("ctl1", step("ready/ctl1/dump", "set", "ctl1", key="dumped", value=1)))
    rolling = stage("roll", *(lane(host, *roll(host)) for host in ("cmp1", "cmp2", "cmp3")), in_flight=2)
    finish = stage("finish", lane("ctl1", step("finish/ctl1/add", "add", "ctl1", keys=["finished"])))
    return plan(ready, rolling, finish)


def drive(folder: Path, run: str | None = None, *, crash_at: str = "") -> int:
    """Apply the plan, or resume a run, in a child process; return its exit code (-9: it was killed)."""
    child = os.fork()
    if child == 0:
        os.environ["OSTLER_CRASH_AT"] = crash_at
        os._exit(_carry_out(folder, run))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _carry_out(folder: Path, run: str | None) -> int:
    try:
        shop = Shop(folder)
        transport = WorldTransport(shop.world)
        if run is None:
            return apply(crash_plan(), CLOUD, transport, WorldApi(), means=shop.means()).exit_code
        return resume(run, CLOUD, transport, WorldApi(), means=shop.means()).exit_code
    except BaseException:
        traceback.print_exc()
        return BROKEN
