"""Networks: one with a subnet and a port."""

from __future__ import annotations

from ostler.errors import OutsideError
from ostler.execution.proofs.functional.bench import Bench

CIDR = "198.18.77.0/24"
"""From the range set aside for measurements: nothing routes there."""


def make_network(bench: Bench) -> str:
    """Create a network with a subnet; return the network's id."""
    network = bench.make("network", "/v2.0/networks", "network")
    bench.make(
        "network", "/v2.0/subnets", "subnet", network_id=network["id"], ip_version=4, cidr=CIDR, enable_dhcp=False
    )
    return str(network["id"])


def make_port(bench: Bench, network_id: str) -> str:
    """Create a port and return its address. Raises OutsideError when it got none."""
    port = bench.make("network", "/v2.0/ports", "port", network_id=network_id)
    addresses = [str(fixed["ip_address"]) for fixed in port.get("fixed_ips", ())]
    if not addresses:
        raise OutsideError("proofs.port-without-address", "the port got no address from the subnet")
    return addresses[0]
