"""A simulated twin of the practice cloud: the same hosts and releases, without hosts; to be given the same plan.

The twin's plan is the practice cloud's own but for its subnet and for ids: digests of archives, ids of services, the
time in a folder's name. Anything else that differs is a difference, and told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsing import Rehearsal, rehearsal

from ostler.cloud.model import Cloud
from ostler.execution.home import Home
from ostler.execution.records import EffectRecord
from ostler.execution.runs import load_run
from ostler.planning.model import Plan, Step
from ostler.remote.simulated.file_system import FileSystem

IDS = ("address", "sha256", "folder", "service_id")
"""Parameters of steps that name the same thing by another id in every cloud."""
NAMES = {"@fake": "@files"}
"""How cinder's backends are called in a practice cloud, and in a simulated one."""
NOVA = "/etc/nova/nova.conf"
LOOKS = ("until ", "judge ", "prove ")
"""How effects are told that change nothing, also when nobody saw their end."""
PIN = "\n[upgrade_levels]\ncompute = auto\n"
ML2 = "/etc/neutron/plugins/ml2/ml2_conf.ini"
NETWORKS = "\n[ml2]\ntenant_network_types = vxlan\n"


@dataclass(frozen=True)
class Done:
    """What a run did: by step the effects it carried out, each with whether it changed anything; by lane the steps that
    had effects in the order of their first one; and the stages, in the same way."""

    effects: Mapping[str, Sequence[tuple[str, bool]]]
    lanes: Mapping[str, Sequence[str]]
    stages: Sequence[str]


def twin_of(folder: Path, source: str, target: str) -> Rehearsal:
    """A simulated cloud that is configured like a practice cloud."""
    twin = rehearsal(folder, source, target)
    with twin.simulation.simulated.world() as world:
        for name, host in world.state.hosts.items():
            files = FileSystem(host)
            _add(files, NOVA, PIN)
            if name.startswith("ctl"):
                _add(files, ML2, NETWORKS)
    return twin


def _add(files: FileSystem, path: str, lines: str) -> None:
    text, entry = files.text(path), files.entry(path)
    if text is not None and entry is not None:
        files.write(path, (text + lines).encode(), entry.mode, entry.owner, entry.group)


def addresses(real: Cloud, simulated: Cloud) -> dict[str, str]:
    """The beginning of every address of the real cloud, and the simulated one's in its place: their hosts have the same
    numbers, but another practice cloud on this machine may have the subnet already."""
    return {_subnet(real): _subnet(simulated)}


def _subnet(cloud: Cloud) -> str:
    (subnet,) = {host.address.rpartition(".")[0] + "." for host in cloud.hosts.values()}
    return subnet


def differences(real: Plan, simulated: Plan, instead: Mapping[str, str]) -> list[str]:
    """In what two plans differ, ids left out and the real one's names replaced."""
    ours, theirs = [_replaced(line, NAMES | instead) for line in _told(real)], list(_told(simulated))
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
    there, and what was under way when the process was killed: the run may find it done when it goes on."""
    history = load_run(run, home)
    acted = dict.fromkeys(effect.step for effect in history.effects if effect.place >= 0)
    place_of = {step.id: (stage.name, f"{stage.name}/{lane.name}") for stage, lane, step in history.plan.steps()}
    lanes: dict[str, list[str]] = {}
    for step in acted:
        lanes.setdefault(place_of[step][1], []).append(step)
    return Done(
        {step.id: _done_by(step, history.effects, instead) for _, _, step in history.plan.steps()},
        lanes,
        list(dict.fromkeys(place_of[step][0] for step in acted)),
    )


def _done_by(step: Step, effects: Iterable[EffectRecord], instead: Mapping[str, str]) -> Sequence[tuple[str, bool]]:
    """What was found changed already counts as a change when an earlier effect at its place is what changed it."""
    own = [effect for effect in effects if effect.step == step.id and effect.place >= 0]
    last = max((effect.attempt for effect in own), default=0)
    looked = {effect.place for effect in own if effect.what.startswith(LOOKS)}
    changed = {effect.place for effect in own if effect.is_change} - looked
    done = {effect.place: effect.what for effect in own if effect.attempt == last}
    return [(_replaced(done[place], instead), place in changed) for place in sorted(done)]


def _replaced(what: str, instead: Mapping[str, str]) -> str:
    for real, simulated in instead.items():
        what = what.replace(real, simulated)
    return what


def ids(real: Plan, simulated: Plan) -> dict[str, str]:
    """The ids of the real plan, and those the simulated one has in their place."""
    theirs = {step.id: step.params for _, _, step in simulated.steps()}
    return NAMES | {
        str(step.params[name]): str(theirs[step.id][name])
        for _, _, step in real.steps()
        for name in IDS
        if name in step.params
    }
