"""Configuration changes a hop needs, as edits of the operator's own files; their other values are kept."""

from __future__ import annotations

from ostler.catalog.catalog import Catalog
from ostler.catalog.config_change import ConfigChange
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud, Host
from ostler.configuration.hop import OptionOnHop
from ostler.configuration.shown import in_words
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, wanted
from ostler.facts.options import SECRET
from ostler.planning.upgrade.options import option_findings, renames, set_option_requests
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

NOVA_CONF = "/etc/nova/nova.conf"
PIN = ("upgrade_levels", "compute")
AUTOMATIC = "auto"


def option_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """The facts this module needs: which options are set, on every host, and the values of those that count."""
    wanted_options: dict[str, set[str]] = {NOVA_CONF: {"/".join(PIN)}}
    for project in catalog.projects:
        for change in catalog.config_changes(hop, project.name):
            if change.action == "refuse" and not SECRET.search(change.option):
                wanted_options.setdefault(change.file, set()).add(f"{change.section}/{change.option}")
    values = tuple(
        _request(host, path, options) for host in cloud.hosts for path, options in sorted(wanted_options.items())
    )
    return (*values, *set_option_requests(catalog, hop, cloud))


def _request(host: str, path: str, options: set[str]) -> FactRequest:
    return wanted("host.options", host, path=path, options=":".join(sorted(options)))


def config_steps(stage: str, scene: Scene, host: Host, project: Project) -> list[Step]:
    """The edits of one project's files on one host; none when nothing must change."""
    steps = [
        Step(
            id=f"{stage}/{host.name}/50-edit-{path.rpartition('/')[2].replace('.', '-')}",
            kind="edit-config",
            host=host.name,
            why=_why_renamed(options, scene.target),
            undo="the recorded bytes are put back",
            estimate_s=1,
            params={"path": path, "edits": [["rename", *option.place, *(option.now or ())] for option in options]},
        )
        for path, options in sorted(renames(scene, host.name, project).items())
    ]
    return steps + (_pin(stage, scene, host.name) if project.name == "nova" else [])


def config_findings(scene: Scene) -> list[Finding]:
    """Failures for options that the target does not work with, warnings where they could not be read or where RPC is
    pinned by hand, and notes for what is read no more."""
    found = option_findings(scene)
    for project in scene.projects:
        for change in scene.catalog.config_changes(scene.hop, project.name):
            if change.action == "refuse":
                hosts = [host.name for host in scene.cloud.hosts.values() if project in scene.projects_on(host)]
                found += [finding for host in hosts if (finding := _in_the_way(scene, host, change))]
    return [*found, *_pinned(scene)]


def _why_renamed(options: list[OptionOnHop], target: str) -> str:
    words = [f"{in_words(*option.place)} as {in_words(*option.now)}" for option in options if option.now]
    return f"{target} reads only under its new name: {', '.join(words)}"


def _pinned(scene: Scene) -> list[Finding]:
    """Warnings for hosts on which the operator pinned nova's RPC to a release or a version: Ostler leaves it so."""
    return [
        Finding(
            code="upgrade.rpc-pinned",
            severity=Severity.WARNING,
            subject=f"{NOVA_CONF} on {host}",
            summary=(
                f"[{'] '.join(PIN)} = {value} is the operator's and stays: nova on {host} keeps to the messages of "
                f"{value}, also when all runs {scene.target}"
            ),
            found=str(value),
            expected="auto, or not set: then it is pinned for the upgrade alone",
            do_next=(
                "set it to auto or take it out on every host, restart nova's services, and make the plan again; "
                "or accept this, and take it out when the upgrade is done"
            ),
        )
        for host in scene.cloud.hosts
        if (value := _value(scene, host, NOVA_CONF, *PIN)) not in (None, AUTOMATIC)
    ]


def _in_the_way(scene: Scene, host: str, change: ConfigChange) -> Finding | None:
    name = f"[{change.section}] {change.option}"
    if (host, change.file) not in scene.options:
        return Finding(
            code="upgrade.option-not-read",
            severity=Severity.WARNING,
            subject=f"{change.file} on {host}",
            summary=f"{name} could not be read: with {change.value} in it, {scene.target} does not work",
            found="not read",
            expected=f"no {change.value}",
            do_next="see why it could not be read, and make the plan again",
        )
    value = _value(scene, host, change.file, change.section, change.option)
    if change.value is None or change.value not in (value or ""):
        return None
    return Finding(
        code="upgrade.option-in-the-way",
        severity=Severity.FAILURE,
        subject=f"{change.file} on {host}",
        summary=f"{scene.target} does not work with {name} = {value}: {' '.join(change.why.split())}",
        found=str(value),
        expected=f"no {change.value}",
        do_next=f"move the cloud to what takes the place of {change.value} first; then make the plan again",
    )


def needs_pin(scene: Scene, host: str) -> bool:
    """Whether nova on a host is not told to keep to the RPC version all services understand."""
    return _value(scene, host, NOVA_CONF, *PIN) is None


def loan_of_pin(host: str) -> str:
    """The name of the loan that the RPC pin on a host is."""
    return f"nova's RPC pinned automatically on {host}"


def _pin(stage: str, scene: Scene, host: str) -> list[Step]:
    if not needs_pin(scene, host):
        return []
    return [
        Step(
            id=f"{stage}/{host}/60-pin-rpc",
            kind="edit-config",
            host=host,
            why="while releases are mixed, nova must speak only what the oldest service understands",
            undo="a loan: the option is taken out when every service is new",
            estimate_s=1,
            params={"path": NOVA_CONF, "edits": [["set", *PIN, AUTOMATIC]]},
            lends=loan_of_pin(host),
        )
    ]


def _value(scene: Scene, host: str, path: str, section: str, option: str) -> str | None:
    value: str | None = scene.options.get((host, path), {}).get(f"{section}/{option}")
    return value
