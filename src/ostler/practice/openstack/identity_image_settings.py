"""Configuration of keystone, glance and placement on practice controllers."""

from __future__ import annotations

import base64
import hashlib

from ostler.practice.openstack.settings import HostFile, Settings, merged
from ostler.practice.openstack.shared_settings import Shared
from ostler.secret import Secret

FERNET_KEYS = "/etc/keystone/fernet-keys"
CREDENTIAL_KEYS = "/etc/keystone/credential-keys"
IMAGES = "/srv/shared/glance"

CHEAP_HASHING_ROUNDS = 4
"""The least bcrypt takes: with the default 12, each password costs a quarter of a second of processor time,
and a practice cloud has two processors and a probe that logs in many times a second."""


def keystone(shared: Shared) -> Settings:
    own: Settings = {
        # With TLS there are two addresses, and each request has to get the links of its own.
        "DEFAULT": {} if shared.layout.has_tls else {"public_endpoint": shared.layout.internal_url("keystone")},
        "database": shared.database("keystone", "keystone"),
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": FERNET_KEYS},
        "credential": {"key_repository": CREDENTIAL_KEYS},
        "identity": {"password_hash_rounds": CHEAP_HASHING_ROUNDS},
        "cache": {
            "enabled": True,
            "backend": "oslo_cache.memcache_pool",
            "memcache_servers": shared.memcached,
            "memcache_socket_timeout": 1,
            "memcache_dead_retry": 30,
        },
        "oslo_messaging_notifications": {"driver": "noop"},
    }
    return merged(own, shared.behind_tls())


def keystone_keys(shared: Shared) -> list[HostFile]:
    """Keys of tokens and credentials, the same on every controller: 0 is the staged one, 1 the primary."""
    return [
        HostFile(f"{folder}/{number}", _key(shared, f"{purpose}-{number}"), "keystone:keystone", 0o600)
        for folder, purpose in ((FERNET_KEYS, "fernet"), (CREDENTIAL_KEYS, "credential"))
        for number in (0, 1)
    ]


def glance(shared: Shared) -> Settings:
    """Images lie in a folder all controllers share, so that any of them can serve any image."""
    own: Settings = {
        "DEFAULT": {
            "enabled_backends": "file:file",
            "node_staging_uri": f"file://{IMAGES}/staging/",
        },
        "database": shared.database("glance", "glance"),
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": f"{IMAGES}/images"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{IMAGES}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{IMAGES}/tasks"},
        "paste_deploy": {"flavor": "keystone", "config_file": "/etc/glance/glance-api-paste.ini"},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
    return merged(own, shared.token_checks("glance"), shared.locks("glance"), shared.behind_tls())


def placement(shared: Shared) -> Settings:
    own: Settings = {
        "api": {"auth_strategy": "keystone"},
        "placement_database": shared.database("placement", "placement"),
    }
    return merged(own, shared.token_checks("placement"))


def _key(shared: Shared, name: str) -> Secret:
    """A Fernet key: 32 bytes in base64, made from a password of this cloud."""
    digest = hashlib.sha256(shared.layout.passwords.get(name).reveal().encode()).digest()
    return Secret(base64.urlsafe_b64encode(digest).decode())
