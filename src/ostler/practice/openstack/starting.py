"""Starting OpenStack's services on the practice hosts and waiting until they work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import requests

from ostler.catalog.catalog import Catalog
from ostler.deployment.venv import services_on, unit_names
from ostler.errors import OutsideError
from ostler.practice.layout import FRONTENDS, Host, Layout
from ostler.practice.openstack.configs import OPTIONAL_SERVICES
from ostler.practice.reach import PracticeReach

START_TIMEOUT_S = 300
POLL_S = 0.5
START_ENABLED_SCRIPT = """set -eu
enabled=$(systemctl list-unit-files --state=enabled --plain --no-legend --no-pager -- "$@" | cut -d ' ' -f 1)
test -n "$enabled" || exit 0
systemctl reset-failed -- $enabled 2> /dev/null || true
systemctl start --no-block -- $enabled
"""


def units(catalog: Catalog, layout: Layout, host: Host) -> list[str]:
    """The units of a host at the cloud's release."""
    found = services_on(catalog, layout.release, host.role, OPTIONAL_SERVICES)
    return [service.unit for _, service in found]


def units_ever(catalog: Catalog, host: Host) -> list[str]:
    """The units a host of this role has at any release."""
    releases = catalog.releases.order
    return sorted({unit for each in releases for unit in unit_names(catalog, each, host.role, OPTIONAL_SERVICES)})


def start_enabled(reach: PracticeReach, host: Host, names: Iterable[str]) -> None:
    """Start those of the units that the host starts at its boot and that do not run; returns before they are up."""
    reach.run(host, ["sh", "-c", START_ENABLED_SCRIPT, "sh", *names])


def start(reach: PracticeReach, host: Host, names: Iterable[str]) -> None:
    """Start units and have them started at every boot; returns before they are up."""
    reach.run(host, ["systemctl", "daemon-reload"])
    reach.run(host, ["systemctl", "enable", "--quiet", *names])
    reach.run(host, ["systemctl", "start", "--no-block", *names])


def wait_for_apis(layout: Layout, backends: Iterable[str], timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until each API answers its health check on every controller and through the VIP.

    Raises OutsideError naming those that do not.
    """
    wanted = [frontend for frontend in FRONTENDS if frontend.backend in backends]
    addresses = [host.address for host in layout.controller_hosts]
    urls = [f"http://{address}:{f.port}{f.health_path}" for f in wanted for address in (*addresses, layout.vip)]
    deadline = time.monotonic() + timeout_s
    with ThreadPoolExecutor(8) as pool:
        while urls:
            urls = [url for url, ok in zip(urls, pool.map(_answers, urls), strict=True) if not ok]
            if urls and time.monotonic() > deadline:
                raise OutsideError(
                    "practice.api-silent",
                    "some APIs do not answer",
                    found=", ".join(urls),
                    do_next="read /var/log/<project>/ and `journalctl -u <unit>` on that host",
                )
            time.sleep(POLL_S if urls else 0)


def wait_until(what: str, missing: Callable[[], list[str]], timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until `missing` returns nothing. Raises OutsideError with what it returned last."""
    deadline = time.monotonic() + timeout_s
    while left := missing():
        if time.monotonic() > deadline:
            raise OutsideError(
                "practice.not-up",
                f"{what} did not come up",
                found=", ".join(left),
                do_next="see `ostler practice status`",
            )
        time.sleep(POLL_S)


def _answers(url: str) -> bool:
    session = requests.Session()
    session.trust_env = False
    try:
        return session.get(url, timeout=10).status_code < 400
    except requests.RequestException:
        return False
