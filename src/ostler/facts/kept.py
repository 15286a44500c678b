"""`controller.kept`: what a controller's services keep outside the databases, as their configuration files say.

Value: {keys: [folders of keystone's keys], images: [folders in which glance keeps image files], volumes: {backend of
cinder: its driver}, identities: {configuration file: [DEFAULT] host in it, None when it is not set}}. A project without
a configuration file there has nothing. Defaults are those of the projects (keystone.conf, glance-api.conf and
cinder.conf of 2025.1, looked up 2026-11-26).
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.options import READER
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

KEYSTONE, GLANCE, CINDER = "/etc/keystone/keystone.conf", "/etc/glance/glance-api.conf", "/etc/cinder/cinder.conf"
WITH_IDENTITY = ("/etc/nova/nova.conf", "/etc/neutron/neutron.conf", CINDER)
"""The files whose [DEFAULT] host is the name under which services write their records and get their messages."""

SCRIPT = (
    READER
    + """
keystone, glance, cinder = sys.argv[2:5]
IMAGES, LVM = "/var/lib/glance/images", "cinder.volume.drivers.lvm.LVMVolumeDriver"

def values(options, group, name):
    return [value for at, key, value, _ in options if (at, key.replace("-", "_")) == (group, name)]

def last(options, group, name, default):
    return (values(options, group, name) or [default])[-1]

def words(text):
    return [word.strip() for word in text.split(",") if word.strip()]

def keys(options):
    if not options:
        return []
    fernet = "/etc/keystone/fernet-keys"
    found = [last(options, group, "key_repository", fernet) for group in ("fernet_tokens", "fernet_receipts")]
    found.append(last(options, "credential", "key_repository", "/etc/keystone/credential-keys"))
    if last(options, "token", "provider", "") == "jws":
        for kind in ("public", "private"):
            found.append(last(options, "jwt_tokens", "jws_%s_key_repository" % kind, "/etc/keystone/jws-keys/" + kind))
    return sorted(set(path.rstrip("/") for path in found))

def images(options):
    several = [word.partition(":") for word in words(last(options, "DEFAULT", "enabled_backends", ""))]
    groups = [name.strip() for name, _, kind in several if kind.strip() == "file"]
    if options and not several and "file" in words(last(options, "glance_store", "stores", "file,http")):
        groups = ["glance_store"]
    found = set()
    for group in groups:
        some = [each.rpartition(":")[0] if each.rpartition(":")[2].isdigit() else each
                for each in values(options, group, "filesystem_store_datadirs")]
        found.update(some or [last(options, group, "filesystem_store_datadir", IMAGES)])
    return sorted(path.rstrip("/") for path in found)

def volumes(options):
    return {name: last(options, name, "volume_driver", LVM)
            for name in words(last(options, "DEFAULT", "enabled_backends", ""))}

print(json.dumps({
    "keys": keys(options_of(keystone)),
    "images": images(options_of(glance)),
    "volumes": volumes(options_of(cinder)),
    "identities": {path: last(options_of(path), "DEFAULT", "host", None) for path in sys.argv[5:]},
}))
"""
)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("controller.kept", SCRIPT, KEYSTONE, GLANCE, CINDER, *WITH_IDENTITY),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what a controller keeps"
    answer = json_object_of(results[0], what)
    keys, images = (entry(answer, key, list, what) for key in ("keys", "images"))
    volumes, identities = (entry(answer, key, dict, what) for key in ("volumes", "identities"))
    for path in (*keys, *images):
        if not isinstance(path, str) or not path.startswith("/"):
            raise ValueError(f"{what} names something that is no folder: {path!r}")
    for backend in volumes:
        entry(volumes, backend, str, what)
    for path in identities:
        entry(identities, path, (str, type(None)), what)
    return {"keys": keys, "images": images, "volumes": volumes, "identities": identities}


FACT = HostFact("controller.kept", commands, parse)
