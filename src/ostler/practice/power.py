"""Switching practice hosts on and off, several side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.errors import InputError
from ostler.practice import hosts, images, machine, network
from ostler.practice.layout import Host, Layout
from ostler.practice.reach import PracticeReach
from ostler.practice.state import State

ACTIONS = ("on", "off", "cut", "reset")


def switch(layout: Layout, targets: Sequence[Host], action: str) -> dict[str, str]:
    """Do one of `on`, `off`, `cut`, `reset` to hosts; how each is afterwards: `off` or as `wait_until_up` says.

    Raises InputError for another action, HostUnreachable when a host that was started does not come up.
    """
    if action not in ACTIONS:
        raise InputError(
            "practice.unknown-action", f"no power action {action!r}", do_next=f"use one of: {', '.join(ACTIONS)}"
        )
    machine.demand_machine()
    reach = PracticeReach(layout)
    if action == "off":
        reach.each(targets, lambda host: hosts.power_off(layout, host, reach))
    elif action in ("cut", "reset"):
        reach.each(targets, lambda host: hosts.power_cut(layout, host, reach))
    if action in ("off", "cut"):
        return {host.name: "off" for host in targets}
    return start(layout, targets, reach)


def start(
    layout: Layout,
    targets: Sequence[Host],
    reach: PracticeReach,
    settle_s: float = hosts.SETTLE_TIMEOUT_S,
) -> dict[str, str]:
    """Start the hosts that do not run, on a machine made ready for it; systemd's word for each."""
    machine.ensure_nspawn_ground()
    network.ensure_bridge(layout)
    tree = images.tree(layout.images_dir, State(layout).demand_image())
    for host in targets:
        hosts.prepare(layout, host, tree)
        hosts.power_on(layout, host)
    return reach.each(targets, lambda host: hosts.wait_until_up(layout, host, reach, settle_s))
