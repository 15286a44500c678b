"""Services that are stopped, or hang: active for systemd, and dead."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.practice.faults.fault import Default, Fault, Script
from ostler.practice.layout import Role

FIND_RUNNING = """found=
for unit; do
  if systemctl is-active --quiet "$unit"; then echo "$unit"; found=yes; fi
done
[ -n "$found" ] || { echo "none of these runs there: $*" >&2; exit 69; }
"""

STOP = 'set -e; while read -r unit; do systemctl stop "$unit"; done'
START = 'set -e; while read -r unit; do systemctl start "$unit"; done'
SEE_STOPPED = """while read -r unit; do
  if systemctl is-active --quiet "$unit"; then exit 1; fi
done
"""

FREEZE = 'set -e; while read -r unit; do systemctl kill --signal=STOP "$unit"; done'
THAW = 'while read -r unit; do systemctl kill --signal=CONT "$unit"; systemctl start "$unit" || exit; done'
SEE_FROZEN = """while read -r unit; do
  pid=$(systemctl show --property=MainPID --value "$unit")
  case $(ps -o state= -p "$pid") in T*) ;; *) exit 1 ;; esac
done
"""

CHOOSE_WORKER = """pid=$(systemctl show --property=MainPID --value "$1")
worker=$(pgrep --parent "$pid" | head -n 1)
[ -n "$worker" ] || { echo "$1 has no worker process there" >&2; exit 69; }
echo "$worker"
"""
FREEZE_WORKER = 'read -r worker; kill -STOP "$worker"'
THAW_WORKER = 'read -r worker; kill -CONT "$worker" 2>/dev/null || true'
SEE_WORKER_FROZEN = 'read -r worker; case $(ps -o state= -p "$worker") in T*) ;; *) exit 1 ;; esac'


SEE_ENDING = """said=$(systemctl show --property=ActiveState,NRestarts "$2") || exit 2
case $said in *ActiveState=failed*|*ActiveState=inactive*) ;; *NRestarts=0*) exit 1 ;; esac
"""
"""The end of a script whose second parameter is a unit: there when that has ended, also with 0 (as a nova-compute does
that refuses to start), or was started again."""


@dataclass(frozen=True)
class Halt:
    """How units come to a halt: scripts that make, see and mend it."""

    make: str
    see: str
    mend: str


STOPPED, HUNG = Halt(STOP, SEE_STOPPED, START), Halt(FREEZE, SEE_FROZEN, THAW)


def halted(
    name: str,
    how: Halt,
    units: tuple[str, ...],
    does: str,
    users_see: str,
    role: Role,
    default: Default,
    *,
    see: Script | None = None,
    least_controllers: int = 1,
    gone_within_s: float = 120,
) -> Fault:
    """Units are stopped, or hang, as many of them as run there. `see` None: it is there while all of those do."""
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=tuple(f"unit {unit}" for unit in units),
        remember=Script(FIND_RUNNING, units),
        make=Script(how.make),
        see=see or Script(how.see),
        mend=Script(how.mend),
        least_controllers=least_controllers,
        gone_within_s=gone_within_s,
    )


NEUTRON_RPC = ("neutron-rpc-server.service", "neutron-server.service")
"""Who answers agents: neutron-server up to 2024.2, a service of its own since."""

FAULTS = (
    halted(
        "nova-compute-stopped", STOPPED, ("nova-compute.service",),
        "stops nova-compute",
        "after a minute the compute is down; its servers run on, but nothing can be done to them",
        "compute", Default.FIRST,
    ),
    halted(
        "nova-compute-hung", HUNG, ("nova-compute.service",),
        "freezes nova-compute (SIGSTOP): systemd calls it active, and it does nothing",
        "after a minute the compute is down; requests about its servers never end",
        "compute", Default.FIRST,
    ),
    halted(
        "nova-scheduler-stopped", STOPPED, ("nova-scheduler.service",),
        "stops nova-scheduler",
        "new servers and migrations fail or stay in BUILD",
        "controller", Default.EVERY,
    ),
    halted(
        "nova-conductor-stopped", STOPPED, ("nova-conductor.service",),
        "stops nova-conductor",
        "computes cannot report, new servers stay in BUILD, every compute goes down after a minute",
        "controller", Default.EVERY,
    ),
    halted(
        "nova-conductor-hung", HUNG, ("nova-conductor.service",),
        "freezes nova-conductor (SIGSTOP): it stays a consumer of its queues and answers nothing",
        "some requests time out after a minute, others succeed",
        "controller", Default.FIRST,
    ),
    halted(
        "nova-api-stopped", STOPPED, ("nova-api.service",),
        "stops nova-api",
        "503 from every request about servers",
        "controller", Default.EVERY,
    ),
    Fault(
        name="nova-api-worker-hung",
        does="freezes one worker process of nova-api (SIGSTOP); the others answer, health checks mostly too",
        users_see="some requests about servers never get an answer",
        role="controller",
        default=Default.FIRST,
        touches=("unit nova-api.service",),
        remember=Script(CHOOSE_WORKER, ("nova-api.service",)),
        make=Script(FREEZE_WORKER),
        see=Script(SEE_WORKER_FROZEN),
        mend=Script(THAW_WORKER),
    ),
    halted(
        "keystone-stopped", STOPPED, ("keystone.service",),
        "stops keystone",
        "503 at login; every other API fails as soon as it has to check a token it does not remember",
        "controller", Default.EVERY,
    ),
    halted(
        "glance-api-stopped", STOPPED, ("glance-api.service",),
        "stops glance-api",
        "503 from every request about images; new servers fail",
        "controller", Default.EVERY,
    ),
    halted(
        "placement-stopped", STOPPED, ("placement-api.service",),
        "stops the placement API",
        "new servers fail with No valid host; computes cannot report what they have",
        "controller", Default.EVERY,
    ),
    halted(
        "cinder-scheduler-stopped", STOPPED, ("cinder-scheduler.service",),
        "stops cinder-scheduler",
        "new volumes stay in creating",
        "controller", Default.EVERY,
    ),
    halted(
        "cinder-volume-stopped", STOPPED, ("cinder-volume.service",),
        "stops cinder-volume of one backend",
        "volumes of that backend cannot be attached, detached or deleted",
        "controller", Default.FIRST,
    ),
    halted(
        "cinder-volume-hung", HUNG, ("cinder-volume.service",),
        "freezes cinder-volume of one backend (SIGSTOP)",
        "volumes of that backend stay in deleting, attaching or creating",
        "controller", Default.FIRST,
    ),
    halted(
        "neutron-rpc-stopped", STOPPED, NEUTRON_RPC,
        "stops the part of neutron that answers agents",
        "after a while every network agent is down and new ports cannot be bound",
        "controller", Default.EVERY,
    ),
    halted(
        "neutron-agent-stopped", STOPPED, ("neutron-openvswitch-agent.service",),
        "stops the network agent",
        "after 75 s the agent is down; new servers on that compute fail, as no port can be bound",
        "compute", Default.FIRST,
    ),
    halted(
        "neutron-agent-hung", HUNG, ("neutron-openvswitch-agent.service",),
        "freezes the network agent (SIGSTOP)",
        "after 75 s the agent is down, though its unit is active; new servers on that compute fail",
        "compute", Default.FIRST,
    ),
    halted(
        "memcached-stopped", STOPPED, ("memcached.service",),
        "stops memcached",
        "everything works, slower: each token is checked anew",
        "controller", Default.EVERY,
    ),
    halted(
        "memcached-hung", HUNG, ("memcached.service",),
        "freezes memcached (SIGSTOP): connections open and are never answered",
        "requests take seconds longer, some time out",
        "controller", Default.FIRST,
    ),
    halted(
        "dbus-stopped", STOPPED, ("dbus.socket", "dbus.service"),
        "stops D-Bus; practice hosts have no libvirt that would fall with it",
        "nothing at once; programs of the host that ask systemd or each other over D-Bus fail",
        "compute", Default.FIRST,
    ),
)  # fmt: skip
