"""`glance.files`: whether the files of images are there and what their records say, asked where a database server is.

Value: {images, stores}. `images` are the wrong ones: {id, name, path, problem}, problem one of PROBLEMS. `stores` are
the folders that images are in: {path: {exists, images}}; `images` counts the records that point there. Only files in
folders that exist here are looked at, at most MOST_IMAGES; the content of at most MOST_BYTES is read, those first
that were changed after their record, then the smallest ones, and no longer than READ_S.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python
from ostler.facts.sql import database_hosts

MOST_IMAGES = 2000
MOST_BYTES = 1 << 30
READ_S = 3.0
MISSING, WRONG_SIZE, CORRUPT = "missing", "wrong size", "corrupt"
PROBLEMS = (MISSING, WRONG_SIZE, CORRUPT)

SCRIPT = r"""
import hashlib, json, os, subprocess, sys, time
from urllib.parse import unquote
most, bytes_left, seconds = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
QUESTION = '''SET SESSION lock_wait_timeout = 3; SELECT i.id, REPLACE(COALESCE(i.name, ''), '\t', ' '),
 COALESCE(i.size, -1), COALESCE(i.checksum, ''), COALESCE(i.os_hash_algo, ''), COALESCE(i.os_hash_value, ''),
 UNIX_TIMESTAMP(COALESCE(i.updated_at, i.created_at)), REPLACE(l.value, '\t', ' ')
 FROM glance.images AS i JOIN glance.image_locations AS l ON l.image_id = i.id AND l.deleted = 0
 WHERE i.deleted = 0 AND i.status = 'active' AND l.value LIKE 'file://%' ORDER BY i.created_at LIMIT ''' + str(most)

told = subprocess.run(["mariadb", "--batch", "--raw", "--skip-column-names", "--execute", QUESTION],
                      stdout=subprocess.PIPE, timeout=4, check=True).stdout.decode("utf-8", "replace")
until = time.monotonic() + seconds
stores, wrong, whole = {}, [], []
for line in told.splitlines():
    words = line.split("\t")
    if len(words) != 8:
        continue
    path = unquote(words[7][len("file://"):])
    folder = os.path.dirname(path)
    if folder not in stores:
        stores[folder] = {"exists": os.path.isdir(folder), "images": 0}
    stores[folder]["images"] += 1
    if not stores[folder]["exists"]:
        continue
    image = {"id": words[0], "name": words[1], "path": path}
    try:
        seen = os.stat(path)
    except OSError:
        wrong.append(dict(image, problem="missing"))
        continue
    if 0 <= int(words[2]) != seen.st_size:
        wrong.append(dict(image, problem="wrong size"))
    elif words[3] or words[5]:
        whole.append((seen.st_mtime <= float(words[6]) + 5, seen.st_size, path, image, words[3:6]))
for _, size, path, image, (checksum, algorithm, value) in sorted(whole, key=lambda each: each[:3]):
    bytes_left -= size
    if bytes_left < 0 or time.monotonic() > until:
        break
    name, wanted = (algorithm, value) if algorithm in hashlib.algorithms_available and value else ("md5", checksum)
    digest = hashlib.new(name)
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
                if time.monotonic() > until:
                    break
            else:
                if wanted and digest.hexdigest() != wanted:
                    wrong.append(dict(image, problem="corrupt"))
    except (OSError, ValueError):
        continue
print(json.dumps({"images": wrong[:100], "stores": stores}))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("glance.files", SCRIPT, str(MOST_IMAGES), str(MOST_BYTES), str(READ_S), timeout_s=9.5),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the files of images")
    images = [_image(seen) for seen in entry(answer, "images", list, "the files of images")]
    stores = entry(answer, "stores", dict, "the files of images")
    return {"images": images, "stores": {path: _store(seen) for path, seen in stores.items()}}


def _image(seen: JsonValue) -> JsonValue:
    found = {key: entry(seen, key, str, "the file of an image") for key in ("id", "name", "path", "problem")}
    if found["problem"] not in PROBLEMS:
        raise ValueError("the file of an image has an unknown problem")
    return found


def _store(seen: JsonValue) -> JsonValue:
    what = "a folder of images"
    return {"exists": entry(seen, "exists", bool, what), "images": entry(seen, "images", int, what)}


FACT = HostFact("glance.files", commands, parse, database_hosts)
