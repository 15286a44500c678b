"""The Pythons that environments of past releases need: no archive brings them, so the hosts that run such code must
have them at the very place where they lay when it was built, for the users of the services to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ostler.catalog.project import Project
from ostler.cloud.model import Cloud
from ostler.environments.interpreters import is_out_of_reach
from ostler.errors import Finding, Severity
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest
from ostler.planning.upgrade.request import Scene, TargetEnvironment
from ostler.steps.model import Step

Environments = Mapping[str, Mapping[str, TargetEnvironment]]
"""Environments of each release of a way, by release and project."""

TRY_TIMEOUT_S = 300.0


def interpreter_requests(cloud: Cloud, stored: Environments, target: str) -> tuple[FactRequest, ...]:
    """Whether the hosts have what they need; `cloud` as the target's services will run on it."""
    return tuple(files_wanted(host, paths) for host, paths in _needed(cloud, stored, target).items() if paths)


def interpreter_findings(scene: Scene, stored: Environments) -> Iterator[Finding]:
    """A failure for each host and interpreter that is not there, and for what services could not reach."""
    named: set[str] = set()
    for host, paths in _needed(scene.cloud, stored, scene.target).items():
        there = scene.snapshot.values.get(files_wanted(host, paths)) if paths else None
        for path in paths:
            if is_out_of_reach(path) and path not in named:
                named.add(path)
                yield _out_of_reach(path)
            elif isinstance(there, Mapping) and path not in there:
                yield _missing(host, path)


def try_step(stage: str, scene: Scene, project: Project, host: str) -> Step:
    """The programs of a past release start here, as the user who will run them."""
    program = project.schema_phases(scene.target)[0].argv[0]
    return Step(
        id=f"{stage}/{host}/try-{project.name}-{scene.target}",
        kind="run-management",
        host=host,
        why=f"its Python is not this host's own: that {program} starts for {project.user} is seen while all runs",
        undo="nothing is changed",
        estimate_s=2,
        params={
            "environment": scene.new_environment(project),
            "argv": [program, "--help"],
            "user": project.user,
            "accept": {"0": "starts"},
            "timeout_s": TRY_TIMEOUT_S,
        },
    )


def _needed(cloud: Cloud, stored: Environments, target: str) -> dict[str, list[str]]:
    """The interpreters by host: on the first controller those of every release, elsewhere the target's."""
    everywhere = {made.interpreter for made in stored.get(target, {}).values() if made.interpreter}
    first = {made.interpreter for of in stored.values() for made in of.values() if made.interpreter}
    controllers = cloud.hosts_with("controller")
    hosts = [host.name for host in (*controllers, *cloud.hosts_with("compute"))]
    return {host: sorted(first if host == controllers[0].name else everywhere) for host in dict.fromkeys(hosts)}


def _out_of_reach(path: str) -> Finding:
    return Finding(
        code="environments.interpreter-out-of-reach",
        severity=Severity.FAILURE,
        subject=path,
        summary="environments were built with a Python in a folder that the users of services may not enter",
        found=path,
        expected="a Python below a folder that everybody may read, such as /opt/python",
        do_next="put it there on this machine and on the host, and build the environments again: ostler env build "
        "RELEASE --cloud FILE --python PATH",
    )


def _missing(host: str, path: str) -> Finding:
    folder = path.rpartition("/bin/")[0]
    return Finding(
        code="environments.interpreter-missing",
        severity=Severity.FAILURE,
        subject=f"{path} on {host}",
        summary="the code of past releases runs there, with a Python that the host does not have",
        found="no such file",
        expected=f"{folder}, as on the machine that built the environments",
        do_next=f"copy the folder there, owned by root and readable for all (rsync -a {folder}/ {host}:{folder}/), "
        "with the libraries that it needs (ldd)",
    )
