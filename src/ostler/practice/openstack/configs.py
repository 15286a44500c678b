"""Every file OpenStack needs on one practice host beside its environments: configuration, units, uwsgi, links."""

from __future__ import annotations

from collections.abc import Mapping

from ostler.catalog.catalog import Catalog
from ostler.deployment.paths import current_link
from ostler.deployment.venv import UNIT_DIR, HostFacts, service_files, services_on
from ostler.practice.layout import Host, Layout
from ostler.practice.openstack.accounts import SYSUSERS_PATH, sysusers
from ostler.practice.openstack.compute_settings import nova
from ostler.practice.openstack.identity_image_settings import glance, keystone, keystone_keys, placement
from ostler.practice.openstack.network_volume_settings import cinder, ml2, neutron
from ostler.practice.openstack.settings import HostFile, Settings, ini
from ostler.practice.openstack.shared_settings import Shared
from ostler.secret import Secret

AGENT = "neutron-openvswitch-agent"
OPTIONAL_SERVICES = (AGENT,)
"""Of the services only some clouds have, those a practice cloud has."""


def config_files(layout: Layout, host: Host) -> list[HostFile]:
    """The projects' own configuration files of a host."""
    shared = Shared(layout)
    settings: dict[str, Settings] = {
        "/etc/nova/nova.conf": nova(shared, host),
        "/etc/neutron/neutron.conf": neutron(shared, host),
    }
    if host.role == "compute":
        return [_config(path, each) for path, each in settings.items()]
    settings |= {
        "/etc/keystone/keystone.conf": keystone(shared),
        "/etc/glance/glance-api.conf": glance(shared),
        "/etc/placement/placement.conf": placement(shared),
        "/etc/neutron/plugins/ml2/ml2_conf.ini": ml2(),
        "/etc/cinder/cinder.conf": cinder(shared, host),
    }
    return [*(_config(path, each) for path, each in settings.items()), *keystone_keys(shared)]


def system_files(catalog: Catalog, layout: Layout, host: Host) -> list[HostFile]:
    """Units, uwsgi files and users of a host at the cloud's release."""
    files = [HostFile(SYSUSERS_PATH, Secret(sysusers()))]
    facts = HostFacts(host.address)
    for project, service in services_on(catalog, layout.release, host.role, OPTIONAL_SERVICES):
        texts = service_files(project, service.name, layout.release, facts).texts
        files += [HostFile(path, Secret(text)) for path, text in texts.items()]
    if host.role == "compute":
        files.append(HostFile(f"{UNIT_DIR}/{AGENT}.service.d/practice.conf", Secret(agent_drop_in())))
    return files


def links(catalog: Catalog, layout: Layout, host: Host, environments: Mapping[str, str]) -> dict[str, str]:
    """Symbolic links of a host by path. `environments` are the paths of the environments by project."""
    found: dict[str, str] = {}
    facts = HostFacts(host.address)
    for project, service in services_on(catalog, layout.release, host.role, OPTIONAL_SERVICES):
        found[current_link(service.name)] = environments[project.name]
        found.update(service_files(project, service.name, layout.release, facts).links)
    return found


def agent_drop_in() -> str:
    """Lets the agent's unit start our heartbeats in place of the agent. Being a drop-in, it stays when an
    upgrade writes the unit anew."""
    program = f"{current_link(AGENT)}/bin/ostler-practice-{AGENT}"
    log = f"--log-file=/var/log/neutron/{AGENT}.log"
    return f"[Service]\nExecStart=\nExecStart={program} --config-file /etc/neutron/neutron.conf {log}\n"


def _config(path: str, settings: Settings) -> HostFile:
    project = path.split("/")[2]
    return HostFile(path, ini(settings), f"root:{project}", 0o640)
