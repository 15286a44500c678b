"""The entry of a clouds.yaml that a cloud file names, read as every OpenStack client reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ostler.errors import InputError


def read_region(clouds_yaml: Path, cloud: str) -> Any:
    """Return the openstacksdk CloudRegion of one entry. Raises InputError when it is not there or cannot be used."""
    from keystoneauth1.exceptions import ClientException
    from openstack.config import OpenStackConfig  # late: importing it takes half a second
    from openstack.exceptions import ConfigException

    if not clouds_yaml.is_file():
        raise InputError(
            "api.no-clouds-file",
            f"there is no file {clouds_yaml}",
            do_next="give the path of clouds.yaml under api: in the cloud file",
        )
    try:
        return OpenStackConfig(config_files=[str(clouds_yaml)], load_envvars=False).get_one(cloud=cloud)
    except (ConfigException, ClientException, AttributeError, TypeError) as error:  # the last two: not a mapping
        raise no_such_cloud(clouds_yaml, cloud, error) from None


def no_such_cloud(clouds_yaml: Path, cloud: str, error: Exception) -> InputError:
    """Return the error for an entry that is not there or cannot be used."""
    return InputError(
        "api.no-such-cloud",
        f"{clouds_yaml} has no usable entry {cloud!r}",
        found=str(error)[:300],
        do_next="compare api: cloud in the cloud file with the names in clouds.yaml",
    )
