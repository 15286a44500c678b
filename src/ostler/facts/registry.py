"""Every fact Ostler can read, by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ostler.facts import (
    accounts,
    answers,
    api_compute,
    api_created,
    api_image,
    api_network,
    api_volume,
    cinder_records,
    clock,
    connections,
    disk,
    environments,
    files,
    galera,
    guests,
    haproxy,
    haproxy_held,
    kept,
    memcached,
    nova_objects,
    nova_records,
    options,
    processes,
    rabbitmq,
    rows_in_the_way,
    schema,
    set_options,
    shared_folders,
    speed,
    units,
    vip,
    vip_answers,
)
from ostler.facts.model import Fact

_ALL: tuple[Fact, ...] = (
    clock.FACT,
    disk.FACT,
    units.FACT,
    processes.FACT,
    environments.FACT,
    files.FACT,
    shared_folders.FACT,
    accounts.FACT,
    kept.FACT,
    options.FACT,
    set_options.FACT,
    connections.FACT,
    answers.FACT,
    galera.FACT,
    rabbitmq.FACT,
    haproxy.FACT,
    haproxy_held.FACT,
    vip.FACT,
    vip_answers.FACT,
    memcached.FACT,
    schema.SCHEMA,
    schema.SIZES,
    schema.VARIABLE,
    speed.FACT,
    rows_in_the_way.FACT,
    nova_records.SERVICES_FACT,
    nova_records.BUSY_FACT,
    nova_records.HOSTLESS_FACT,
    nova_records.CELLS_FACT,
    nova_objects.FACT,
    cinder_records.BUSY_FACT,
    guests.FACT,
    api_compute.SERVERS,
    api_compute.SERVICES,
    api_compute.HYPERVISORS,
    api_volume.VOLUMES,
    api_volume.SERVICES,
    api_network.AGENTS,
    api_network.NETWORKS,
    api_image.FACT,
    api_created.USERS,
    api_created.PROJECTS,
    api_created.SUBNETS,
    api_created.PORTS,
    api_created.GROUPS,
    api_created.SNAPSHOTS,
    api_created.FLAVORS,
)

FACTS: Mapping[str, Fact] = MappingProxyType({fact.id: fact for fact in _ALL})


def fact(fact_id: str) -> Fact:
    """Return the fact with this id. Raises KeyError saying which there are: asking for another is a bug."""
    if fact_id not in FACTS:
        raise KeyError(f"there is no fact {fact_id!r}; there are: {', '.join(FACTS)}")
    return FACTS[fact_id]
