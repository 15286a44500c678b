"""What makes one copy of the image a particular host: the files put into its tree before it first boots."""

from __future__ import annotations

import shlex
import uuid
from dataclasses import dataclass
from pathlib import Path

from ostler.practice.cgroups import folders
from ostler.practice.layout import SHARED_ON_HOSTS, Host, Layout

# A name sorting after 80-container-host0.network would be ignored, the host gets a link-local address.
NETWORK_FILE = "etc/systemd/network/10-host0.network"
REBOOT_EXIT_CODE = 133


@dataclass(frozen=True)
class HostFile:
    """A file of a host. `path` has no leading slash; `mode` is what chmod takes."""

    path: str
    content: str
    mode: int = 0o644


def identity_files(
    layout: Layout, host: Host, machine_id: uuid.UUID, host_key: str, authorized_key: str
) -> list[HostFile]:
    """The files a host differs by. `host_key` is its private SSH key, `authorized_key` our public one."""
    return [
        HostFile("etc/hostname", f"{host.name}\n"),
        HostFile("etc/machine-id", f"{machine_id.hex}\n", 0o444),
        HostFile("etc/hosts", hosts_file(layout)),
        HostFile(NETWORK_FILE, network_file(layout, host)),
        HostFile("etc/ssh/ssh_host_ed25519_key", host_key, 0o600),
        HostFile("root/.ssh/authorized_keys", authorized_key, 0o600),
    ]


def hosts_file(layout: Layout) -> str:
    """/etc/hosts, the same on every host; `vip` stands for the address of the APIs."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    lines += [f"{host.address} {host.name}" for host in layout.all_hosts]
    lines += [f"{layout.vip} vip", f"{layout.gateway} outer"]
    return "\n".join(lines) + "\n"


def network_file(layout: Layout, host: Host) -> str:
    """The host's only network interface, with its fixed address."""
    return (
        "[Match]\nVirtualization=container\nName=host0\n\n"
        f"[Network]\nAddress={host.address}/{layout.prefix_length}\nGateway={layout.gateway}\n"
        "DHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\nKeepConfiguration=static\n"
    )


def launch_script(layout: Layout, host: Host, root: Path) -> str:
    """The host's power supply: a shell script that starts it, and again each time it reboots itself.

    The kernel takes the interface of a host that was cut away in its own time, and systemd-nspawn ends with
    "File exists" where the one before is still there: it is removed by the name it was asked to have.
    """
    groups = [shlex.quote(str(folder)) for folder in folders(layout.machine(host))]
    enter = "".join(f"mkdir -p {group}\necho $$ > {group}/cgroup.procs\n" for group in groups)
    shared = [f"--bind={_escaped(layout.shared_dir)}:{SHARED_ON_HOSTS}"] if host.role == "controller" else []
    command = shlex.join(
        [
            "systemd-nspawn", "--quiet", f"--directory={root}", f"--machine={layout.machine(host)}",
            f"--hostname={host.name}", "--boot", f"--network-bridge={layout.bridge}", "--register=no",
            "--keep-unit", "--kill-signal=SIGRTMIN+3", "--resolv-conf=off", "--timezone=off",
            "--link-journal=no", "--settings=no", "--console=read-only", *shared,
        ]
    )  # fmt: skip
    return (
        "#!/bin/sh\nset -eu\n"
        f"{enter}"
        "export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1\n"
        "while :; do\n"
        f"  {shlex.join(['ip', 'link', 'delete', f'vb-{layout.machine(host)}'])} 2> /dev/null || :\n"
        f"  code=0; {command} || code=$?\n"
        f'  [ "$code" -eq {REBOOT_EXIT_CODE} ] || exit "$code"\n'
        "done\n"
    )


def _escaped(path: Path) -> str:
    """A path for --bind, which takes a colon to end it."""
    return str(path).replace("\\", "\\\\").replace(":", "\\:")
