"""`keystone.keys`: the Fernet keys of keystone on one controller, by digest: those of tokens and of credentials.

Value: {tokens, credentials}, each {folder, exists, readable, keys}. `readable` says whether keystone's user may read
the folder and every key in it; `keys` are {name: SHA-256, cut to 16 digits}, of files whose name is a number; empty
when there are none. A key is 32 random bytes, so its digest tells nothing about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

CONFIG = "/etc/keystone/keystone.conf"
PURPOSES = ("tokens", "credentials")

SCRIPT = r"""
import configparser, grp, hashlib, json, os, pwd, sys
config = configparser.RawConfigParser(strict=False, allow_no_value=True)
try:
    config.read(sys.argv[2], encoding="utf-8")
except (configparser.Error, UnicodeError):
    pass

def setting(group, usual):
    try:
        return config.get(group, "key_repository")
    except configparser.Error:
        return usual

def may(path, bit):
    try:
        user = pwd.getpwnam("keystone")
    except KeyError:
        return True
    groups = {user.pw_gid} | {each.gr_gid for each in grp.getgrall() if "keystone" in each.gr_mem}
    seen = os.stat(path)
    shift = 6 if seen.st_uid == user.pw_uid else 3 if seen.st_gid in groups else 0
    return bool(seen.st_mode >> shift & bit)

def repository(folder):
    found = {"folder": folder, "exists": os.path.isdir(folder), "readable": False, "keys": {}}
    if not found["exists"]:
        return found
    at, readable = folder, may(folder, 4)
    while at != "/":
        readable = readable and may(at, 1)
        at = os.path.dirname(at.rstrip("/"))
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.isdigit() and os.path.isfile(path):
            readable = readable and may(path, 4)
            with open(path, "rb") as file:
                found["keys"][name] = hashlib.sha256(file.read(1000).strip()).hexdigest()[:16]
    found["readable"] = readable
    return found

print(json.dumps({
    "tokens": repository(setting("fernet_tokens", "/etc/keystone/fernet-keys").rstrip("/")),
    "credentials": repository(setting("credential", "/etc/keystone/credential-keys").rstrip("/"))}))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("keystone.keys", SCRIPT, CONFIG, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "keystone's keys")
    return {purpose: _repository(entry(answer, purpose, dict, "keystone's keys")) for purpose in PURPOSES}


def _repository(seen: JsonValue) -> JsonValue:
    what = "a folder of keystone's keys"
    keys = entry(seen, "keys", dict, what)
    return {
        "folder": entry(seen, "folder", str, what),
        "exists": entry(seen, "exists", bool, what),
        "readable": entry(seen, "readable", bool, what),
        "keys": {name: entry(keys, name, str, what) for name in keys},
    }


FACT = HostFact("keystone.keys", commands, parse)
