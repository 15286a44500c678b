"""`functional`: the table of what users do with a cloud, each row tried against the running one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ostler.errors import OstlerError, OutsideError
from ostler.execution.proofs.functional.bench import Bench
from ostler.execution.proofs.functional.images import image_comes_back, make_image
from ostler.execution.proofs.functional.networks import make_network, make_port
from ostler.execution.proofs.functional.servers import boot, cold_migrate, live_migrate, make_flavor
from ostler.execution.proofs.functional.volumes import attach, detach, make_volume
from ostler.execution.proofs.model import ProofContext, ProofResult, Row, from_rows

BOOTED_AT_MOST = 8
"""On so many compute hosts a server is booted here; each compute that was upgraded had one booted on it already."""


@dataclass
class Trial:
    """The rows tried so far and what they made. A row whose ``needs`` failed is not tried, and says so."""

    bench: Bench
    rows: list[Row] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def row(self, name: str, needs: tuple[str, ...], do: Callable[[], str]) -> None:
        """Try one row."""
        missing = next((need for need in needs if need not in self.ids), None)
        if missing is not None:
            self.rows.append(Row(name, False, f"not tried: there is no {missing}"))
            return
        began = self.bench.context.clock.elapsed()
        try:
            ok, detail = True, do()
        except OstlerError as error:
            ok, detail = False, error.summary + (f" ({error.found})" if error.found else "")
        self.rows.append(Row(name, ok, detail, round(self.bench.context.clock.elapsed() - began, 2)))


def prove_functional(context: ProofContext, release: str) -> ProofResult:
    """Users, images, networks, volumes and servers can be listed, made, used, moved and deleted."""
    trial = Trial(Bench(context, release))
    try:
        _identity(trial)
        _parts(trial)
        _servers(trial, _computes(trial))
    finally:
        left = trial.bench.delete_all()
    trial.rows.append(Row("everything is deleted again", not left, "; ".join(left) or "nothing is left"))
    return from_rows("functional", trial.rows, f"all {len(trial.rows)} rows of the table work")


def _identity(trial: Trial) -> None:
    def lists() -> str:
        kinds = ("users", "projects", "services", "endpoints")
        counts = {kind: len(trial.bench.get("identity", f"/{kind}", kind)) for kind in kinds}
        empty = [kind for kind, count in counts.items() if not count]
        if empty:
            raise OutsideError("proofs.empty-list", f"no {empty[0]} are listed")
        return ", ".join(f"{count} {kind}" for kind, count in counts.items())

    trial.row("users, projects and endpoints are listed", (), lists)


def _parts(trial: Trial) -> None:
    bench, ids = trial.bench, trial.ids

    def image() -> str:
        ids["image"], trial.content = make_image(bench)
        return image_comes_back(bench, ids["image"], trial.content)

    def network() -> str:
        ids["network"] = make_network(bench)
        return f"port with address {make_port(bench, ids['network'])}"

    def volume() -> str:
        ids["volume"] = make_volume(bench)
        return "1 GiB, available"

    def flavor() -> str:
        ids["flavor"] = make_flavor(bench)
        return "made"

    trial.row("an image is uploaded and comes back equal", (), image)
    trial.row("a network, a subnet and a port are made", (), network)
    trial.row("a volume becomes available", (), volume)
    trial.row("a flavor is made", (), flavor)


def _computes(trial: Trial) -> list[str]:
    """Return the hosts nova would boot on: enabled and up. One that is enabled and not up is a failure."""
    try:
        services = trial.bench.get("compute", "/os-services?binary=nova-compute", "services")
    except OstlerError as error:
        trial.rows.append(Row("the compute hosts are listed", False, error.summary))
        return []
    enabled = {str(s["host"]): s["state"] == "up" for s in services if s["status"] == "enabled"}
    ready = sorted(host for host, is_up in enabled.items() if is_up)
    down = sorted(host for host, is_up in enabled.items() if not is_up)
    disabled = sorted(str(s["host"]) for s in services if str(s["host"]) not in enabled)
    told = [
        f"{len(ready)} up and enabled",
        *([f"enabled, but down: {', '.join(down)}"] if down else []),
        *([f"disabled: {', '.join(disabled)}"] if disabled else []),
        *(["only one, so that no server can be moved"] if len(ready) == 1 else []),
        *([f"tried on {BOOTED_AT_MOST} of them"] if len(ready) > BOOTED_AT_MOST else []),
    ]
    trial.rows.append(Row("the compute hosts are up", bool(ready) and not down, "; ".join(told)))
    return ready[:BOOTED_AT_MOST]


def _servers(trial: Trial, computes: list[str]) -> None:
    bench, ids = trial.bench, trial.ids

    def boots(host: str) -> Callable[[], str]:
        def do() -> str:
            ids[f"server on {host}"] = boot(bench, host, ids["flavor"], ids["image"], ids["network"])
            return "ACTIVE"

        return do

    for host in computes:
        trial.row(f"a server becomes ACTIVE on {host}", ("flavor", "image", "network"), boots(host))
    if not computes:
        return
    first = f"server on {computes[0]}"

    def attaches() -> str:
        attach(bench, ids[first], ids["volume"])
        ids["attached volume"] = ids["volume"]
        return "in use"

    def detaches() -> str:
        detach(bench, ids[first], ids["volume"])
        return "available again"

    trial.row("a volume is attached to a server", (first, "volume"), attaches)
    if len(computes) > 1:
        trial.row(
            "a running server moves to another host", (first,), lambda: live_migrate(bench, ids[first], computes[1])
        )
        second = f"server on {computes[1]}"
        trial.row("a server is moved by cold migration", (second,), lambda: cold_migrate(bench, ids[second]))
    trial.row("the volume is detached", ("attached volume",), detaches)
