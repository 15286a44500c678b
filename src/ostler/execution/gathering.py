"""Gathers everything an upgrade is planned from: what is read of the cloud, and of a new control plane, what runs left
there, and what lies in the store of environments. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.catalog.catalog import Catalog, load_catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.environments.store import EnvironmentStore
from ostler.execution.looking_over import look_over, look_over_onto
from ostler.execution.questions import upgrade_requests
from ostler.planning.rehearsed import Rehearsal
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.onto import old_requests
from ostler.planning.upgrade.plan import Onto, Sources, facts_needed, facts_needed_of_new
from ostler.planning.upgrade.request import TargetEnvironment
from ostler.planning.upgrade.way import as_one


def gather(
    catalog: Catalog,
    cloud: Cloud,
    way: Sequence[Hop],
    replacement: Replacement | None = None,
    rehearsals: tuple[Rehearsal, ...] = (),
) -> Sources:
    """Read what a plan for this way is made from. Raises InputError for credentials that are named but not there."""
    hop = as_one(catalog, way)
    target = hop.target.id
    whole = replacement.before(cloud) if replacement else cloud
    stored = {each.target.id: target_environments(cloud, each.target.id) for each in way}
    requests = [
        *upgrade_requests(whole),
        *facts_needed(catalog, hop, whole, rehearsals, None if replacement else stored),
        *(old_requests(whole, replacement, catalog.service_users) if replacement else ()),
    ]
    looked = look_over(whole, requests, target)
    onto = None
    if replacement:
        about_new = facts_needed_of_new(catalog, hop, cloud, replacement, looked.snapshot, stored)
        onto = Onto(replacement, look_over_onto(replacement.after(cloud), about_new))
    return Sources(
        catalog,
        cloud,
        looked.snapshot,
        stored[target],
        looked.left,
        on_the_way={release: of for release, of in stored.items() if release != target},
        rehearsals=rehearsals,
        onto=onto,
    )


def target_environments(cloud: Cloud, release: str) -> Mapping[str, TargetEnvironment]:
    """The newest archive of each project for a release in the cloud's environment store."""
    store = EnvironmentStore(cloud.environments.path)
    found = {}
    for project in load_catalog().projects:
        stored = store.newest(project.name, release)
        if stored is not None:
            made = stored.manifest
            sizes = (made.size_bytes, made.unpacked_bytes)
            found[project.name] = TargetEnvironment(
                project.name, made.version, made.address, made.sha256, *sizes, interpreter=made.interpreter
            )
    return found
