"""From a cloud file to connections: the transport to its hosts and the client of its APIs.

Nothing is connected yet when these return; that happens with the first question.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ostler.cloud.model import Api as ApiAccess
from ostler.cloud.model import Cloud
from ostler.errors import InputError
from ostler.remote.protocol import Api, Transport


@contextlib.contextmanager
def connected(cloud: Cloud) -> Iterator[tuple[Transport, Api | None]]:
    """Yield the transport to a cloud's hosts and the client of its APIs (None: the cloud file names no credentials);
    both are closed when the block ends."""
    with contextlib.ExitStack() as stack:
        transport = stack.enter_context(contextlib.closing(connect_hosts(cloud)))
        api = stack.enter_context(contextlib.closing(connect_api(cloud))) if cloud.api else None
        yield transport, api


def connect_hosts(cloud: Cloud) -> Transport:
    """Return the transport to the hosts of a cloud. Close it when done."""
    from ostler.remote.connections import SshTarget  # late: asyncssh takes a third of a second
    from ostler.remote.ssh import SshTransport

    access = cloud.access
    return SshTransport(
        {
            host.name: SshTarget(
                name=host.name,
                address=host.address,
                port=access.port,
                user=access.user,
                key=access.key,
                known_hosts=access.known_hosts,
                proxy_jump=access.proxy_jump,
            )
            for host in cloud.hosts.values()
        }
    )


def connect_api(cloud: Cloud) -> Api:
    """Return the client of a cloud's APIs. Close it when done.

    Raises InputError when the cloud file names no credentials.
    """
    from ostler.remote.api import SdkApi

    access = demand_api(cloud)
    return SdkApi(access.clouds_yaml, access.cloud)


def demand_api(cloud: Cloud) -> ApiAccess:
    """Return where a cloud's credentials are. Raises InputError when the cloud file names none."""
    if cloud.api is None:
        raise InputError(
            "cloud.no-api",
            f"the cloud file of {cloud.name} names no API credentials",
            do_next="add api: {clouds_yaml: FILE, cloud: NAME} to the cloud file",
        )
    return cloud.api
