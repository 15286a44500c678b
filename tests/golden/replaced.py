"""The plan of a replacement, made for a simulated cloud with spare hosts: nothing of it is recorded."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ostler.catalog.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.execution.gathering import target_environments
from ostler.execution.questions import upgrade_requests
from ostler.execution.reading import read_snapshot
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.facts.model import FactRequest, Snapshot
from ostler.planning.model import Plan
from ostler.planning.upgrade.onto import old_requests, plan_replacement
from ostler.planning.upgrade.plan import Onto, Sources, facts_needed, facts_needed_of_new, plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest
from ostler.planning.upgrade.way import as_one, way_of
from ostler.reporting.plan_text import plan_text

SOURCE, TARGET, PAST = "2023.1", "2025.1", "pike"
PLANS = Path(__file__).parent / "plans" / "simulated-3-2-3"
GOLDEN = {SOURCE: PLANS / f"{TARGET}-replace" / "plan.txt", PAST: PLANS / f"{PAST}-{TARGET}-replace" / "plan.txt"}
"""The plans that are kept, by the release they begin at."""


def replacement_plan(source: str = SOURCE) -> Plan:
    """Plan the replacement, over every release on the way."""
    catalog = load_catalog()
    way = way_of(catalog, source, TARGET, "replace")
    with tempfile.TemporaryDirectory() as folder:
        made = three_plus_two(source, Path(folder), store=[hop.target.id for hop in way], has_spares=True)
        stored = {hop.target.id: target_environments(made.cloud, hop.target.id) for hop in way}
    between = {release: of for release, of in stored.items() if release != TARGET}
    replacement = plan_replacement(made.cloud, made.onto)
    before, users = replacement.before(made.cloud), catalog.service_users
    requests = [*upgrade_requests(before), *facts_needed(catalog, as_one(catalog, way), before)]
    snapshot = _read(made, before, [*requests, *old_requests(before, replacement, users)])
    about_new = facts_needed_of_new(catalog, as_one(catalog, way), made.cloud, replacement, snapshot, stored)
    onto = _read(made, replacement.after(made.cloud), list(about_new))
    sources = Sources(catalog, made.cloud, snapshot, stored[TARGET], on_the_way=between, onto=Onto(replacement, onto))
    return plan_upgrade(sources, UpgradeRequest(TARGET, accepted_by="the golden test", strategy="replace"))


def replacement_text(source: str = SOURCE) -> str:
    """The plan as it is shown, but for its digest: a simulated cloud is another one each time."""
    return "".join(
        line for line in plan_text(replacement_plan(source)).splitlines(True) if not line.startswith("plan ")
    )


def _read(made: Simulation, cloud: Cloud, requests: list[FactRequest]) -> Snapshot:
    simulated = made.simulated
    return read_snapshot(cloud, simulated.transport, simulated.api, requests, simulated.now)
