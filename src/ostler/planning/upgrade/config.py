"""Configuration changes a hop needs, as edits of the operator's own files; their other values are kept."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud, Host
from ostler.configuration.hop import OptionOnHop
from ostler.configuration.shown import in_words
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, wanted
from ostler.planning.upgrade.options import option_findings, renames, set_option_requests
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

NOVA_CONF = "/etc/nova/nova.conf"
PIN = ("upgrade_levels", "compute")
AUTOMATIC = "auto"
UNCHECKED = ("workarounds", "disable_compute_service_check_for_ffu")


def option_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """The facts this module needs: which options are set, on every host, and the values of those that count."""
    options = ":".join(sorted("/".join(place) for place in (PIN, UNCHECKED)))
    values = tuple(wanted("host.options", host, path=NOVA_CONF, options=options) for host in cloud.hosts)
    return (*values, *set_option_requests(catalog, hop, cloud))


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
    return steps + (_lend(stage, scene, host.name) if project.name == "nova" else [])


def config_findings(scene: Scene) -> list[Finding]:
    """What is to be said of the options that are set, and of RPC that is pinned by hand."""
    return [*option_findings(scene), *_pinned(scene)]


def config_notes(scene: Scene) -> list[str]:
    """Changes of meaning that the operator has to judge."""
    return [
        f"{project.name} [{change.section}] {change.option}: {' '.join(change.why.split())}"
        for project in scene.projects
        for change in scene.catalog.config_changes(scene.hop, project.name)
    ]


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


@dataclass(frozen=True)
class LentOption:
    """An option of nova that is set on a host for the upgrade alone: its place, value and why; `step` is what the steps
    that set it and take it out are called, `loan` what it is called while it is lent, `done` why it can go."""

    place: tuple[str, str]
    value: str
    step: str
    why: str
    loan: str
    done: str


def lent_option(scene: Scene, host: str) -> LentOption | None:
    """What nova on a host is lent for this upgrade; None when it needs nothing, or has it from the operator."""
    option = _pin(host) if scene.is_rolling else _unchecked(scene, host)
    return option if option and _value(scene, host, NOVA_CONF, *option.place) is None else None


def _pin(host: str) -> LentOption:
    return LentOption(
        PIN,
        AUTOMATIC,
        step="pin-rpc",
        why="while releases are mixed, nova must speak only what the oldest service understands",
        loan=f"nova's RPC pinned automatically on {host}",
        done="every service is new: nothing old has to be understood any more",
    )


def _unchecked(scene: Scene, host: str) -> LentOption | None:
    """Records of computes keep the version they were written with until each starts anew; where that is below the
    target's floor, no service of nova would start before all have."""
    nova = scene.catalog.nova
    if min(nova.at(scene.source).service_version, scene.oldest_compute) >= nova.at(scene.target).compute_floor:
        return None
    return LentOption(
        UNCHECKED,
        "True",
        step="unchecked",
        why=f"nova of {scene.target} would not start while records say that computes are of {scene.source}",
        loan=f"nova's check of computes' versions off on {host}",
        done="every compute is new: nova may check their versions again",
    )


def _lend(stage: str, scene: Scene, host: str) -> list[Step]:
    option = lent_option(scene, host)
    if option is None:
        return []
    return [
        Step(
            id=f"{stage}/{host}/60-{option.step}",
            kind="edit-config",
            host=host,
            why=option.why,
            undo="a loan: the option is taken out when every service is new",
            estimate_s=1,
            params={"path": NOVA_CONF, "edits": [["set", *option.place, option.value]]},
            lends=option.loan,
        )
    ]


def take_out(stage: str, scene: Scene, host: str) -> list[Step]:
    """The option that nova on a host was lent goes; what reads it has to be started anew after this."""
    option = lent_option(scene, host)
    if option is None:
        return []
    return [
        Step(
            id=f"{stage}/{host}/08-remove-{option.step}",
            kind="edit-config",
            host=host,
            why=option.done,
            undo="the recorded bytes are put back",
            estimate_s=1,
            params={"path": NOVA_CONF, "edits": [["remove", *option.place]]},
            returns=option.loan,
        )
    ]


def _value(scene: Scene, host: str, path: str, section: str, option: str) -> str | None:
    value: str | None = scene.options.get((scene.known_as(host), path), {}).get(f"{section}/{option}")
    return value
