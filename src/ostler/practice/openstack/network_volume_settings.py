"""Configuration of neutron and cinder on practice hosts."""

from __future__ import annotations

from ostler.practice.layout import Host
from ostler.practice.openstack.settings import Settings, merged
from ostler.practice.openstack.shared_settings import Shared

VOLUME_BACKEND = "fake"


def neutron(shared: Shared, host: Host) -> Settings:
    """neutron.conf; a compute's serves the agent only and leads to no database."""
    own: Settings = {
        "DEFAULT": {
            "host": host.name,
            "bind_host": host.address,
            "bind_port": 9696,
            "state_path": "/var/lib/neutron",
            "core_plugin": "ml2",
            "service_plugins": "router,segments",
            "auth_strategy": "keystone",
            "api_paste_config": "/etc/neutron/api-paste.ini",
            "api_workers": 1,
            "rpc_workers": 1,
            "rpc_state_report_workers": 0,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
            "dhcp_agent_notification": False,
            "agent_down_time": 75,
        },
        "nova": {**shared.credentials("nova"), "endpoint_type": "internal"},
        "placement": {**shared.credentials("placement"), "endpoint_type": "internal"},
    }
    common = (
        own, shared.token_checks("neutron"), shared.messaging(), shared.locks("neutron"), shared.behind_tls()
    )  # fmt: skip
    if host.role == "compute":
        return merged(*common)
    return merged(*common, {"database": shared.database("neutron", "neutron")})


def ml2() -> Settings:
    return {
        "ml2": {
            "type_drivers": "flat,vlan,vxlan,local",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "ostler_practice",
            "extension_drivers": "port_security",
        },
        "ml2_type_flat": {"flat_networks": "physnet1"},
        "ml2_type_vlan": {"network_vlan_ranges": "physnet1:100:200"},
        "ml2_type_vxlan": {"vni_ranges": "1:1000"},
        "securitygroup": {"enable_security_group": True},
    }


def cinder(shared: Shared, host: Host) -> Settings:
    """cinder.conf. Each controller's cinder-volume is a backend of its own (`ctl1@fake`, `ctl2@fake`, …).

    One backend served by several cinder-volume needs a lock manager and a driver that allows it; and a
    cinder-volume that starts sets to error what is being created on its own backend. With one backend each,
    a rolling restart disables one and leaves the others to take new volumes.
    """
    own: Settings = {
        "DEFAULT": {
            "host": host.name,
            "my_ip": host.address,
            "auth_strategy": "keystone",
            "state_path": "/var/lib/cinder",
            "osapi_volume_listen": host.address,
            "osapi_volume_workers": 1,
            "api_paste_config": "/etc/cinder/api-paste.ini",
            "resource_query_filters_file": "/etc/cinder/resource_filters.json",
            "rootwrap_config": "/etc/cinder/rootwrap.conf",
            "enabled_backends": VOLUME_BACKEND,
            "default_volume_type": "__DEFAULT__",
            "report_interval": 10,
            "service_down_time": 60,
            "glance_api_servers": shared.layout.internal_url("glance-api"),
        },
        VOLUME_BACKEND: {
            "volume_driver": "ostler_practice.volume_driver.NoDataVolumeDriver",
            "volume_backend_name": VOLUME_BACKEND,
        },
        "database": shared.database("cinder", "cinder"),
        "nova": {**shared.credentials("nova"), "interface": "internal"},
        "service_user": {"send_service_user_token": True, **shared.credentials("cinder")},
    }
    return merged(own, shared.token_checks("cinder"), shared.messaging(), shared.locks("cinder"), shared.behind_tls())
