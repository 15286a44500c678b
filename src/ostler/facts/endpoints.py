"""`keystone.endpoints`: what the catalog in keystone says where each service is, and who answers there.

Value: a list of {id, type, interface, url, host, port, known, answer, at_vip}, of all that are enabled. `known` is
the port that the service usually has, None for types that Ostler's own catalog does not know. `answer` is the HTTP
status at the URL's root ("200"), or "refused", "silent", "unknown name", "unreachable", "no address" (the URL holds
none); `at_vip` is the same at the virtual address and the known port, "" when there is none of both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ostler.catalog import projects_of
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_of
from ostler.facts.scripts import python
from ostler.facts.sql import database_hosts

LIMIT_S = 4.0
OTHER_TYPES = {"volumev3": "block-storage", "volumev2": "block-storage", "volume": "block-storage"}
"""What cinder's service is called in older catalogs."""

SCRIPT = r"""
import http.client, json, re, socket, ssl, subprocess, sys, threading, time
from urllib.parse import urlsplit
limit, ports, vip = float(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
QUESTION = '''SET SESSION lock_wait_timeout = 3; SELECT e.id, s.type, e.interface, REPLACE(e.url, '\t', ' ')
 FROM keystone.endpoint AS e JOIN keystone.service AS s ON s.id = e.service_id WHERE e.enabled AND s.enabled
 LIMIT 200'''

def ask(secure, host, port):
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    options = {"context": ssl._create_unverified_context()} if secure else {}
    try:
        connection = make(host, port, timeout=limit, **options)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read(1 << 20)
        connection.close()
        return str(answer.status)
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "silent"
    except socket.gaierror:
        return "unknown name"
    except (OSError, http.client.HTTPException, ValueError):
        return "unreachable"

told = subprocess.run(["mariadb", "--batch", "--raw", "--skip-column-names", "--execute", QUESTION],
                      stdout=subprocess.PIPE, timeout=4, check=True).stdout.decode("utf-8", "replace")
rows, answers = [], {}
for line in told.splitlines():
    words = line.split("\t")
    if len(words) == 4:
        at = urlsplit(re.sub(r"[%$]\([a-z_]+\)s", "x", words[3]))
        try:
            host, port = at.hostname, at.port or (443 if at.scheme == "https" else 80)
        except ValueError:
            host, port = None, None
        known = ports.get(words[1])
        place = (at.scheme == "https", host, port) if host and at.scheme in ("http", "https") else None
        usual = (at.scheme == "https", vip, known) if vip and known else None
        rows.append((words, host, port, known, place, usual))

def keep(place):
    answers[place] = ask(*place)

threads = [threading.Thread(target=keep, args=(place,), daemon=True)
           for place in {each for row in rows for each in row[4:] if each}]
for thread in threads:
    thread.start()
until = time.monotonic() + limit + 1
for thread in threads:
    thread.join(max(0, until - time.monotonic()))
print(json.dumps([
    {"id": words[0], "type": words[1], "interface": words[2], "url": words[3], "host": host or "", "port": port or 0,
     "known": known, "answer": answers.get(place, "silent") if place else "no address",
     "at_vip": answers.get(usual, "silent") if usual else ""}
    for words, host, port, known, place, usual in rows]))
"""

TEXTS = ("id", "type", "interface", "url", "host", "answer", "at_vip")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    vip = cloud.load_balancer.vip if cloud.load_balancer else ""
    ports = json.dumps(known_ports(cloud.release))
    return (python("keystone.endpoints", SCRIPT, str(LIMIT_S), ports, vip, timeout_s=9.5),)


def known_ports(release: str) -> dict[str, int]:
    """The port of each type of service in a release; the names that a service had before are types too."""
    found = {
        str(service.api.service_type): service.api.port
        for project in projects_of(release)
        for service in project.services(release)
        if service.api and service.api.service_type
    }
    return {**{old: found[new] for old, new in OTHER_TYPES.items() if new in found}, **found}


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the endpoints in keystone's catalog"
    answer = json_of(results[0], what)
    if not isinstance(answer, list):
        raise ValueError(f"{what} are no list")
    return [
        {
            **{key: entry(seen, key, str, what) for key in TEXTS},
            "port": entry(seen, "port", int, what),
            "known": entry(seen, "known", (int, type(None)), what),
        }
        for seen in answer
    ]


FACT = HostFact("keystone.endpoints", commands, parse, database_hosts)
