"""The steps that make services of one project on one host run the target's code; shared by controllers and computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ostler.catalog.project import Project
from ostler.catalog.service import Service
from ostler.cloud.model import Host
from ostler.deployment.venv import ServiceFiles, service_files
from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation
from ostler.planning.model import Lane
from ostler.planning.upgrade.capacity import host_facts
from ostler.planning.upgrade.config import config_steps
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.steps.model import Step

HELD_DRAIN_TIMEOUT_S = 20
"""While requests are held. A load balancer lets each go on after 60 s, whether or not anything serves: an upload that
does not end must fail the step, which lets all go on to the old code, well before that."""

START_S = {"wsgi": 6.0, "daemon": 8.0, "agent": 6.0}


@dataclass(frozen=True)
class Group:
    """Services of one project that move together on a host: `old` as the source has them, `new` as the target."""

    project: Project
    name: str
    old: tuple[Service, ...]
    new: tuple[Service, ...]
    is_first: bool = False

    def has_any(self, names: frozenset[str]) -> bool:
        """Whether any of these services is in it, old or new."""
        return any(service.name in names for service in (*self.old, *self.new))

    def part(self, belongs: Callable[[Service], bool]) -> Group:
        """The group with only those services that belong."""
        return replace(self, old=tuple(filter(belongs, self.old)), new=tuple(filter(belongs, self.new)))

    @property
    def takes_requests(self) -> Group:
        """The part that takes requests."""
        return self.part(lambda service: service.api is not None)

    @property
    def backends(self) -> tuple[str, ...]:
        """The APIs, by their names in the load balancer."""
        return tuple(dict.fromkeys(s.api.backend for s in (*self.old, *self.new) if s.api))

    @property
    def services(self) -> str:
        """The services in words: `old to new` where others take their place."""
        new = ", ".join(service.name for service in self.new)
        followed = {name for service in self.new for name in service.replaces}
        gone = [service.name for service in self.old if service.name in followed]
        return f"{', '.join(gone)} to {new}" if gone else new


def host_lanes(scene: Scene, hosts: Iterable[Host], steps_of: Callable[[Host], Iterable[Step]]) -> tuple[Lane, ...]:
    """A lane for each host that has anything to do."""
    lanes = (Lane(host.name, tuple(steps_of(host)), scene.cloud.domain_of(host.name)) for host in hosts)
    return tuple(lane for lane in lanes if lane.steps)


def out_of_balancer(stage: str, host: str, group: Group, *, may_be_last: bool = False) -> list[Step]:
    """`may_be_last`: requests are held meanwhile, so that no other host needs to be up."""
    if not group.backends:
        return []
    held = {"may_be_last": True, "drain_timeout_s": HELD_DRAIN_TIMEOUT_S}
    return [
        Step(
            id=f"{stage}/{host}/10-out-of-balancer",
            kind="take-out-of-balancer",
            host=host,
            why="requests under way end, new ones go to the other controllers: nobody sees an error",
            undo="a loan: the host is put back into the load balancer",
            estimate_s=3,
            params={"backends": list(group.backends), **(held if may_be_last else {})},
            lends=f"{host} out of {', '.join(group.backends)} ({stage})",
        )
    ]


def into_balancer(stage: str, host: str, group: Group, lent_by: str | None = None) -> list[Step]:
    """`lent_by` is the stage that took the host out, when it was another one."""
    if not group.backends:
        return []
    return [
        Step(
            id=f"{stage}/{host}/90-into-balancer",
            kind="put-into-balancer",
            host=host,
            why="the host serves again, with the new code",
            undo="nothing to undo",
            estimate_s=2,
            params={"backends": list(group.backends)},
            returns=f"{host} out of {', '.join(group.backends)} ({lent_by or stage})",
        )
    ]


def stop(stage: str, host: str, group: Group) -> Step:
    return Step(
        id=f"{stage}/{host}/20-stop",
        kind="stop-service",
        host=host,
        why="its code is about to change",
        undo="started again, with the code it had",
        estimate_s=3,
        params={"units": [unit_of(service) for service in group.old]},
    )


def switch(stage: str, scene: Scene, host: Host, group: Group) -> list[Step]:
    """New link, new unit files where the target's differ, new configuration where the hop needs it."""
    environment = scene.new_environment(group.project)
    was = scene.old_environment(group.project, host.name, group.old[0].name) if group.old else "nothing"
    link = Step(
        id=f"{stage}/{host.name}/30-switch",
        kind="switch-environment",
        host=host.name,
        why="the units start whatever this link points at",
        undo=f"pointed back at {was.rpartition('/')[2]}",
        estimate_s=1,
        params={"services": [service.name for service in group.new], "environment": environment},
        relies_on=_links_as_planned(scene, host.name, group, environment),
    )
    config = config_steps(stage, scene, host, group.project) if group.is_first else []
    return [link, *_units(stage, scene, host, group), *config]


def _links_as_planned(scene: Scene, host: str, group: Group, environment: str) -> tuple[Expectation, ...]:
    """Each link leads where it led when the plan was made, or already to the new environment."""
    read = scene.snapshot.known("host.environments", host)
    if read is None:
        return ()
    new = {service.name for service in group.new}
    return tuple(
        _link_as_planned(host, name, read["links"].get(name), environment if name in new else None)
        for name in dict.fromkeys(service.name for service in (*group.old, *group.new))
    )


def _link_as_planned(host: str, service: str, was: str | None, becomes: str | None) -> Expectation:
    return Expectation(
        wanted("host.environments", host),
        ("links", service),
        "one_of" if was else "absent_or_one_of",
        list(dict.fromkeys(path for path in (was, becomes) if path)),
        f"the link of {service} on {host} leads to {was or 'nothing'}, as it did when the plan was made",
    )


def start(
    stage: str,
    scene: Scene,
    host: str,
    group: Group,
    *,
    at_once: bool = False,
    place: str = "80-start",
    returns: str | None = None,
) -> Step:
    """`at_once`: nothing serves meanwhile that could be starved. `place`: the step's name within its lane. `returns`:
    the loan that its stop was."""
    return Step(
        id=f"{stage}/{host}/{place}",
        kind="start-service",
        host=host,
        why=f"every process must be seen running {scene.target}, and answering"
        + (", before the next host's turn" if scene.is_rolling else ""),
        undo="stopped, pointed back at the old code, started" + ("" if scene.is_rolling else f" {scene.way_back}"),
        estimate_s=sum(START_S[service.kind] for service in group.new),
        params=running_params(scene, host, group) | ({"at_once": True} if at_once else {}),
        returns=returns,
    )


def running_params(scene: Scene, host: str, group: Group) -> dict[str, Any]:
    """What `start-service` and `restart-service` are to see afterwards."""
    records = [record for service in group.new for record in nova_records(scene, host, service)]
    found: dict[str, Any] = {
        "units": [unit_of(service) for service in group.new],
        "environment": scene.new_environment(group.project),
        "backends": [service.api.backend for service in group.new if service.api],
        "reports_as": records,
    }
    if records:
        found["service_version"] = scene.catalog.nova.at(scene.target).service_version
    return found


def nova_records(scene: Scene, host: str, service: Service) -> list[str]:
    """The keys of nova's records of a service on a host ("nova-compute@cmp1"), as they were read. An API's record is
    written when it starts and never again, so nothing can be told from its age."""
    return [] if service.api else list(scene.nova_records.get(f"{service.name}@{scene.recorded_as(host)}", ()))


def _units(stage: str, scene: Scene, host: Host, group: Group) -> list[Step]:
    old = _files(scene, scene.source, host, group.project, group.old)
    new = _files(scene, scene.target, host, group.project, group.new)
    old_texts, new_texts = _merged(old), _merged(new)
    texts = {path: text for path, text in new_texts.items() if old_texts.get(path) != text}
    gone = sorted(set(old_texts) - set(new_texts))
    links = {path: to for files in new for path, to in files.links.items()}
    had = {path: to for files in old for path, to in files.links.items()}
    changed_links = {path: to for path, to in links.items() if had.get(path) != to}
    kept = {unit_of(service) for service in group.new}
    disable = [unit_of(service) for service in group.old if unit_of(service) not in kept]
    if not (texts or gone or changed_links or disable):
        return []
    return [
        Step(
            id=f"{stage}/{host.name}/40-write-units",
            kind="write-units",
            host=host.name,
            why=f"{group.name} is started in another way in {scene.target}",
            undo="the recorded unit files are put back",
            estimate_s=2,
            params={"files": texts, "remove": gone, "disable": disable, "links": changed_links},
        )
    ]


def _files(scene: Scene, release: str, host: Host, project: Project, services: Sequence[Service]) -> list[ServiceFiles]:
    facts = host_facts(scene, host)
    return [service_files(project, service.name, release, facts) for service in services]


def _merged(files: Sequence[ServiceFiles]) -> dict[str, str]:
    return {path: text for one in files for path, text in one.texts.items()}
