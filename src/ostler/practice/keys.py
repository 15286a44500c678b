"""SSH keys of a practice cloud: ours, and one for every host, so that checking can be strict."""

from __future__ import annotations

from pathlib import Path

from ostler.practice.layout import Layout
from ostler.practice.processes import run


def ensure_keys(layout: Layout) -> None:
    """Make our key pair, a key for each host and the known_hosts file, as far as they are not there."""
    _ensure_key(layout.private_key, f"ostler practice {layout.name}")
    for host in layout.all_hosts:
        _ensure_key(layout.state_dir / "host_keys" / host.name, host.name)
    layout.known_hosts.write_text(known_hosts(layout))


def known_hosts(layout: Layout) -> str:
    """One line for each host, by address and by name."""
    keys = {
        host.name: (layout.state_dir / "host_keys" / f"{host.name}.pub").read_text().split()[:2]
        for host in layout.all_hosts
    }
    return "".join(f"{host.address},{host.name} {' '.join(keys[host.name])}\n" for host in layout.all_hosts)


def _ensure_key(path: Path, comment: str) -> None:
    public = path.with_name(f"{path.name}.pub")
    if path.exists() and public.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(new)])
    new.with_name(f"{new.name}.pub").replace(public)
    new.replace(path)
