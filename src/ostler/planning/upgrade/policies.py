"""The operator's rules of access in policy.json, on a hop whose target no longer looks there: what they forbid would be
allowed, and nothing would say so."""

from __future__ import annotations

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.errors import Finding, Severity
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest, Unknown, wanted
from ostler.planning.upgrade.request import Scene

BLOCKER = "policy.json-is-no-longer-read"
POLICY_FILE = "oslo_policy/policy_file"
SHORTEST_RULES_BYTES = 8
"""Of a file with one rule: `{"a":""}`. What is shorter holds none."""


def policy_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """The facts this module needs: which files of rules there are on each controller, and which one is set. None on a
    hop that changes nothing about them."""
    if not _stops_reading(catalog, hop):
        return ()
    hosts = [host.name for host in cloud.hosts_with("controller")]
    projects = catalog.projects
    set_there = [
        wanted("host.options", host, path=path, options=POLICY_FILE)
        for host in hosts
        for project in projects
        for path in project.config_files
    ]
    return (*(_files(at, projects) for at in hosts), *set_there)


def policy_findings(scene: Scene) -> list[Finding]:
    """Failures for rules that would no longer be read, and warnings where nobody could look."""
    if not _stops_reading(scene.catalog, scene.hop):
        return []
    found = []
    for host in scene.controllers:
        there = scene.snapshot.values.get(_files(host.name, scene.catalog.projects), Unknown("not read"))
        for project in scene.projects_on(host):
            options = [scene.options.get((host.name, path), {}) for path in project.config_files]
            if isinstance(there, Unknown) or not all(POLICY_FILE in each for each in options):
                reason = there.reason if isinstance(there, Unknown) else "a configuration file was not read"
                found.append(_not_read(f"{_old(project)} on {host.name}", reason, scene.target))
            elif all(each[POLICY_FILE] is None for each in options) and _has_rules(there, project):
                found.append(_ignored(scene, host.name, project))
    return found


def _stops_reading(catalog: Catalog, hop: Hop) -> bool:
    known, order = catalog.blocker(BLOCKER), catalog.all_releases.order
    if known is None:
        return False
    return known.is_true_in(hop.target.id, order) and not known.is_true_in(hop.source.id, order)


def _has_rules(there: dict[str, dict[str, int]], project: Project) -> bool:
    """Whether policy.json holds rules and is the file that is read: policy.yaml goes before it in every release."""
    return _new(project) not in there and there.get(_old(project), {}).get("size", 0) >= SHORTEST_RULES_BYTES


def _ignored(scene: Scene, host: str, project: Project) -> Finding:
    return Finding(
        code="upgrade.policy-json-ignored",
        severity=Severity.FAILURE,
        subject=f"{_old(project)} on {host}",
        summary=f"{project.name} of {scene.target} no longer reads it: what its rules forbid would be allowed",
        found="policy.json, and neither policy.yaml nor [oslo_policy] policy_file",
        expected="the rules in policy.yaml beside it",
        do_next=(
            f"write it as policy.yaml: ostler config migrate --project {project.name} --from {scene.source} "
            f"--to {scene.target} policy.json --out policy.yaml; put that beside it, and make the plan again. Where "
            f"[oslo_policy] policy_file is set in a folder of more files, set it in {project.config_files[0]} too"
        ),
    )


def _not_read(subject: str, reason: str, target: str) -> Finding:
    return Finding(
        code="upgrade.policy-not-read",
        severity=Severity.WARNING,
        subject=subject,
        summary=f"nobody could see whether there are rules of access in policy.json, which {target} does not read",
        found=reason,
        expected="the project's folder and configuration file read",
        do_next="see to the reason and make the plan again",
    )


def _files(host: str, projects: tuple[Project, ...]) -> FactRequest:
    return files_wanted(host, [path for project in projects for path in (_old(project), _new(project))])


def _old(project: Project) -> str:
    return f"{project.config_dir}/policy.json"


def _new(project: Project) -> str:
    return f"{project.config_dir}/policy.yaml"
