"""`availability`: how much of the run each API answered, for users and directly on each controller, in percent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ostler.execution.probe.backends import backend_names
from ostler.execution.probe.figures import Figures, figures
from ostler.execution.proofs.model import ProofContext, ProofResult, Row
from ostler.facts.model import Unknown, wanted
from ostler.facts.service_units import expected_services

SILENT_S = 60.0
"""A probe that wrote nothing for so long before the proof did not measure the end of the run."""

FOR_USERS = "for users"
"""The column of the requests through the virtual address."""


def prove_availability(context: ProofContext, release: str) -> ProofResult:
    """The probe saw no more failures through the virtual address than its budget allows, and asked until now.

    What single controllers answered is told, not judged: each of them is out for a while on purpose. So is for how
    long the APIs were away where the plan takes them away. Without a probe nothing was measured: then every controller
    must answer now, and the result says so.
    """
    if context.probe_folder is None:
        return _now_only(context)
    seen = figures(context.probe_folder, since=context.began_at)
    if not seen.requests:
        return ProofResult("availability", False, "the probe wrote nothing down since the run began")
    failed = seen.failed + seen.outcomes_failed
    detail = f"{seen.failed} of {seen.requests} requests failed, {seen.servers_in_error} servers in ERROR"
    if failed > seen.failed + seen.servers_in_error:
        detail += f", {failed - seen.failed - seen.servers_in_error} other objects ended wrong"
    silent_s = context.clock.now() - (seen.ends or 0.0) if context.is_probed else 0.0
    if silent_s > SILENT_S:
        detail += f"; the probe's last record is {silent_s:.0f} s old: what users saw since then was not measured"
    budget = context.max_failed
    if budget is None and failed:
        away = max((api.away_s, api.api) for api in seen.apis.values())
        detail += f": the plan took the APIs away; {away[1]} was away longest, {away[0]} s"
    rows = tuple(_rows(seen, budget))
    return ProofResult(
        "availability",
        (budget is None or failed <= budget) and silent_s <= SILENT_S,
        detail,
        rows=rows,
        data=_table(seen, backend_names(context.catalog, release)),
    )


def _rows(seen: Figures, max_failed: int | None) -> Iterator[Row]:
    for api in seen.apis.values():
        percent = api.available_percent
        failed = api.failed + api.outcomes_failed
        stall = "" if api.longest_stall_s is None else f", longest wait {api.longest_stall_s:.1f} s"
        rate = f", {api.per_second:.1f} a second"
        shown = "never asked" if percent is None else f"{percent:.3f} % of {api.requests} requests{rate}{stall}"
        shown += f", away for {api.away_s} s" if max_failed is None and api.away_s else ""
        is_ok = percent is not None and (max_failed is None or failed <= max_failed)
        yield Row(f"{api.api} {FOR_USERS}", is_ok, shown)
    for direct in seen.direct:
        share = direct.available_percent
        shown = "never asked" if share is None else f"{share:.1f} % of {direct.asked} questions"
        yield Row(f"{direct.api} on {direct.host}", True, shown)


def _table(seen: Figures, backends: Mapping[str, str]) -> dict[str, Any]:
    table: dict[str, dict[str, float | None]] = {}
    for api in seen.apis.values():
        table.setdefault(backends.get(api.api, api.api), {})[FOR_USERS] = api.available_percent
    for direct in seen.direct:
        table.setdefault(direct.api, {})[direct.host] = direct.available_percent
    return {"percent": table}


def _now_only(context: ProofContext) -> ProofResult:
    hosts = [host for host in context.cloud.hosts if any(s.api for _, s in expected_services(context.cloud, host))]
    requests = {host: wanted("host.answers", host) for host in hosts}
    values = context.facts(*requests.values())
    table: dict[str, dict[str, float | None]] = {}
    rows = []
    for host, request in requests.items():
        value = values[request]
        if isinstance(value, Unknown):
            rows.append(Row(host, False, f"could not be asked: {value.reason}"))
            continue
        for backend, answer in value.items():
            ok = 0 < int(answer["status"]) < 400
            table.setdefault(backend, {})[host] = 100.0 if ok else 0.0
            rows.append(Row(f"{backend} on {host}", ok, "answers now" if ok else "does not answer now"))
    away = sum(not row.ok for row in rows)
    detail = "no probe ran, nothing was measured over time; now " + (f"{away} do not answer" if away else "all answer")
    return ProofResult("availability", not away, detail, rows=tuple(rows), data={"percent": table})
