"""What several projects of one practice cloud have in common: addresses, credentials, messaging, tokens."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.practice import rabbitmq
from ostler.practice.cloud_file import REGION
from ostler.practice.infrastructure import MEMCACHED_PORT
from ostler.practice.layout import DATABASE_PORT, Layout
from ostler.practice.openstack.settings import Section, Settings, joined
from ostler.secret import Secret

SERVICE_PROJECT = "service"
DOMAIN = "Default"


@dataclass(frozen=True)
class Shared:
    """Settings that follow from the cloud as a whole, not from one host."""

    layout: Layout

    @property
    def auth_url(self) -> str:
        return f"{self.layout.internal_url('keystone')}/v3"

    @property
    def memcached(self) -> str:
        return ",".join(f"{host.address}:{MEMCACHED_PORT}" for host in self.layout.controller_hosts)

    def database_password(self, user: str) -> Secret:
        return self.layout.passwords.get(f"{user}-db")

    def service_password(self, user: str) -> Secret:
        return self.layout.passwords.get(f"{user}-service")

    def database(self, user: str, name: str) -> Section:
        """A section that leads to a database. `max_retries` -1: a service started before it waits for it."""
        where = f"@{self.layout.vip}:{DATABASE_PORT}/{name}?charset=utf8mb4"
        return {
            "connection": joined("", [f"mysql+pymysql://{user}:", self.database_password(user), where]),
            "max_pool_size": 5,
            "max_overflow": 20,
            "max_retries": -1,
        }

    def transport_url(self) -> Secret:
        """All nodes of the message queue; each client chooses one and goes to another when it is lost."""
        password = self.layout.passwords.get("rabbitmq")
        nodes = [
            joined("", [f"{rabbitmq.USER}:", password, f"@{host.address}:{rabbitmq.PORT}"])
            for host in self.layout.controller_hosts
        ]
        return joined("", ["rabbit://", joined(",", nodes), "/"])

    def credentials(self, user: str) -> Section:
        """A section by which a service user gets tokens."""
        return {
            "auth_type": "password",
            "auth_url": self.auth_url,
            "username": user,
            "password": self.service_password(user),
            "project_name": SERVICE_PROJECT,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "region_name": REGION,
        }

    def token_checks(self, user: str) -> Settings:
        """How an API checks tokens, and with its own how it asks other services in a user's name."""
        return {
            "keystone_authtoken": {
                **self.credentials(user),
                "www_authenticate_uri": self.auth_url,
                "memcached_servers": self.memcached,
                "service_token_roles": "service",
                "service_token_roles_required": True,
            }
        }

    def behind_tls(self) -> Settings:
        """What an API's links say depends on how a request came: HAProxy tells, and the service is to believe it."""
        return {"oslo_middleware": {"enable_proxy_headers_parsing": True}} if self.layout.has_tls else {}

    def messaging(self) -> Settings:
        """RPC over quorum queues, found again quickly when a node is lost."""
        return {
            "DEFAULT": {"transport_url": self.transport_url()},
            "oslo_messaging_rabbit": {
                "rabbit_quorum_queue": True,
                "heartbeat_in_pthread": False,
                "heartbeat_timeout_threshold": 30,
                "rabbit_retry_interval": 1,
                "kombu_reconnect_delay": 0.5,
            },
            "oslo_messaging_notifications": {"driver": "noop"},
        }

    def locks(self, project: str) -> Settings:
        return {"oslo_concurrency": {"lock_path": f"/var/lib/{project}/lock"}}
