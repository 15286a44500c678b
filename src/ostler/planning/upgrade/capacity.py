"""How many requests the operator lets each API serve side by side (uwsgi's processes and threads): kept in what an
upgrade writes anew. What else was written into these files by hand is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud, Host
from ostler.deployment.uwsgi import ini_path
from ostler.deployment.venv import HostFacts, service_files
from ostler.errors import Finding, Severity
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest, Unknown, wanted
from ostler.planning.upgrade.request import ROLES, Scene

PROCESSES, THREADS = "uwsgi/processes", "uwsgi/threads"


def capacity_requests(catalog: Catalog, hop: Hop, cloud: Cloud) -> tuple[FactRequest, ...]:
    """The facts this module needs: sizes and digests of every host's uwsgi configuration."""
    found: list[FactRequest] = []
    for host in cloud.hosts.values():
        apis = _apis(catalog, hop.source.id, host)
        found += [_sizes(host.name, api) for api in apis]
        if apis:
            found.append(_digests(host.name, apis))
    return tuple(found)


def host_facts(scene: Scene, host: Host) -> HostFacts:
    """What the files of a host are made from: its address, and the sizes its APIs have now."""
    apis = _apis(scene.catalog, scene.source, host)
    return HostFacts(host.address, _numbers(scene, host, apis, PROCESSES), _numbers(scene, host, apis, THREADS))


def capacity_findings(scene: Scene) -> list[Finding]:
    """Files of which lines written by hand are not in what the upgrade writes, and hosts where nobody could tell."""
    found: list[Finding] = []
    for host in scene.cloud.hosts.values():
        apis = _apis(scene.catalog, scene.source, host)
        rewritten = dict(_rewritten(scene, host))
        if not rewritten:
            continue
        requests = [_digests(host.name, apis), *(_sizes(host.name, api) for api in apis)]
        seen, *sizes = (scene.snapshot.values.get(request, Unknown("not read")) for request in requests)
        unread = [value.reason for value in (seen, *sizes) if isinstance(value, Unknown)]
        if unread or isinstance(seen, Unknown):
            found.append(_not_read(host.name, unread[0]))
            continue
        found += [
            _by_hand(host.name, path, scene.target)
            for path, text in rewritten.items()
            if path in seen and seen[path]["sha256"] != hashlib.sha256(text.encode()).hexdigest()
        ]
    return found


def _apis(catalog: Catalog, release: str, host: Host) -> list[str]:
    """The services under uwsgi that a host of these roles can have."""
    return [
        service.name
        for role in ROLES
        if role in host.roles
        for project in catalog.projects
        if release in project.releases
        for service in project.services(release, role, optional=True)
        if service.kind == "wsgi"
    ]


def _sizes(host: str, api: str) -> FactRequest:
    return wanted("host.options", host, path=ini_path(api), options=f"{PROCESSES}:{THREADS}")


def _digests(host: str, apis: list[str]) -> FactRequest:
    return files_wanted(host, map(ini_path, apis))


def _numbers(scene: Scene, host: Host, apis: list[str], option: str) -> dict[str, int]:
    """A size by service, where it is set to a number."""
    texts = {api: scene.options.get((scene.known_as(host.name), ini_path(api)), {}).get(option) for api in apis}
    return {api: int(text) for api, text in texts.items() if text is not None and text.isdecimal() and int(text) > 0}


def _rewritten(scene: Scene, host: Host) -> Iterator[tuple[str, str]]:
    """The uwsgi files of a host that the upgrade writes anew or removes, as the source release has them."""
    facts = host_facts(scene, host)
    new = {
        path: text
        for project, service in scene.services(host, scene.target)
        if service.kind == "wsgi"
        for path, text in service_files(project, service.name, scene.target, facts).texts.items()
    }
    for project, service in scene.services(host, scene.source):
        if service.kind == "wsgi":
            path = ini_path(service.name)
            text = service_files(project, service.name, scene.source, facts).texts[path]
            if new.get(path) != text:
                yield path, text


def _by_hand(host: str, path: str, target: str) -> Finding:
    return Finding(
        code="upgrade.uwsgi-by-hand",
        severity=Severity.NOTE,
        subject=f"{path} on {host}",
        summary=f"it was changed by hand; {target} needs another one, which keeps processes and threads alone",
        found="other lines than Ostler wrote",
        expected="as Ostler wrote it",
        do_next="compare after the upgrade, and put back what is missed; the file as it is now is kept by the run",
    )


def _not_read(host: str, reason: str) -> Finding:
    return Finding(
        code="upgrade.uwsgi-not-read",
        severity=Severity.WARNING,
        subject=host,
        summary="the sizes of its APIs (uwsgi's processes and threads) could not be read: they would get the defaults",
        found=reason,
        expected="the files below /etc/uwsgi read",
        do_next="see to the reason and make the plan again",
    )
