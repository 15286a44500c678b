"""A step fails in every stage of an upgrade, as `test_7_failing_steps` makes it on real hosts: which step that is, what
stays lent, and that the run goes on to its end."""

from __future__ import annotations

import json
from pathlib import Path

import trouble
import twin
from rehearsing import Rehearsal

from ostler.commands import Command
from ostler.execution.records import RunState
from ostler.planning.model import plan_to_json


def make_trouble(cloud: Rehearsal, step: trouble.Step) -> None:
    """What `trouble.Trouble` does to a practice host, done to a simulated one."""
    simulated, host, params = cloud.simulation.simulated, step["host"], step["params"]
    match step["kind"]:
        case "start-service" | "restart-service":
            simulated.fail_unit(host, params["units"][0])
        case "lend-variable":
            simulated.fail_command(f"^{host}: mariadb .*creators = 1")
        case "run-management":
            simulated.fail_command(f"^{host}: {params['environment']}/bin/{params['argv'][0]}")
        case "send-environment":
            simulated.fail_command(f"^{host}: ostler-unpack .*{params['project']}-{params['version']}")
        case "dump-databases":
            simulated.fail_command(f"^{host}: ostler-dump")
        case "prove":
            simulated.transport.run(host, Command(("systemctl", "stop", trouble.A_SERVICE)))


def mend(cloud: Rehearsal, step: trouble.Step) -> None:
    simulated = cloud.simulation.simulated
    simulated.mend()
    if step["kind"] == "prove":
        simulated.transport.run(step["host"], Command(("systemctl", "start", trouble.A_SERVICE)))


def test_nothing_stays_lent_but_that_a_service_which_does_not_start_is_disabled(folder: Path) -> None:
    cloud = twin.twin_of(folder, "2024.1", "2025.1")
    plan = cloud.plan()
    stages = json.loads(plan_to_json(plan))["stages"]
    run, stayed = "", {}
    for stage in stages:
        step, _ = trouble.for_stage(stage)
        make_trouble(cloud, step)
        result = cloud.resume(run) if run else cloud.apply(plan)
        run = result.run
        assert (result.state, result.failed) == (RunState.FAILED, (step["id"],))
        assert [loan.name for loan in result.lent] == trouble.stays_lent(stage, step), step["id"]
        stayed[stage["name"]] = len(result.lent)
        mend(cloud, step)
    disabling = {f"{verb}-{what}" for verb in ("roll", "unpin") for what in ("computes", "cinder-volume")}
    assert sum(stayed.values()) == len(stayed.keys() & disabling)
    assert stayed["roll-computes"] == stayed["unpin-computes"] == 1
    done = cloud.resume(run)
    assert (done.state, done.failed, done.lent) == (RunState.DONE, (), ())
    assert cloud.outages == []
