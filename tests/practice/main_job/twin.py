"""A simulated twin of the practice cloud: the same hosts and releases, without hosts; to be given the same plan.

The twin's plan is the practice cloud's own but for ids: digests of archives, ids of services, the time in a folder's
name. Anything else that differs is a difference, and told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rehearsing import Rehearsal, rehearsal

from ostler.execution.home import Home
from ostler.execution.records import EffectRecord
from ostler.execution.runs import load_run
from ostler.planning.model import Plan, Step
from ostler.remote.simulated.file_system import FileSystem

IDS = ("address", "sha256", "folder", "service_id")
"""Parameters of steps that name the same thing by another id in every cloud."""
NOVA = "/etc/nova/nova.conf"
PIN = "\n[upgrade_levels]\ncompute = auto\n"

Done = Mapping[str, Sequence[str]]
"""What each step did, in order, by its id; the steps in the order of the plan."""


def twin_of(folder: Path, source: str, target: str) -> Rehearsal:
    """A simulated cloud that is configured like a practice cloud."""
    twin = rehearsal(folder, source, target)
    with twin.simulation.simulated.world() as world:
        for host in map(FileSystem, world.state.hosts.values()):
            text, entry = host.text(NOVA), host.entry(NOVA)
            if text is not None and entry is not None:
                host.write(NOVA, (text + PIN).encode(), entry.mode, entry.owner, entry.group)
    return twin


def differences(real: Plan, simulated: Plan) -> list[str]:
    """In what two plans differ, ids left out."""
    ours, theirs = list(_told(real)), list(_told(simulated))
    return [f"real: {line}" for line in ours if line not in theirs] + [
        f"simulated: {line}" for line in theirs if line not in ours
    ]


def _told(plan: Plan) -> Iterator[str]:
    for stage, lane, step in plan.steps():
        params = {name: value for name, value in step.params.items() if name not in IDS}
        place = f"{stage.name} {stage.gate} {lane.name}"
        yield f"{place} {step.id} {step.kind} {step.host} {params} {step.lends} {step.returns}"


def done_in(run: str, home: Home, instead: Mapping[str, str]) -> Done:
    """What the steps of a run did, each in the last attempt that did anything, with ids replaced. Also what failed
    there: a service that did not start may be started by systemd before the run goes on."""
    history = load_run(run, home)
    return {step.id: _done_by(step, history.effects, instead) for _, _, step in history.plan.steps()}


def _done_by(step: Step, effects: Iterable[EffectRecord], instead: Mapping[str, str]) -> Sequence[str]:
    own = [effect for effect in effects if effect.step == step.id and effect.place >= 0]
    last = max((effect.attempt for effect in own), default=0)
    ended = {e.place: e.what for e in own if e.attempt == last and e.has_ended}
    return [_replaced(ended[place], instead) for place in sorted(ended)]


def _replaced(what: str, instead: Mapping[str, str]) -> str:
    for real, simulated in instead.items():
        what = what.replace(real, simulated)
    return what


def ids(real: Plan, simulated: Plan) -> dict[str, str]:
    """The ids of the real plan, and those the simulated one has in their place."""
    theirs = {step.id: step.params for _, _, step in simulated.steps()}
    return {
        str(step.params[name]): str(theirs[step.id][name])
        for _, _, step in real.steps()
        for name in IDS
        if name in step.params
    }
