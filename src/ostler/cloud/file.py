"""The cloud file: read into the model, and written from it.

Relative paths in it are relative to the file's own folder. Everything wrong with a file is told at once.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ostler.cloud.checking import check
from ostler.cloud.lines import read_yaml
from ostler.cloud.model import (
    Access,
    Api,
    Cloud,
    Databases,
    EnvironmentsStore,
    Host,
    LoadBalancer,
    Messaging,
    Policy,
)
from ostler.cloud.problems import Place, Problems, nearest
from ostler.cloud.schema import KNOWN_KEYS, CloudEntry
from ostler.errors import InputError


def read_cloud_file(path: Path) -> Cloud:
    """The cloud that the file at `path` describes.

    Raises InputError naming file, line and key of everything wrong with it: `cloud.no-file`,
    `cloud.not-yaml`, the code of the only problem, or `cloud.bad-file` for several.
    """
    raw, problems = read_yaml(path)
    problems.demand_none()
    if not isinstance(raw, dict):
        problems.add("cloud.bad-value", (), "the file must be a mapping of keys to values")
        problems.demand_none()
    return _cloud(_checked(raw, problems), path.absolute().parent)


def write_cloud_file(cloud: Cloud, path: Path, *, force: bool = False) -> None:
    """Write the file that `read_cloud_file` reads back as the same cloud.

    Raises InputError `cloud.file-exists` when there is a file and `force` is false, `cloud.cannot-write`, and
    what `read_cloud_file` would raise for it; then nothing is written. It is never half written.
    """
    if path.exists() and not force:
        raise InputError(
            "cloud.file-exists",
            f"there is a file {path} already; it was not changed",
            do_next="choose another name with --out, or replace it with --force",
        )
    told = _told(cloud, path.absolute().parent)
    _checked(told, Problems(path, {}))
    text = yaml.safe_dump(told, sort_keys=False, default_flow_style=None, width=120)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text)
        half.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            half.unlink()
        raise InputError(
            "cloud.cannot-write",
            f"the cloud file {path} could not be written: {error.strerror}",
            do_next="choose another file with --out",
        ) from None


def _checked(raw: Any, problems: Problems) -> CloudEntry:
    try:
        entry = CloudEntry.model_validate(raw)
    except ValidationError as error:
        for one in error.errors():
            _tell(dict(one), problems)
        problems.demand_none()
        raise
    check(entry, problems)
    problems.demand_none()
    return entry


def _tell(error: dict[str, Any], problems: Problems) -> None:
    place: Place = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        known = KNOWN_KEYS[tuple("*" if i == 1 else str(part) for i, part in enumerate(place[:-1]))]
        problems.add("cloud.unknown-key", place, "there is no such key", nearest(str(place[-1]), known))
    elif error["type"] == "missing":
        problems.add("cloud.missing-key", place, "this key is missing")
    elif place == ("release",):
        problems.add("cloud.bad-value", place, f"{error['input']!r} is not text", 'put it in quotes, as "2025.1"')
    else:
        message = error["msg"].removeprefix("Input ")
        problems.add("cloud.bad-value", place, f"{error['input']!r} {message}")


def _cloud(entry: CloudEntry, folder: Path) -> Cloud:
    access, api = entry.access, entry.api
    balancer, databases = entry.load_balancer, entry.databases
    return Cloud(
        name=entry.name,
        release=entry.release,
        deployment=entry.deployment,
        hosts={name: Host(name, h.address, h.roles, h.domain, h.known_as) for name, h in entry.hosts.items()},
        access=Access(
            user=access.user,
            port=access.port,
            key=_path(access.key, folder),
            known_hosts=_path(access.known_hosts, folder),
            proxy_jump=access.proxy_jump,
        ),
        api=Api(_place(api.clouds_yaml, folder), api.cloud) if api else None,
        load_balancer=LoadBalancer(balancer.hosts, balancer.vip, balancer.kind, balancer.socket) if balancer else None,
        databases=Databases(databases.hosts, databases.kind, databases.galera) if databases else Databases(),
        messaging=Messaging(entry.messaging.hosts, entry.messaging.kind) if entry.messaging else Messaging(),
        environments=(
            EnvironmentsStore(_place(entry.environments.store, folder)) if entry.environments else EnvironmentsStore()
        ),
        policy=Policy(entry.policy.rehearsal == "required", entry.policy.rehearsal_days),
    )


def _path(text: str | None, folder: Path) -> Path | None:
    return None if text is None else _place(text, folder)


def _place(text: str, folder: Path) -> Path:
    return folder / Path(text).expanduser()


def _told(cloud: Cloud, folder: Path) -> dict[str, Any]:
    access = cloud.access
    told: dict[str, Any] = {"name": cloud.name, "release": cloud.release, "deployment": cloud.deployment}
    told["access"] = _given(
        user=access.user,
        port=access.port if access.port != Access.port else None,
        key=_relative(access.key, folder),
        known_hosts=_relative(access.known_hosts, folder),
        proxy_jump=access.proxy_jump,
    )
    if cloud.api:
        told["api"] = {"clouds_yaml": _relative(cloud.api.clouds_yaml, folder), "cloud": cloud.api.cloud}
    if cloud.load_balancer:
        balancer = cloud.load_balancer
        told["load_balancer"] = {
            "kind": balancer.kind,
            "hosts": list(balancer.hosts),
            "socket": balancer.socket,
            "vip": balancer.vip,
        }
    if cloud.databases.hosts:
        databases = cloud.databases
        told["databases"] = {
            "kind": databases.kind,
            "hosts": list(databases.hosts),
            "galera": databases.is_galera,
        }
    if cloud.messaging.hosts:
        told["messaging"] = {"kind": cloud.messaging.kind, "hosts": list(cloud.messaging.hosts)}
    if cloud.environments != EnvironmentsStore():
        told["environments"] = {"store": _relative(cloud.environments.path, folder)}
    if cloud.policy != Policy():
        told["policy"] = {
            "rehearsal": "required" if cloud.policy.demands_rehearsal else "optional",
            "rehearsal_days": cloud.policy.rehearsal_days,
        }
    told["hosts"] = {
        host.name: _given(address=host.address, roles=list(host.roles), domain=host.domain, known_as=host.known_as)
        for host in cloud.hosts.values()
    }
    return told


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _relative(path: Path | None, folder: Path) -> str | None:
    """A path as it is written: `./…` when it lies below the file's folder, else in full."""
    if path is None:
        return None
    return f"./{path.relative_to(folder)}" if path.is_relative_to(folder) else str(path)
