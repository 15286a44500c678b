"""What a hop makes of the options that the operator's files set, as each project's own code declares them: lines that
get another name or group, and what the operator is told."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence

from ostler.catalog.catalog import Catalog
from ostler.catalog.config_known import load_config_known
from ostler.catalog.options import load_options
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.catalog.service import Role
from ostler.cloud.model import Cloud
from ostler.configuration.hop import Becomes, OptionOnHop, SetOption, options_on_hop, values_wanted
from ostler.configuration.hop_cases import asked_on_hop
from ostler.configuration.shown import in_words
from ostler.configuration.succession import Succession
from ostler.errors import Finding, InputError, Severity
from ostler.facts.model import FactRequest, wanted
from ostler.facts.options import SECRET
from ostler.planning.upgrade.request import ROLES, Scene

FILE_ARGUMENT = "--config-file"


def set_option_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """Which options every configuration file on every host sets, and the values that matter."""
    return tuple(
        _request(host.name, path, project, catalog, hop)
        for host in cloud.hosts.values()
        for project in catalog.projects
        for path in _paths(project, hop.source.id, tuple(role for role in ROLES if role in host.roles))
        if succession_of(project.name, hop.source.id, hop.target.id)
    )


def renames(scene: Scene, host: str, project: Project) -> dict[str, list[OptionOnHop]]:
    """The options of a project's files on a host that must get another place, by file."""
    found: dict[str, list[OptionOnHop]] = {}
    for path, option in _on(scene, host, project):
        if option.becomes is Becomes.MOVED:
            found.setdefault(path, []).append(option)
    return found


def option_findings(scene: Scene) -> list[Finding]:
    """Failures for values that the target does not take, warnings for files that could not be read and for options that
    several take the place of, notes for what is read no more; and a note where nobody compared the options."""
    new = [project for project in scene.projects if scene.source not in project.releases]
    uncompared = [project for project in scene.projects if project not in new and not _is_compared(scene, project)]
    found = [_not_compared(scene, project) for project in uncompared]
    unread: dict[str, list[str]] = {}
    told: dict[tuple[str, OptionOnHop], list[str]] = {}
    for project in filter(functools.partial(_is_compared, scene), scene.projects):
        for host in scene.cloud.hosts:
            for path, options in options_set(scene, host, project).items():
                if options is None:
                    unread.setdefault(path, []).append(host)
            for path, option in _on(scene, host, project):
                if option.becomes in _TELL:
                    told.setdefault((path, option), []).append(host)
    found += [_not_read(scene, named_once(path, hosts)) for path, hosts in unread.items()]
    return found + [
        _TELL[option.becomes](scene, named_once(path, hosts), option, in_words(*option.place))
        for (path, option), hosts in told.items()
    ]


def named_once(path: str, hosts: Sequence[str]) -> str:
    """A file that several hosts have, as the subject of one finding."""
    first, *others = hosts
    return f"{path} on {first}" + (f" and {len(others)} more" if others else "")


def _is_compared(scene: Scene, project: Project) -> bool:
    return succession_of(project.name, scene.source, scene.target) is not None


def _on(scene: Scene, host: str, project: Project) -> Iterator[tuple[str, OptionOnHop]]:
    for path, options in options_set(scene, host, project).items():
        for option in _became(project.name, scene.source, scene.target, options or ()):
            yield path, option


def options_set(scene: Scene, host: str, project: Project) -> dict[str, tuple[SetOption, ...] | None]:
    """What each of a project's files on a host sets; None for one that could not be read."""
    roles = tuple(role for role in ROLES if role in scene.cloud.host(host).roles)
    found: dict[str, tuple[SetOption, ...] | None] = {}
    read_of = scene.known_as(host)
    for path in _paths(project, scene.source, roles):
        request = _request(read_of, path, project, scene.catalog, scene.hop)
        values = scene.snapshot.known(request.fact, read_of, **dict(request.params))
        found[path] = None if values is None else tuple((group, name, value) for group, name, value in values)
    return found


@functools.lru_cache(maxsize=10_000)
def _became(project: str, source: str, target: str, options: tuple[SetOption, ...]) -> tuple[OptionOnHop, ...]:
    """Hosts of one role have the same files, but for some values that do not matter here."""
    succession = succession_of(project, source, target)
    return options_on_hop(options, succession, load_config_known()) if succession else ()


@functools.cache
def succession_of(project: str, source: str, target: str) -> Succession | None:
    """The options of a project on a way; None where a release of its ends was not harvested."""
    try:
        return Succession(load_options(project), source, target)
    except InputError:
        return None


@functools.cache
def _values(project: str, source: str, target: str, passed: tuple[str, ...]) -> str:
    succession, known = succession_of(project, source, target), load_config_known()
    names = values_wanted(succession, known) if succession else ()
    asked = (change.option for change in asked_on_hop(project, known, passed))
    return ":".join(name for name in sorted({*names, *asked}) if not SECRET.search(name))


def _request(host: str, path: str, project: Project, catalog: Catalog, hop: Hop) -> FactRequest:
    values = _values(project.name, hop.source.id, hop.target.id, catalog.passed(hop))
    return wanted("host.set_options", host, path=path, values=values)


@functools.cache
def _paths(project: Project, release: str, roles: tuple[Role, ...]) -> tuple[str, ...]:
    """The configuration files that services of a project are started with on a host of these roles: those that their
    arguments name, else all of the project."""
    found: list[str] = []
    if release not in project.releases:
        return ()
    for service in (service for role in roles for service in project.services(release, role, optional=True)):
        words = [entry.arguments for entry in service.entry_points]
        named = [path for each in words for word, path in itertools.pairwise(each) if word == FILE_ARGUMENT]
        found += named or project.config_files
    return tuple(dict.fromkeys(found))


def _gone(scene: Scene, where: str, option: OptionOnHop, name: str) -> Finding:
    return Finding(
        code="upgrade.option-gone",
        severity=Severity.NOTE,
        subject=where,
        summary=f"{name} is set, and {scene.target} reads it no more (since {option.since})",
        found=name,
        expected=option.why or "an option that the target reads",
        do_next="nothing has to be done; see whether you relied on it",
    )


def _several(scene: Scene, where: str, option: OptionOnHop, name: str) -> Finding:
    return Finding(
        code="upgrade.option-split",
        severity=Severity.WARNING,
        subject=where,
        summary=f"several options take the place of {name} since {option.since}: only you can tell which you mean",
        found=name,
        expected="one of the new options, or all, set beside it",
        do_next="set them (ostler config migrate shows which), and make the plan again",
    )


def _refused(scene: Scene, where: str, option: OptionOnHop, name: str) -> Finding:
    return Finding(
        code="upgrade.option-value-refused",
        severity=Severity.FAILURE,
        subject=where,
        summary=f"services of {scene.target} do not start with this value of {name}: it is {option.why}",
        found=name,
        expected="a value that the target takes",
        do_next="choose another value, and make the plan again",
    )


_TELL = {Becomes.GONE: _gone, Becomes.SEVERAL: _several, Becomes.REFUSED: _refused}


def _not_read(scene: Scene, where: str) -> Finding:
    return Finding(
        code="upgrade.option-names-not-read",
        severity=Severity.WARNING,
        subject=where,
        summary=f"which options it sets could not be read: some may have another name in {scene.target}",
        found="not read",
        expected="the names of its options",
        do_next="see why the host does not answer, and make the plan again",
    )


def _not_compared(scene: Scene, project: Project) -> Finding:
    return Finding(
        code="upgrade.options-not-compared",
        severity=Severity.NOTE,
        subject=f"{project.name}, {scene.hop}",
        summary="the options of these two releases were not harvested: a change of configuration may be missing",
        found="not harvested",
        expected="every option of both releases",
        do_next=f"look for options that were removed, renamed or got another default in the notes of {scene.target}",
    )
