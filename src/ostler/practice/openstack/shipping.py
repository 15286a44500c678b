"""Getting environments and files onto the practice hosts, over their SSH connections."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterable, Mapping

from ostler.deployment.paths import MANIFEST_NAME
from ostler.deployment.venv import unpack_command
from ostler.environments.store import StoredEnvironment
from ostler.practice.layout import Host
from ostler.practice.openstack.accounts import USER_IDS
from ostler.practice.openstack.identity_image_settings import CREDENTIAL_KEYS, FERNET_KEYS, IMAGES
from ostler.practice.openstack.settings import HostFile
from ostler.practice.reach import PracticeReach

PROJECTS_BY_ROLE: Mapping[str, tuple[str, ...]] = {
    "controller": ("keystone", "glance", "placement", "nova", "neutron", "cinder"),
    "compute": ("nova", "neutron"),
}

STOP_TIMEOUT_S = 180


def ship_environments(reach: PracticeReach, host: Host, archives: Mapping[str, StoredEnvironment]) -> int:
    """Unpack on a host the environments its role needs and it does not have yet; how many were sent.

    Services that run from an environment that is replaced are stopped first.
    """
    wanted = [archives[project] for project in PROJECTS_BY_ROLE[host.role]]
    present = _present_addresses(reach, host, [stored.manifest.path for stored in wanted])
    missing = [stored for stored in wanted if present.get(stored.manifest.path) != stored.manifest.address]
    for stored in missing:
        if stored.manifest.path in present:
            reach.run(host, ["systemctl", "stop", f"{stored.manifest.project}*.service"], timeout_s=STOP_TIMEOUT_S)
        command = unpack_command(stored.manifest.path)
        with stored.archive.open("rb") as archive:
            reach.run(host, command.argv, stdin=archive, timeout_s=command.timeout_s)
    return len(missing)


def put_files(reach: PracticeReach, host: Host, files: Iterable[HostFile], links: Mapping[str, str]) -> None:
    """Write files and symbolic links of a host, and the projects' own folders, in one round trip.

    Owners are looked up on the host, so its users must be there.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for project in PROJECTS_BY_ROLE[host.role]:
            for folder, owner, mode in _folders(project):
                tar.addfile(_member(folder, tarfile.DIRTYPE, owner, mode))
        for file in files:
            content = file.content.reveal().encode()
            member = _member(file.path, tarfile.REGTYPE, file.owner, file.mode)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for path, target in links.items():
            member = _member(path, tarfile.SYMTYPE, "root:root", 0o777)
            member.linkname = target
            tar.addfile(member)
    argv = ["tar", "--extract", "--file=-", "--directory=/", "--preserve-permissions", "--same-owner"]
    reach.run(host, argv, stdin=packed.getvalue())


def make_users(reach: PracticeReach, host: Host, sysusers: str) -> None:
    """Make the projects' system users."""
    reach.run(host, ["systemd-sysusers", "-"], stdin=sysusers.encode())


def _folders(project: str) -> list[tuple[str, str, int]]:
    own = f"{project}:{project}"
    folders = [
        (f"/etc/{project}", f"root:{project}", 0o750),
        (f"/var/lib/{project}", own, 0o755),
        (f"/var/log/{project}", own, 0o750),
    ]
    if project == "keystone":
        folders += [(FERNET_KEYS, own, 0o700), (CREDENTIAL_KEYS, own, 0o700)]
    if project == "glance":
        folders += [
            (path, own, 0o750) for path in (IMAGES, *(f"{IMAGES}/{name}" for name in ("images", "staging", "tasks")))
        ]
    return folders


def _member(path: str, kind: bytes, owner: str, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.type, member.mode, member.mtime = kind, mode, int(time.time())
    member.uname, _, member.gname = owner.partition(":")
    member.uid, member.gid = USER_IDS.get(member.uname, 0), USER_IDS.get(member.gname, 0)
    return member


def _present_addresses(reach: PracticeReach, host: Host, paths: Iterable[str]) -> dict[str, str]:
    """The addresses of the environments a host has, by path."""
    manifests = [f"{path}/{MANIFEST_NAME}" for path in paths]
    shown = reach.run(host, ["sh", "-c", 'for file; do test ! -e "$file" || cat "$file"; done', "sh", *manifests])
    decoder, rest, found = json.JSONDecoder(), shown.stdout.lstrip(), {}
    while rest:
        manifest, end = decoder.raw_decode(rest)
        found[str(manifest["path"])] = str(manifest["address"])
        rest = rest[end:].lstrip()
    return found
