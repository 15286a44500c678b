"""The stages that make new hosts ready to become a control plane, while the old one serves: users, configuration, and a
look at what can be seen beforehand. They change nothing of the old control plane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ostler.cloud.model import Host
from ostler.deployment.venv import code_links
from ostler.facts.model import JsonValue
from ostler.planning.model import Lane, Stage
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.host_steps import host_lanes
from ostler.planning.upgrade.moving import addresses_of
from ostler.planning.upgrade.ready import judge_target
from ostler.planning.upgrade.request import Scene, checked_projects
from ostler.steps.expectation import expected
from ostler.steps.model import Step

ACCOUNTS, BRING, CHECK = "accounts", "bring", "check"
UNTOUCHED = "not needed: the new hosts can be made anew; nothing of the old control plane is changed"


def kept_of(scene: Scene, host: str) -> JsonValue:
    """What a controller keeps outside the databases; None when it could not be read."""
    return scene.snapshot.known("controller.kept", scene.known_as(host))


def make_accounts(new: Scene) -> Stage:
    """The users that services run as, with the numbers of the host whose place is taken."""
    users = ":".join(new.catalog.service_users)

    def steps_of(host: Host) -> Iterator[Step]:
        accounts = new.snapshot.known("host.accounts", new.known_as(host.name), users=users)
        if accounts:
            yield Step(
                id=f"{ACCOUNTS}/{host.name}/make-accounts",
                kind="make-accounts",
                host=host.name,
                why=f"services run as them; shared files belong to the numbers they have on {new.known_as(host.name)}",
                undo=UNTOUCHED,
                estimate_s=2,
                params={"accounts": accounts, "folders": _folders(new, accounts)},
            )

    return _on_new(
        new,
        ACCOUNTS,
        "Make the services' users on the new controllers",
        "files and services belong to them",
        host_lanes(new, new.controllers, steps_of),
    )


def _folders(new: Scene, accounts: Mapping[str, JsonValue]) -> dict[str, list[str]]:
    """The folders that units make for their services, with the same modes (see deployment.units)."""
    found: dict[str, list[str]] = {}
    for project in new.projects:
        if project.user in accounts:
            found[f"/var/lib/{project.name}"] = ["0755", project.user]
            found[project.log_dir] = ["0750", project.user]
    return found


def _on_new(new: Scene, stage: str, title: str, why: str, lanes: tuple[Lane, ...]) -> Stage:
    """A stage that changes only hosts which serve nobody yet."""
    return Stage(stage, title, why, UNTOUCHED, lanes, in_flight=max(1, len(lanes)))


def bring(new: Scene, replacement: Replacement) -> Stage:
    """The configuration of the host whose place is taken, with the new addresses, and keystone's keys as they are now:
    keystone's own check wants some."""

    def steps_of(host: Host) -> Iterator[Step]:
        keys = (kept_of(new, host.name) or {}).get("keys", ())
        source = new.known_as(host.name)
        yield Step(
            id=f"{BRING}/{host.name}/10-configuration",
            kind="carry-files",
            host=host.name,
            why=f"{host.name} takes the place of {source}: the operator's settings and secrets, and the new addresses",
            undo=UNTOUCHED,
            estimate_s=3,
            params=configuration(new, host, replacement, source, but=keys),
        )
        yield from _identities(new, host)
        if step := keys_step(new, host, f"{BRING}/{host.name}/30-keys"):
            yield step

    return _on_new(
        new,
        BRING,
        "Bring the configuration to the new controllers",
        "each has the files of the one whose place it takes; secrets go from host to host and are not shown",
        host_lanes(new, new.controllers, steps_of),
    )


def keys_step(new: Scene, host: Host, step: str) -> Step | None:
    """Keystone's keys from the host whose place is taken; None where it has none."""
    keys = (kept_of(new, host.name) or {}).get("keys", ())
    if not keys:
        return None
    return Step(
        id=step,
        kind="carry-files",
        host=host.name,
        why="tokens and stored credentials from before stay good; keys go from host to host, never shown",
        undo=UNTOUCHED,
        estimate_s=2,
        params={"source": new.known_as(host.name), "paths": [f"{folder}/" for folder in keys], "addresses": []},
    )


def configuration(
    new: Scene, host: Host, replacement: Replacement, source: str, but: Sequence[str] = ()
) -> dict[str, JsonValue]:
    """What `carry-files` is told of the configuration of a host, with the new addresses in it, which comes from
    `source`; `but` are folders that are left out."""
    folders = dict.fromkeys(project.config_dir for project in new.projects_on(host))
    return {
        "source": source,
        "paths": [f"{folder}/" for folder in folders],
        "addresses": addresses_of(replacement),
        "but": [*(f"{folder}/" for folder in but), *_switched_with_code(new, host)],
    }


def _switched_with_code(scene: Scene, host: Host) -> list[str]:
    """Links in configuration folders to files of the code: written with the units."""
    found = {
        path
        for release in (scene.source, scene.target)
        for project, service in scene.services(host, release)
        for path in code_links(project, service.name)
    }
    return sorted(found)


def _identities(new: Scene, host: Host) -> Iterator[Step]:
    """Services go by the name of the host whose place they take, also where no file says so."""
    source = new.known_as(host.name)
    clock = new.snapshot.known("host.clock", source) or {}
    for path, name in ((kept_of(new, host.name) or {}).get("identities") or {}).items():
        if name is None and clock:
            yield Step(
                id=f"{BRING}/{host.name}/20-name-in-{path.rpartition('/')[2].replace('.', '-')}",
                kind="edit-config",
                host=host.name,
                why=f"its services keep the records, volumes and messages that are theirs by the name of {source}",
                undo=UNTOUCHED,
                estimate_s=1,
                params={"path": path, "edits": [["set", "DEFAULT", "host", str(clock["hostname"])]]},
            )


def check(new: Scene, first_hop: Scene, replacement: Replacement) -> Stage:
    """The new databases and brokers are well, and the first hop's own code finds nothing in the way."""
    first = new.first
    checked = checked_projects(first_hop)
    why = f"only {first_hop.target} itself knows what it will refuse; it looks at the living cloud and changes nothing"
    steps = [_healthy(first, replacement)]
    if checked:
        steps.append(judge_target(CHECK, first_hop, checked, why))
    return _on_new(
        new,
        CHECK,
        "See that the new control plane can take over",
        "what is found now costs nobody anything",
        (Lane(first, tuple(steps)),),
    )


def _healthy(first: str, replacement: Replacement) -> Step:
    plane = replacement.new
    databases = plane.databases.hosts if plane.databases.is_galera else ()
    balancers = plane.load_balancer.hosts if plane.load_balancer else ()
    by_role = "no rights on the old databases come from a role, which would not be carried"
    brokers = sorted(plane.messaging.hosts)
    facts = [
        *(
            expected("rabbitmq.node", host, ["running"], brokers, f"the brokers are one cluster, seen on {host}")
            for host in plane.messaging.hosts
        ),
        *(
            expected("galera.node", host, ["size"], len(databases), f"the databases are one cluster, seen on {host}")
            for host in databases
        ),
        *(
            expected("keepalived.vip", host, ["holds"], False, f"the virtual address is not on {host}")
            for host in balancers
        ),
        expected("databases.roles", None, [], {}, by_role),
    ]
    return Step(
        id=f"{CHECK}/{first}/healthy",
        kind="expect",
        host=first,
        why="they are about to carry the cloud",
        undo="nothing is changed",
        estimate_s=2,
        params={
            "says": "the new databases and brokers are well, each a cluster of its own",
            "facts": facts,
        },
    )
