"""Known cases from the field that stop services of the target: services' users whom only keystone's v2 lets in, and
plugins, drivers and filters that are no more. `ostler config migrate` knows them by the same table."""

from __future__ import annotations

import functools

from ostler.catalog.config_known import load_config_known
from ostler.catalog.project import Project
from ostler.configuration.hop import SetOption
from ostler.configuration.hop_cases import Case, CaseOnHop, asked_on_hop, cases_on_hop
from ostler.configuration.shown import in_words
from ostler.errors import Finding, Severity
from ostler.planning.upgrade.options import named_once, options_set, succession_of
from ostler.planning.upgrade.request import Scene

OF_REQUESTS = "keystone_authtoken"
"""The group of keystonemiddleware, which only what answers requests reads."""


def known_findings(scene: Scene) -> list[Finding]:
    """Failures for what stops a service of the target, and warnings for values in which it may stand and that are not
    told. Each once for all hosts that have the file so."""
    passed = scene.catalog.passed(scene.hop)
    told: dict[tuple[str, str, CaseOnHop], list[str]] = {}
    for project in (project for project in scene.projects if _may_have_any(project, passed)):
        for host in scene.cloud.hosts:
            for path, options in options_set(scene, host, project).items():
                for case in _cases(project.name, scene.source, scene.target, passed, options or ()):
                    if not _is_of_requests(case) or _answers(scene, host, project):
                        told.setdefault((project.name, path, case), []).append(host)
    return [
        _finding(scene, project, path, named_once(path, hosts), case) for (project, path, case), hosts in told.items()
    ]


def _may_have_any(project: Project, passed: tuple[str, ...]) -> bool:
    known = load_config_known()
    return known.domains.since in passed or bool(asked_on_hop(project.name, known, passed))


@functools.lru_cache(maxsize=10_000)
def _cases(
    project: str, source: str, target: str, passed: tuple[str, ...], options: tuple[SetOption, ...]
) -> tuple[CaseOnHop, ...]:
    """Hosts of one role have the same files, but for some values that do not matter here."""
    succession = succession_of(project, source, target)
    return cases_on_hop(options, succession, load_config_known(), passed) if succession else ()


def _is_of_requests(case: CaseOnHop) -> bool:
    """Whether only a service that answers requests minds: it alone loads plugins of the project, too."""
    return case.group == OF_REQUESTS or case.case in (Case.NO_SUCH_ITEM, Case.NOT_TOLD)


def _answers(scene: Scene, host: str, project: Project) -> bool:
    here = scene.services(scene.cloud.host(host), scene.source)
    return any(owner.name == project.name and service.api for owner, service in here)


def _finding(scene: Scene, project: str, path: str, subject: str, case: CaseOnHop) -> Finding:
    name = in_words(case.group, ", ".join(case.names))
    if case.case is Case.NO_SUCH_ITEM:
        return _in_the_way(scene, subject, name, case)
    if case.case is Case.NOT_TOLD:
        return _not_told(scene, subject, name, case.item)
    file = f"--project {project} --from {scene.source} --to {scene.source} {path}"
    if case.case is Case.OLD_WORDS:
        return _old_words(scene, subject, name, case, file)
    return _no_domain(scene, subject, name, case, file)


def _in_the_way(scene: Scene, subject: str, name: str, case: CaseOnHop) -> Finding:
    return Finding(
        code="upgrade.option-in-the-way",
        severity=Severity.FAILURE,
        subject=subject,
        summary=f"{scene.target} does not work with {name} = {case.value}: {' '.join(case.why.split())}",
        found=case.value,
        expected=f"no {case.item}",
        do_next=f"move the cloud to what takes the place of {case.item}, or take it out where nothing has to; then "
        "make the plan again",
    )


def _old_words(scene: Scene, subject: str, name: str, case: CaseOnHop, file: str) -> Finding:
    return Finding(
        code="upgrade.old-credentials",
        severity=Severity.FAILURE,
        subject=subject,
        summary=f"[{case.group}] names its user in words that log in by keystone's v2 alone, and {scene.target} has no "
        "v2: the service would be let in no more",
        found=f"{name}, and no {case.lacks[0]}",
        expected=f"{case.lacks[0]} = password and the words of its plugin, which every release from Ocata on reads",
        do_next=f"write them there, as ostler config migrate {file} shows them; restart its services, and make the "
        "plan again",
    )


def _no_domain(scene: Scene, subject: str, name: str, case: CaseOnHop, file: str) -> Finding:
    return Finding(
        code="upgrade.domain-missing",
        severity=Severity.FAILURE,
        subject=subject,
        summary=f"[{case.group}] names a user or project without its domain, as only keystone's v2 finds them, and "
        f"{scene.target} has no v2: the service would be let in no more",
        found=f"{name}, and no {', no '.join(case.lacks)}",
        expected=f"{' and '.join(case.lacks)} beside them; what v2 knew is in the domain Default",
        do_next=f"write them there, as ostler config migrate {file} shows them; restart its services, and make the "
        "plan again",
    )


def _not_told(scene: Scene, subject: str, name: str, item: str) -> Finding:
    return Finding(
        code="upgrade.option-not-read",
        severity=Severity.WARNING,
        subject=subject,
        summary=f"{name} goes on over several lines and was not read: with {item} in it, {scene.target} does not work",
        found="not read",
        expected=f"no {item}",
        do_next="write it in one line, and make the plan again",
    )
