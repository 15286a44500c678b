"""Configuration of nova on practice controllers and computes."""

from __future__ import annotations

from ostler.practice.cloud_file import REGION
from ostler.practice.layout import Host
from ostler.practice.openstack.settings import Settings, merged
from ostler.practice.openstack.shared_settings import Shared

STATE = "/var/lib/nova"


def nova(shared: Shared, host: Host) -> Settings:
    """nova.conf: a controller's leads to the databases, a compute's does not (it goes through conductors)."""
    own: Settings = {
        "DEFAULT": {
            "host": host.name,
            "my_ip": host.address,
            "state_path": STATE,
            "instances_path": f"{STATE}/instances",
            "compute_driver": "ostler_practice.PersistentFakeDriver",
            "report_interval": 10,
            "service_down_time": 60,
            "resume_guests_state_on_host_boot": False,
            "graceful_shutdown_timeout": 20,
            # 2026.1 waits this long for managers when it is stopped, 160 s by default.
            "manager_shutdown_timeout": 2,
            "vif_plugging_timeout": 30,
            "vif_plugging_is_fatal": True,
            "sync_power_state_interval": 120,
        },
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": "/etc/nova/api-paste.ini"},
        "vnc": {"enabled": False},
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": -1},
        "upgrade_levels": {"compute": "auto"},
        "placement": shared.credentials("placement"),
        "service_user": {"send_service_user_token": True, **shared.credentials("nova")},
        "neutron": {
            **shared.credentials("neutron"),
            "service_metadata_proxy": True,
            "metadata_proxy_shared_secret": shared.layout.passwords.get("metadata-proxy"),
        },
        "glance": {"api_servers": shared.layout.internal_url("glance-api")},
        "cinder": {
            **shared.credentials("cinder"),
            # The type of its own default: 2023.1 takes no dash here, and so not block-storage.
            "catalog_info": "volumev3:cinder:internalURL",
            "os_region_name": REGION,
        },
    }
    common = (own, shared.token_checks("nova"), shared.messaging(), shared.locks("nova"), shared.behind_tls())
    if host.role == "compute":
        return merged(*common)
    databases: Settings = {
        "api_database": shared.database("nova", "nova_api"),
        "database": shared.database("nova", "nova"),
    }
    return merged(*common, databases)
