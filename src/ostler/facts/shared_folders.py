"""`host.shared_folders`: what given folders are, and whether two hosts see the same; parameter `paths`: a JSON list.

Value: {path: {mode: "0750", owner, group, source, inode, files, names}} for each that is a folder. `source` is what is
mounted there, as the kernel tells it with the place within; `inode` the folder's number in it; `files` how many regular
files lie below, `names` a SHA-256 over their names. Where all four are equal on two hosts, both see one folder.
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

SCRIPT = """
import grp, hashlib, json, os, pwd, stat, sys

def name(of, number):
    try:
        return of(number)[0]
    except KeyError:
        return str(number)

def mounts():
    with open("/proc/self/mountinfo", errors="replace") as file:
        for line in file:
            words, _, source = line.partition(" - ")
            place, at = words.split()[3:5]
            yield at.encode().decode("unicode_escape"), " ".join(source.split()[:2] + [place])

def mounted(path, known):
    found = max((at for at in known if path == at or path.startswith(at.rstrip("/") + "/")), key=len, default="")
    return known.get(found, "")

answer, known = {}, dict(mounts())
for path in sys.argv[2:]:
    try:
        seen = os.stat(path)
    except OSError:
        continue
    if not stat.S_ISDIR(seen.st_mode):
        continue
    below = sorted(os.path.relpath(os.path.join(at, file), path) for at, _, files in os.walk(path) for file in files)
    digest = hashlib.sha256("\\0".join(below).encode(errors="surrogateescape")).hexdigest()
    answer[path] = {"mode": "%04o" % stat.S_IMODE(seen.st_mode), "owner": name(pwd.getpwuid, seen.st_uid),
                    "group": name(grp.getgrgid, seen.st_gid), "source": mounted(os.path.realpath(path), known),
                    "inode": seen.st_ino, "files": len(below), "names": digest}
print(json.dumps(answer))
"""


def folders_wanted(host: str, paths: Iterable[str]) -> FactRequest:
    """Return a request for what folders of a host are."""
    return wanted("host.shared_folders", host, paths=json.dumps(list(paths)))


def is_same_folder(one: JsonValue, other: JsonValue) -> bool:
    """Whether two hosts see one folder."""
    return all(one[key] == other[key] for key in ("source", "inode", "files", "names"))


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError as `paths_of` does."""
    return (python("host.shared_folders", SCRIPT, *paths_of(request), timeout_s=120),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "what folders are")
    kinds = {"mode": str, "owner": str, "group": str, "source": str, "inode": int, "files": int, "names": str}
    return {
        path: {key: entry(seen, key, kind, f"the description of {path}") for key, kind in kinds.items()}
        for path, seen in answer.items()
    }


FACT = HostFact("host.shared_folders", commands, parse)
