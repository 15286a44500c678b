"""What is true of one cloud: its hosts and roles, and where credentials come from. Data only.

Read from a cloud file or from an Ansible inventory; nothing here connects to anything.
"""

from ostler.cloud.model import (
    Access,
    Api,
    Cloud,
    Databases,
    EnvironmentsStore,
    Host,
    LoadBalancer,
    Messaging,
)

__all__ = [
    "Access",
    "Api",
    "Cloud",
    "Databases",
    "EnvironmentsStore",
    "Host",
    "LoadBalancer",
    "Messaging",
]
