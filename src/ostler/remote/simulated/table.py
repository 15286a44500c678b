"""Which program of a simulated host does what: by name, by the word that marks a fixed script, or by its environment.

Add a program or script by writing a function `(machine, arguments, stdin) -> Outcome` and naming it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.remote.simulated import balancer, beneath, dumps, fact_scripts, management, moving, programs
from ostler.remote.simulated.machine import Machine, Outcome, Program
from ostler.remote.simulated.script_itself import run_itself
from ostler.remote.simulated.services import ENVIRONMENTS
from ostler.remote.simulated.sql import mariadb
from ostler.remote.simulated.systemd import systemctl

NOT_FOUND = 127

PROGRAMS: Mapping[str, Program] = {
    "cat": programs.cat,
    "date": programs.date,
    "df": programs.df,
    "groupadd": moving.groupadd,
    "install": moving.install,
    "ip": programs.ip,
    "ln": programs.ln,
    "mariadb": mariadb,
    "mkdir": programs.mkdir,
    "mv": programs.mv,
    "nft": beneath.filters,
    "readlink": programs.readlink,
    "rm": programs.rm,
    "sha256sum": programs.sha256sum,
    "socat": balancer.socat,
    "systemctl": systemctl,
    "true": programs.true,
    "useradd": moving.useradd,
}

SCRIPTS: Mapping[str, Program] = {
    "ostler-begin-cluster": moving.begin_cluster,
    "ostler-ceph.health": beneath.ceph,
    "ostler-complete-dump": dumps.complete_dump,
    "ostler-derive-settings": moving.derive_settings,
    "ostler-dump": dumps.dump,
    "ostler-dump-accounts": moving.dump_accounts,
    "ostler-edit-records": dumps.edit_records,
    "ostler-enable-backends": dumps.enable_backends,
    "ostler-glance.files": fact_scripts.image_files,
    "ostler-haproxy.held": balancer.held,
    "ostler-haproxy.servers": balancer.statistics,
    "ostler-haproxy.state": beneath.balancer,
    "ostler-end-commands": moving.end_commands,
    "ostler-host.accounts": moving.accounts,
    "ostler-host.answers": fact_scripts.answers,
    "ostler-host.certificates": beneath.certificates,
    "ostler-host.changed_recently": fact_scripts.changes,
    "ostler-host.clock": fact_scripts.clock,
    "ostler-host.connections": fact_scripts.connections,
    "ostler-host.daemons": beneath.daemons,
    "ostler-host.environments": fact_scripts.environments,
    "ostler-host.files": fact_scripts.files,
    "ostler-host.folders": beneath.folders,
    "ostler-host.kernel_log": beneath.kernel_log,
    "ostler-host.logins": fact_scripts.logins,
    "ostler-host.names": beneath.names,
    "ostler-host.numbers": moving.numbers,
    "ostler-host.processes": fact_scripts.processes,
    "ostler-host.reach": beneath.reach,
    "ostler-host.refused_logins": beneath.refused_logins,
    "ostler-host.service_states": fact_scripts.service_states,
    "ostler-host.settings": fact_scripts.settings,
    "ostler-host.strain": beneath.strain,
    "ostler-host.timekeeping": beneath.timekeeping,
    "ostler-keepalived.config": beneath.addresses,
    "ostler-keystone.endpoints": fact_scripts.endpoints,
    "ostler-keystone.keys": fact_scripts.keys,
    "ostler-host.shared_folders": moving.folders,
    "ostler-load-accounts": moving.load_accounts,
    "ostler-make-database": moving.make_database,
    "ostler-logs.errors": fact_scripts.log_errors,
    "ostler-logs.live": fact_scripts.live_logs,
    "ostler-memcached.node": balancer.memcached,
    "ostler-memcached.state": beneath.cache,
    "ostler-libvirt.node": fact_scripts.libvirt,
    "ostler-nova.guests": fact_scripts.guests,
    "ostler-nova.identity": fact_scripts.identity,
    "ostler-ovn.node": beneath.ovn,
    "ostler-purge-queues": fact_scripts.purge_queues,
    "ostler-rabbitmq.broker": beneath.broker,
    "ostler-rabbitmq.node": fact_scripts.rabbitmq,
    "ostler-readdress-cells": moving.readdress_cells,
    "ostler-restore-dump": dumps.restore_dump,
    "ostler-swift.node": beneath.swift,
    "ostler-take-placement-out": moving.take_placement_out,
    "ostler-try-dump": dumps.try_dump,
    "ostler-unpack": management.unpack,
}


RUN_ITSELF = ("ostler-controller.kept", "ostler-host.mentions", "ostler-host.options", "ostler-host.set_options")


def run_program(machine: Machine, argv: Sequence[str], stdin: bytes) -> Outcome:
    """Run one command on a simulated host. A program it does not have ends with 127, as on a real one."""
    rest = list(argv)
    while rest and (rest[0] == "env" or "=" in rest[0]):
        rest.pop(0)
    if not rest:
        return Outcome()
    if rest[0].startswith(f"{ENVIRONMENTS}/"):
        return management.run_in_environment(machine, rest[0], rest[1:])
    mark = marked(rest)
    if mark is not None and rest[mark] in RUN_ITSELF:
        return run_itself(machine, rest[mark - 1], rest[mark:])
    if mark is not None:
        script = SCRIPTS.get(rest[mark])
        return script(machine, rest[mark + 1 :], stdin) if script else _unknown(rest[mark])
    program = PROGRAMS.get(rest[0].rpartition("/")[2])
    return program(machine, rest[1:], stdin) if program else _unknown(rest[0])


def marked(argv: Sequence[str]) -> int | None:
    """Return where the word stands that marks a fixed script; None for a command that is no script."""
    if argv[0] not in ("sh", "python3", "/usr/bin/python3") or "-c" not in argv:
        return None
    place = list(argv).index("-c") + 2
    return place if place < len(argv) and argv[place].startswith("ostler-") else None


def _unknown(name: str) -> Outcome:
    return Outcome(NOT_FOUND, "", f"{name}: not found on a simulated host\n")
