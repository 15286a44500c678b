"""Which facts are read for which purpose."""

from __future__ import annotations

from ostler.cloud.model import Cloud
from ostler.facts.model import FactRequest, wanted
from ostler.planning.readiness import readiness_requests

ON_EVERY_HOST = ("host.clock", "host.disk", "host.units", "host.processes", "host.environments", "host.answers")
IN_SQL = ("databases.schema", "databases.sizes", "nova.services", "nova.busy", "nova.hostless", "nova.object_versions")
FROM_APIS = (
    "api.servers",
    "api.compute_services",
    "api.hypervisors",
    "api.volumes",
    "api.volume_services",
    "api.network_agents",
    "api.networks",
    "api.images",
)
VARIABLES = ("log_bin_trust_function_creators",)

STATUS_ON_EVERY_HOST = ("host.clock", "host.units", "host.processes", "host.environments", "host.answers")
STATUS_FROM_APIS = ("api.compute_services", "api.hypervisors", "api.volume_services", "api.network_agents")


def status_requests(cloud: Cloud) -> list[FactRequest]:
    """Return what `ostler status` reads; `vip.answers` needs a `web` handed to `read_facts`."""
    apis = STATUS_FROM_APIS if cloud.api else ()
    return [
        *(wanted(fact, host) for host in cloud.hosts for fact in STATUS_ON_EVERY_HOST),
        *cluster_requests(cloud),
        *([wanted("vip.answers")] if cloud.load_balancer else []),
        *(wanted(fact) for fact in apis),
    ]


def upgrade_requests(cloud: Cloud) -> list[FactRequest]:
    """Return what the upgrade planner reads: every fact that needs no further parameter, for all hosts, and those
    that the rules of readiness name."""
    databases = cloud.databases.hosts
    return [
        *(wanted(fact, host) for host in cloud.hosts for fact in ON_EVERY_HOST),
        *cluster_requests(cloud),
        *(wanted("databases.variable", host, name=name) for host in databases for name in VARIABLES),
        *(wanted(fact) for fact in (IN_SQL if databases else ())),
        *(wanted(fact) for fact in (FROM_APIS if cloud.api else ())),
        *readiness_requests(cloud, is_upgrade=True),
    ]


def cluster_requests(cloud: Cloud) -> list[FactRequest]:
    """Return the facts about databases, brokers, load balancers and memcached that the cloud has."""
    balancers = cloud.load_balancer.hosts if cloud.load_balancer else ()
    return [
        *(wanted("galera.node", host) for host in cloud.databases.hosts),
        *(wanted("rabbitmq.node", host) for host in cloud.messaging.hosts),
        *(wanted("haproxy.servers", host) for host in balancers),
        *(wanted("haproxy.held", host) for host in balancers),
        *(wanted("keepalived.vip", host) for host in balancers),
        *(wanted("memcached.node", host.name) for host in cloud.hosts_with("controller")),
    ]
