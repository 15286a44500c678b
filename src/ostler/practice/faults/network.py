"""Packets that do not arrive, names that do not resolve. Packet filters have a table of their own for each fault."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.practice.faults.configuration import KEEP_FILE, RESTORE_FILE
from ostler.practice.faults.fault import At, Default, Fault, Script
from ostler.practice.layout import Role

JOIN = """joined=$(printf '%s, ' "$@"); joined=${joined%, }
nft delete table inet "$table" 2>/dev/null || true
"""


def _filter(*chains: str) -> str:
    """A script whose parameters are a table's name, what `$given` stands for in its chains, and the addresses."""
    return f"set -e\ntable=$1 given=$2; shift 2\n{JOIN}nft -f - <<END\ntable inet $table {{\n{''.join(chains)}}}\nEND\n"


def _arriving(*rules: str) -> str:
    return _chain("arriving", "input", [f"ip saddr {{ $joined }} {rule}" for rule in rules])


def _leaving(*rules: str) -> str:
    return _chain("leaving", "output", [f"ip daddr {{ $joined }} {rule}" for rule in rules])


def _chain(name: str, hook: str, rules: Sequence[str]) -> str:
    lines = "".join(f"    {rule}\n" for rule in (f"type filter hook {hook} priority 0", *rules))
    return f"  chain {name} {{\n{lines}  }}\n"


TO_PORTS = "tcp dport { $given }"
BOTH_WAYS = (f"{TO_PORTS} drop", "tcp sport { $given } drop", "udp dport { $given } drop")

CUT_OFF = _filter(_arriving(*BOTH_WAYS), _leaving(*BOTH_WAYS))
"""Nothing passes between here and the addresses at the ports that are given, either way."""

REJECT_OUTGOING = _filter(_leaving(f"{TO_PORTS} reject with tcp reset"))
DROP_OUTGOING = _filter(_leaving(f"{TO_PORTS} drop"))
LOSE_ARRIVING = _filter(_arriving("numgen random mod 100 < $given drop"))
"""So many percent of what comes from the addresses are lost."""

CLOSE_TABLE = """if nft list table inet "$1" > /dev/null 2>&1; then nft delete table inet "$1"; fi"""

SEE_LOSS = """said=$(ping -q -n -c 50 -i 0.02 -W 1 "$1" | grep -o '[0-9.]*% packet loss')
lost=${said%%.*}; lost=${lost%%%*}
case $lost in ''|100) exit 2 ;; esac
[ "$lost" -ge 10 ] || exit 1
"""

SEE_SILENT = """python3 - "$1" "$2" <<'END'
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3).close()
except OSError:
    sys.exit(0)
sys.exit(1)
END
"""

HOSTS = "/etc/hosts"
FORGET_NAMES = """set -e
printf '127.0.0.1 localhost\\n::1 localhost ip6-localhost\\n' > /etc/hosts
for unit; do systemctl restart --no-block "$unit"; done
"""
SEE_NO_NAMES = '! getent hosts "$1" > /dev/null || exit 1'


def filtered(
    name: str,
    table: str,
    chains: str,
    given: str,
    addresses: str,
    see: Script,
    does: str,
    users_see: str,
    role: Role,
    default: Default,
    *,
    units: tuple[str, ...] = (),
    least_controllers: int = 1,
    seen_within_s: float = 60,
    gone_within_s: float = 120,
) -> Fault:
    """Packets from or to addresses meet a table of this fault's own. `chains` is one of the scripts above, `given` what
    it takes; `units` are those that no other fault may touch meanwhile."""
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=(*(f"unit {unit}" for unit in units), f"table {table}"),
        make=Script(chains, (table, given, addresses)),
        see=see,
        mend=Script(CLOSE_TABLE, (table,)),
        least_controllers=least_controllers,
        seen_within_s=seen_within_s,
        gone_within_s=gone_within_s,
    )


def _names_gone(name: str, unit: str, does: str, users_see: str, role: Role, default: Default) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=(f"file {HOSTS}", f"unit {unit}"),
        remember=Script(KEEP_FILE, (HOSTS,)),
        make=Script(FORGET_NAMES, (unit,)),
        see=Script(SEE_NO_NAMES, ("{peer}",)),
        mend=Script(RESTORE_FILE, (HOSTS, unit)),
        gone_within_s=180,
    )


FAULTS = (
    filtered(
        "packets-lost-one-way", "ostler_packets_lost", LOSE_ARRIVING, "40", "{peer_address}",
        Script(SEE_LOSS, ("{address}",), At.CONTROLLER),
        "loses 40 % of the packets that come to a compute from the first controller; the way back is whole",
        "requests that touch the compute are slow, some time out",
        "compute", Default.FIRST,
    ),
    filtered(
        "packets-lost-between-controllers", "ostler_packets_lost", LOSE_ARRIVING, "40", "{peer_address}",
        Script(SEE_LOSS, ("{address}",), At.PEER),
        "loses 40 % of the packets that come to a controller from the next one; the way back is whole",
        "everything is slow: the database and the message queue wait for each other",
        "controller", Default.LAST, least_controllers=2,
    ),
    filtered(
        "apis-unreachable-from-compute", "ostler_apis_dropped", DROP_OUTGOING, "5000, 8774, 8776, 8778, 9292, 9696",
        "{vip}", Script(SEE_SILENT, ("{vip}", "5000")),
        "drops what a compute sends to the APIs at the virtual address",
        "new servers on that compute fail after long waits; the compute itself stays up",
        "compute", Default.FIRST,
    ),
    _names_gone(
        "names-gone-on-controller", "rabbitmq-server.service",
        "takes the names of the cloud's hosts from a controller and restarts RabbitMQ there, which finds nobody",
        "a pause of some seconds; then nothing, while one RabbitMQ node is missing",
        "controller", Default.LAST,
    ),
    _names_gone(
        "names-gone-on-compute", "neutron-openvswitch-agent.service",
        "takes the names of the cloud's hosts from a compute and restarts the network agent there",
        "after 75 s the agent is down; new servers on that compute fail",
        "compute", Default.FIRST,
    ),
)  # fmt: skip
