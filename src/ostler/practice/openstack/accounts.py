"""The system users of the practice hosts: one per project, with the same number on every host.

Numbers must agree because controllers share folders; these are the ones Kolla uses.
"""

from __future__ import annotations

from collections.abc import Mapping

USER_IDS: Mapping[str, int] = {
    "cinder": 42407,
    "glance": 42415,
    "keystone": 42425,
    "neutron": 42435,
    "nova": 42436,
    "placement": 42482,
}

SYSUSERS_PATH = "/etc/sysusers.d/ostler-openstack.conf"


def sysusers() -> str:
    """What systemd-sysusers makes the users from."""
    return "".join(
        f'u {name} {number} "OpenStack {name}" /var/lib/{name}\n' for name, number in sorted(USER_IDS.items())
    )
