"""`swift.node`: what a host has of Swift, and how that is.

Value: {servers: {file of configuration: {service, answer}}, unmounted: paths, rings: {path: digest}, replicated_s_ago:
{account | container | object: seconds}}; all are empty where there is no swift.conf.

- `servers`: those that are configured, save such that speak TLS. `service` is its unit without a prefix (swift-object);
  `answer` to GET /healthcheck is "healthy"; "disabled" (by a file, see disable_path); "unhealthy": another answer;
  "silent": it takes connections and answers none; or "refused".
- `unmounted`: folders for devices on which nothing is mounted, though mount_check asks for it.
- `rings`: short digests, to be compared with other hosts.
- `replicated_s_ago`: seconds since the last complete pass of replication, as the replicators note it for swift-recon.

The same is looked at by swift-recon (--unmounted, --md5, --replication), from outside and by way of the middleware
recon: openstack/swift, swift/common/middleware/{recon,healthcheck}.py, swift/obj/replicator.py (2026-11-27).
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import NUMBER, ByName, OneOf, shaped

FOLDER = "/etc/swift"
MOST_SERVERS = 40
ANSWERS = ("healthy", "disabled", "unhealthy", "silent", "refused")
SHAPE = {
    "servers": ByName({"service": str, "answer": OneOf(ANSWERS)}),
    "unmounted": [str],
    "rings": ByName(str),
    "replicated_s_ago": ByName(NUMBER),
}

SCRIPT = r"""
import os, sys
folder, mounts, most = sys.argv[2], sys.argv[3], int(sys.argv[4])
if not os.path.isfile(os.path.join(folder, "swift.conf")):
    print('{"servers": {}, "unmounted": [], "rings": {}, "replicated_s_ago": {}}')
    sys.exit()
import configparser, glob, hashlib, json, re, socket, threading, time
told = {"servers": {}, "unmounted": [], "rings": {}, "replicated_s_ago": {}}

def configured():
    for kind in ("proxy", "account", "container", "object"):
        name = os.path.join(folder, kind + "-server")
        for path in [name + ".conf"] + sorted(glob.glob(name + "/*.conf")):
            said = configparser.RawConfigParser(strict=False)
            try:
                if said.read(path):
                    yield kind, path, said
            except (configparser.Error, UnicodeDecodeError):
                continue

def healthcheck(address, port):
    request = ("GET /healthcheck HTTP/1.0\r\nHost: %s\r\n\r\n" % address).encode()
    try:
        with socket.create_connection((address, port), timeout=3) as connection:
            connection.sendall(request)
            answer = b""
            while len(answer) < 65536:
                block = connection.recv(65536)
                if not block:
                    break
                answer += block
    except socket.timeout:
        return "silent"
    except OSError:
        return "refused"
    if b"DISABLED BY FILE" in answer:
        return "disabled"
    status = answer.split(b"\r\n", 1)[0].split()
    return "healthy" if status[1:2] == [b"200"] else "unhealthy" if status[1:2] else "silent"

def ask(path, address, port):
    told["servers"][path]["answer"] = healthcheck(address, port)

def number(path, keys):
    try:
        with open(path) as file:
            found = json.loads(file.read(1 << 20))
    except (OSError, ValueError):
        return None
    found = found if isinstance(found, dict) else {}
    values = [found[key] for key in keys if isinstance(found.get(key), (int, float))]
    return max(values) if values else None

with open(mounts) as file:
    mounted = [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), line.split()[1]) for line in file]
threads, unmounted = [], set()
for kind, path, said in configured():
    section = "DEFAULT" if said.has_option("DEFAULT", "bind_port") else kind + "-server"
    port = said.get(section, "bind_port", fallback="")
    if port.isdigit() and not said.get("DEFAULT", "cert_file", fallback="") and len(threads) < most:
        address = said.get("DEFAULT", "bind_ip", fallback="0.0.0.0").strip()
        address = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(address, address)
        told["servers"][path] = {"service": "swift-" + kind, "answer": "silent"}
        threads.append(threading.Thread(target=ask, args=(path, address, int(port))))
    if kind == "proxy":
        continue
    devices = os.path.realpath(said.get("DEFAULT", "devices", fallback="/srv/node"))
    if said.get("DEFAULT", "mount_check", fallback="true").strip().lower() in ("true", "1", "yes", "on", "t", "y"):
        try:
            # The kind of an entry comes from its folder: a dead disk is not touched.
            found = [entry.path for entry in os.scandir(devices)
                     if entry.is_dir(follow_symlinks=False) and entry.name != "lost+found"]
        except OSError:
            found = []
        unmounted.update(each for each in found if each not in mounted)
    cache = os.path.join(said.get("filter:recon", "recon_cache_path", fallback="/var/cache/swift"), kind + ".recon")
    last = number(cache, ["object_replication_last", "object_reconstruction_last"] if kind == "object"
                  else ["replication_last"])
    if last is not None:
        told["replicated_s_ago"][kind] = round(time.time() - last)
for thread in threads:
    thread.start()
for path in sorted(glob.glob(os.path.join(folder, "*.ring.gz"))):
    with open(path, "rb") as file:
        told["rings"][path] = hashlib.sha256(file.read(1 << 28)).hexdigest()[:12]
for thread in threads:
    thread.join()
told["unmounted"] = sorted(unmounted)
print(json.dumps(told))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("swift.node", SCRIPT, FOLDER, "/proc/self/mounts", str(MOST_SERVERS), timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what the host has of Swift"
    return shaped(json_object_of(results[0], what), SHAPE, what)


FACT = HostFact("swift.node", commands, parse)
