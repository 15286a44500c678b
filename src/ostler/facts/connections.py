"""`host.connections`: every database and message bus that the configuration files of a host name, and whether each
answers from there. Passwords never leave the host.

Value: {found, unread}. `unread` are files that could not be read, each with the reason. `found` is a list of {file,
line, group, option, kind, scheme, user, servers, name}, in the order of files and lines. `kind` is "database" or
"messaging"; `scheme` as written ("mysql+pymysql", "rabbit"); `user` and `name` (of the database, or the virtual host)
are "" when there is none; `servers` are [{host, port, answer}]: `host` None for one that is not written as a name or
address (a reference to another option, for one), and `answer` then None. Else `answer` is one of ANSWERS.

Found are all options whose value is the address of a database or a bus, whatever their name, and those that named
RabbitMQ (until Stein: oslo.messaging 9.0.0, release note removal-deprecated-options) or Qpid (until Mitaka: release
notes of puppet-sahara 9.0.0, read 2026-11-26) one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

LIMIT_S = 3.0
DATABASE, MESSAGING = "database", "messaging"
ANSWERS = ("answers", "wants TLS", "open", "other", "closed", "refused", "silent", "unknown name", "unreachable")
"""`answers`: a server of that kind spoke; `wants TLS`: one that speaks only TLS; `open`: the connection was taken, and
nothing is asked of this kind; `other`: something else answered; `closed`: it hung up at once, as HAProxy does when no
server behind it is up."""

SCRIPT = r"""
import json, os, re, socket, sys, threading, time

limit = float(sys.argv[2])
PORTS = {"mysql": 3306, "mariadb": 3306, "postgresql": 5432, "postgres": 5432, "sqlite": 0,
         "rabbit": 5672, "kombu": 5672, "amqp": 5672, "amqps": 5671, "pika": 5672, "qpid": 5672, "kafka": 9092}
DATABASES = ("mysql", "mariadb", "postgresql", "postgres", "sqlite")
USER, NAME = re.compile(r"[\w.\-+%]*$"), re.compile(r"[^\s?#;'\"]*")
URL = re.compile(r"([a-z][a-z0-9]*)(\+[a-z0-9_]+)?://(.*)$", re.IGNORECASE)
SERVER = re.compile(r"(\[[0-9a-f:.]+\]|[\w.\-]+)(?::(\d{1,5}))?$", re.IGNORECASE)
OPTION = re.compile(r"([^\s=:\[#;][^=:]*?)\s*[=:]\s*(.*?)\s*$")
LARGEST = 1 << 24
TLS_ALERT = b"\x15\x03"

def servers(texts, port):
    found = []
    for text in texts:
        seen = SERVER.match(text.strip())
        if seen:
            found.append({"host": seen.group(1).strip("[]"), "port": int(seen.group(2) or port), "answer": None})
        else:
            found.append({"host": None, "port": None, "answer": None})
    return found

def login_and_places(text):
    # a password may hold any character: what stands before the last @ is told only when it cannot be a part of one
    parts = text.split("@")
    user = parts[0].partition(":")[0] if len(parts) > 1 else ""
    if not USER.match(user) or re.search(r"\s", text):
        return "", ["?"], ""
    if "?" in "@".join(parts[:-1]):
        return user, ["?"], ""
    middle = [part.partition(",") for part in parts[1:-1]]
    places = [place for place, _, login in middle if user and login.startswith(user + ":") and SERVER.match(place)]
    last, _, name = parts[-1].partition("/")
    return user, places + [each for each in last.split(",") if each], NAME.match(name).group()

def from_url(value):
    seen = URL.match(value)
    scheme = seen.group(1).lower() if seen else None
    if scheme not in PORTS:
        return None
    user, places, name = login_and_places(seen.group(3))
    if scheme == "sqlite":
        places = []
    kind = "database" if scheme in DATABASES else "messaging"
    return {"kind": kind, "scheme": scheme + (seen.group(2) or "").lower(), "user": user, "name": name,
            "servers": servers(places, PORTS[scheme])}

def from_options(options, places, port, user, name, scheme):
    set_as = next((each for each in places if options.get(each, ("", 0))[0].strip()), None)
    if set_as is None:
        return None, None, None
    value, line = options[set_as]
    text = lambda option: options.get(option, ("", 0))[0]
    number = text(port) if re.match(r"[0-9]{1,5}$", text(port)) else PORTS[scheme]
    found = {"kind": "messaging", "scheme": scheme, "user": text(user), "name": text(name),
             "servers": servers(value.split(","), number)}
    return set_as, line, found

OLD = (
    (("rabbit_hosts", "rabbit_host"), "rabbit_port", "rabbit_userid", "rabbit_virtual_host", "rabbit"),
    (("qpid_hosts", "qpid_hostname"), "qpid_port", "qpid_username", "", "qpid"),
)

def of_file(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise OSError("larger than %d characters" % LARGEST)
    lines = text.splitlines()
    group, groups, found = "DEFAULT", {}, []
    for number, text in enumerate(lines, 1):
        if text.startswith("["):
            group = text[1:].partition("]")[0].strip()
            continue
        seen = OPTION.match(text)
        if not seen:
            continue
        name, value = seen.group(1), seen.group(2)
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        groups.setdefault(group, {})[name.replace("-", "_")] = (value, number)
        connection = from_url(value)
        if connection:
            found.append(dict(connection, file=path, line=number, group=group, option=name))
    for group, options in groups.items():
        for old in OLD:
            option, number, connection = from_options(options, *old)
            if connection:
                found.append(dict(connection, file=path, line=number, group=group, option=option))
    return sorted(found, key=lambda each: each["line"])

def hello(scheme):
    if scheme.startswith("postgres"):
        return b"\x00\x00\x00\x08\x04\xd2\x16\x2f", (b"S", b"N")
    if scheme.startswith(("mysql", "mariadb")):
        return b"", None
    if scheme in ("rabbit", "kombu", "amqp", "pika"):
        return b"AMQP\x00\x00\x09\x01", (b"\x01\x00\x00", b"AMQP")
    return None, None

def ask(server, scheme):
    greeting, expected = hello(scheme)
    try:
        with socket.create_connection(server, timeout=limit) as connection:
            if greeting is None:
                return "open"
            connection.sendall(greeting)
            said = connection.recv(64)
            if not said:
                return "closed"
            if expected is None:
                return "answers" if len(said) > 4 and said[3] == 0 else "other"
            if said.startswith(TLS_ALERT):
                return "wants TLS"
            return "answers" if said.startswith(expected) else "other"
    except socket.gaierror:
        return "unknown name"
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "closed"
    except socket.timeout:
        return "silent"
    except (OSError, ValueError, OverflowError):
        return "unreachable"

found, unread = [], {}
for folder in sys.argv[3:]:
    for at, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(at, name)
            if name.endswith((".conf", ".ini")) and os.path.isfile(path):
                try:
                    found += of_file(path)
                except OSError as error:
                    unread[path] = error.strerror or str(error)
answers = {}

def keep(key):
    answers[key] = ask(key[:2], key[2])

asked = {(server["host"], server["port"], each["scheme"].partition("+")[0])
         for each in found for server in each["servers"] if server["host"]}
threads = [threading.Thread(target=keep, args=(key,), daemon=True) for key in asked]
for thread in threads:
    thread.start()
until = time.monotonic() + 4 * limit
for thread in threads:
    thread.join(max(0, until - time.monotonic()))
for each in found:
    for server in each["servers"]:
        if server["host"]:
            key = (server["host"], server["port"], each["scheme"].partition("+")[0])
            server["answer"] = answers.get(key, "silent")
print(json.dumps({"found": found, "unread": unread}))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.connections", SCRIPT, str(LIMIT_S), *folders(), timeout_s=LIMIT_S * 10),)


def folders() -> tuple[str, ...]:
    """Where configuration files of the catalog's projects lie, and those that Kolla's containers get."""
    catalog = load_catalog()
    return (*(f"/etc/{name}" for name in sorted({*catalog.project_names, *catalog.listed_names})), "/etc/kolla")


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the connections in configuration files"
    answer = json_object_of(results[0], what)
    unread = entry(answer, "unread", dict, what)
    return {
        "found": [_connection(seen, what) for seen in entry(answer, "found", list, what)],
        "unread": {path: entry(unread, path, str, what) for path in unread},
    }


def _connection(seen: JsonValue, what: str) -> JsonValue:
    texts = ("file", "group", "option", "kind", "scheme", "user", "name")
    found = {key: entry(seen, key, str, what) for key in texts}
    if found["kind"] not in (DATABASE, MESSAGING):
        raise ValueError(f"{what} are of an unknown kind")
    servers = [_server(server, what) for server in entry(seen, "servers", list, what)]
    return {**found, "line": entry(seen, "line", int, what), "servers": servers}


def _server(seen: JsonValue, what: str) -> JsonValue:
    host = entry(seen, "host", (str, type(None)), what)
    answer = entry(seen, "answer", (str, type(None)), what)
    if (answer is None) != (host is None) or (answer is not None and answer not in ANSWERS):
        raise ValueError(f"{what} have an unknown answer")
    return {"host": host, "port": entry(seen, "port", (int, type(None)), what), "answer": answer}


FACT = HostFact("host.connections", commands, parse)
