"""The practice cloud's API as its administrator, from the outer machine through the VIP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ostler.errors import ApiError
from ostler.practice.layout import Layout

COMPUTE_MICROVERSION = "2.79"
REQUEST_TIMEOUT_S = 100
LONGEST_WORDS = 300


def connect(layout: Layout, **changed: Any) -> Any:
    """An openstacksdk connection; `changed` replaces settings of clouds.yaml, such as `project_name`.

    Proxies of this machine are not for the practice bridge, so they are left out.
    """
    import keystoneauth1.session  # late: openstacksdk takes half a second to import
    import openstack
    import requests

    config = openstack.config.OpenStackConfig(config_files=[str(layout.clouds_yaml)], load_envvars=False)
    region = config.get_one(
        cloud=layout.name,
        compute_default_microversion=COMPUTE_MICROVERSION,
        **changed,
    )
    plain = requests.Session()
    plain.trust_env = False
    verify, _ = region.get_requests_verify_args()
    session = keystoneauth1.session.Session(
        auth=region.get_auth(), session=plain, timeout=REQUEST_TIMEOUT_S, verify=verify
    )
    return openstack.connection.Connection(session=session, config=region)


@contextmanager
def told_plainly(layout: Layout) -> Iterator[None]:
    """What the SDK raises, and waiting in vain, becomes an ApiError that says what to do."""
    import keystoneauth1.exceptions
    import openstack.exceptions
    import requests

    outside = (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
        requests.RequestException,
        TimeoutError,
    )
    try:
        yield
    except outside as error:
        raise ApiError(
            "practice.api-failed",
            f"the API of practice cloud {layout.name} failed",
            found=f"{type(error).__name__}: {error}"[:LONGEST_WORDS],
            do_next=f"see `ostler practice status --name {layout.name}`; then try again: what exists is kept",
        ) from None
