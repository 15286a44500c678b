"""`host.files`: what given files hold, by digest; parameters `paths`: a JSON list of absolute paths, and `limit_s`:
how long reading them may take in all (LIMIT_S when it is not given; a dump of a large cloud takes longer).

Value: {path: {sha256, mode: "0640", owner, group, size: bytes}}; a file that does not exist, and anything that is no
regular file, is absent. A path that ends with a slash stands for all regular files below that folder. Symbolic links
are followed. `owner` and `group` are names, or numbers where the host has no name for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue, wanted
from ostler.facts.output import entry, json_object_of
from ostler.facts.paths import paths_of
from ostler.facts.scripts import python

LIMIT_S = 60.0

SCRIPT = """
import grp, hashlib, json, os, pwd, stat, sys

def name(of, number):
    try:
        return of(number)[0]
    except KeyError:
        return str(number)

def expand(path):
    if not path.endswith("/"):
        return [path]
    return sorted(os.path.join(at, file) for at, _, files in os.walk(path) for file in files)

answer = {}
for path in [found for given in sys.argv[2:] for found in expand(given)]:
    try:
        seen = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        continue
    if not stat.S_ISREG(seen.st_mode):
        continue
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    answer[path] = {"sha256": digest.hexdigest(), "mode": "%04o" % stat.S_IMODE(seen.st_mode), "size": seen.st_size,
                    "owner": name(pwd.getpwuid, seen.st_uid), "group": name(grp.getgrgid, seen.st_gid)}
print(json.dumps(answer))
"""


def files_wanted(host: str | None, paths: Iterable[str], limit_s: float | None = None) -> FactRequest:
    """Return a request for what files and folders of a host are; a name may hold any character. `limit_s` is for large
    files."""
    limit = {} if limit_s is None else {"limit_s": str(limit_s)}
    return wanted("host.files", host, paths=json.dumps(list(paths)), **limit)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError as `paths_of` does, and for a limit that is no number."""
    limit_s = float(dict(request.params).get("limit_s", LIMIT_S))
    return (python("host.files", SCRIPT, *paths_of(request), timeout_s=limit_s),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the digests of files")
    kinds = {"sha256": str, "mode": str, "owner": str, "group": str, "size": int}
    return {
        path: {key: entry(seen, key, kind, f"the description of {path}") for key, kind in kinds.items()}
        for path, seen in answer.items()
    }


FACT = HostFact("host.files", commands, parse)
