"""`host.logins`: whether the users that a host's configuration files name are let in by keystone, the databases and the
message brokers. Each is logged in once, as the services themselves do all the time; passwords never leave the host.

Value: a list of {kind, file, group, user, place, answer, says, roles}, in the order of files; the same user at the
same place is told once for each file and group. `kind` is keystone, database or broker; `place` is where it was asked
(host:port, with the database or virtual host behind a slash). `answer` is one of ANSWERS, `says` what was said in
more words ("" when there is nothing to add), `roles` those of a user in keystone, sorted; None of others.

accepted: let in. refused: the place says that user or password are wrong. closed: the user is right, and is not let
into that database, virtual host or project. busy: the place lets nobody in now (too many connections, a database node
outside the cluster, an error of the place's own). unreachable: nothing answers there, or not in time. unclear:
something that is not understood, such as another way to log in.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, excerpt, json_of
from ostler.facts.scripts import python
from ostler.facts.settings_script import READING, project_folders

LIMIT_S = 5.0
ANSWERS = ("accepted", "refused", "closed", "busy", "unreachable", "unclear")
LOGIN_KINDS = ("keystone", "database", "broker")

SCRIPT = (
    READING
    + r"""
import http.client, socket, ssl, struct, threading, time
from urllib.parse import unquote, urlsplit
limit = float(sys.argv[2])

def failed(error):
    if isinstance(error, ConnectionRefusedError):
        return "unreachable", "the connection was refused", None
    if isinstance(error, socket.timeout):
        return "unreachable", "no answer in time", None
    if isinstance(error, socket.gaierror):
        return "unreachable", "the name is not known", None
    return "unreachable", str(getattr(error, "strerror", None) or error)[:120], None

def ask_keystone(url, user, password, values):
    # values: project, its domain, the user's domain
    at = urlsplit(url)
    secure = at.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    options = {"context": ssl._create_unverified_context()} if secure else {}
    connection = make(at.hostname, at.port or (443 if secure else 80), timeout=limit, **options)
    project, project_domain, user_domain = values
    login = {"identity": {"methods": ["password"], "password": {"user": {
        "name": user, "password": password, "domain": user_domain}}}}
    if project:
        login["scope"] = {"project": {"name": project, "domain": project_domain}}
    path = at.path.rstrip("/")
    path += "" if path.endswith("/v3") else "/v3"
    connection.request("POST", path + "/auth/tokens?nocatalog", json.dumps({"auth": login}),
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read(1 << 20)
    connection.close()
    if answer.status == 201:
        roles = [role["name"] for role in json.loads(body.decode())["token"].get("roles", [])]
        return "accepted", "", sorted(roles)
    known = {401: "refused", 403: "closed"}
    return known.get(answer.status, "busy"), "HTTP status %d" % answer.status, None

def exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise OSError("the connection was closed")
        data += more
    return data

def packet(connection):
    head = exactly(connection, 4)
    return head[3], exactly(connection, head[0] | head[1] << 8 | head[2] << 16)

def scrambled(password, salt):
    if not password:
        return b""
    one = hashlib.sha1(password.encode()).digest()
    two = hashlib.sha1(salt + hashlib.sha1(one).digest()).digest()
    return bytes(a ^ b for a, b in zip(one, two))

def ask_database(host, port, user, password, name):
    with socket.create_connection((host, port), timeout=limit) as connection:
        connection.settimeout(limit)
        _, hello = packet(connection)
        if hello[:1] == b"\xff":
            return of_error(hello)
        if hello[:1] != b"\x0a":
            return "unclear", "it is no MySQL", None
        rest = hello[hello.index(b"\0", 1) + 1:]
        salt = rest[4:12] + rest[31:43]
        flags = 0x1 | 0x200 | 0x8000 | 0x80000 | (0x8 if name else 0)
        token = scrambled(password, salt)
        body = struct.pack("<IIB23x", flags, 1 << 24, 33) + user.encode() + b"\0" + bytes([len(token)]) + token
        body += (name.encode() + b"\0" if name else b"") + b"mysql_native_password\0"
        connection.sendall(struct.pack("<I", len(body))[:3] + b"\1" + body)
        number, answer = packet(connection)
        if answer[:1] == b"\xfe":
            plugin, _, salt = answer[1:].partition(b"\0")
            if plugin != b"mysql_native_password":
                return "unclear", "it wants the login %s" % plugin.decode(errors="replace")[:40], None
            token = scrambled(password, salt[:20])
            connection.sendall(struct.pack("<I", len(token))[:3] + bytes([number + 1]) + token)
            number, answer = packet(connection)
        if answer[:1] == b"\xff":
            return of_error(answer)
        connection.sendall(b"\1\0\0\0\1")
        return ("accepted" if answer[:1] == b"\0" else "unclear"), "", None

def of_error(answer):
    code = answer[1] | answer[2] << 8
    kind = {1045: "refused", 1698: "refused", 1044: "closed", 1049: "closed"}.get(code, "busy")
    said = {1045: "user or password is wrong", 1698: "user or password is wrong",
            1044: "it may not use this database", 1049: "there is no such database",
            1040: "too many connections", 1203: "too many connections of this user",
            1047: "this node is not in the cluster", 1129: "this host is blocked", 1130: "this host may not connect"}
    return kind, said.get(code, "error %d" % code), None

def frame(connection):
    kind, channel, size = struct.unpack(">BHI", exactly(connection, 7))
    body = exactly(connection, size + 1)
    return struct.unpack(">HH", body[:4]), body[4:-1]

def method(connection, group, number, body):
    body = struct.pack(">HH", group, number) + body
    connection.sendall(struct.pack(">BHI", 1, 0, len(body)) + body + b"\xce")

def ask_broker(host, port, user, password, name, secure):
    with socket.create_connection((host, port), timeout=limit) as plain:
        plain.settimeout(limit)
        connection = ssl._create_unverified_context().wrap_socket(plain) if secure else plain
        connection.sendall(b"AMQP\0\0\x09\1")
        said, _ = frame(connection)
        if said != (10, 10):
            return "unclear", "it is no AMQP 0-9-1", None
        short = b"authentication_failure_close"
        able = bytes([len(short)]) + short + b"t\1"
        able = b"\x0ccapabilitiesF" + struct.pack(">I", len(able)) + able
        login = b"\0" + user.encode() + b"\0" + password.encode()
        method(connection, 10, 11, struct.pack(">I", len(able)) + able + b"\5PLAIN" + struct.pack(">I", len(login))
               + login + b"\5en_US")
        said, body = frame(connection)
        if said == (10, 50):
            return "refused", "user or password is wrong", None
        if said != (10, 30):
            return "unclear", "", None
        method(connection, 10, 31, body[:8])
        vhost = name.encode()
        method(connection, 10, 40, bytes([len(vhost)]) + vhost + b"\0\0")
        said, body = frame(connection)
        if said == (10, 50):
            return "closed", "it may not use this virtual host", None
        method(connection, 10, 50, b"\0\xc8\3bye\0\0\0\0")
        frame(connection)
        return "accepted", "", None

def domain(values, kind):
    if kind + "_domain_id" in values:
        return {"id": values[kind + "_domain_id"]}
    return {"name": values.get(kind + "_domain_name", values.get("default_domain_name", "Default"))}

def keystone_logins(groups):
    for group, values in groups.items():
        url, user, password = values.get("auth_url"), values.get("username"), values.get("password")
        if not url or not user or password is None or "$" in url + user:
            continue
        rest = (values.get("project_name"), domain(values, "project"), domain(values, "user"))
        yield group, user, urlsplit(url).netloc, ("keystone", url, user, password, json.dumps(rest))

def url_logins(groups):
    for group, values in groups.items():
        for name, value in values.items():
            seen = re.match(r"(mysql|mariadb|rabbit|kombu)(\+\w+)?://(.*)$", value, re.DOTALL)
            if not seen or "$" in value:
                continue
            if seen.group(1) in ("mysql", "mariadb"):
                at = urlsplit(value)
                database = at.path.lstrip("/")
                user, password = unquote(at.username or ""), unquote(at.password or "")
                place = "%s:%d/%s" % (at.hostname, at.port or 3306, database)
                yield group, user, place, ("database", at.hostname, at.port or 3306, user, password, database)
                continue
            logins, _, last = seen.group(3).rpartition("@")
            last, _, vhost = last.partition("?")[0].partition("/")
            servers = logins + "@" + last
            for server in servers.split(","):
                login, _, where = server.rpartition("@")
                user, _, password = login.partition(":")
                host, _, port = where.rpartition(":")
                host, port = (host, port) if port.isdigit() else (where, "5672")
                secure = values.get("ssl") in ("true", "True") or port == "5671"
                yield (group, unquote(user), "%s:%s/%s" % (host, port, vhost),
                       ("broker", host.strip("[]"), int(port), unquote(user), unquote(password),
                        unquote(vhost) or "/", secure))

found, answers = [], {}
for folder in sys.argv[3:]:
    for path in files_below(folder):
        groups = {}
        for _, group, name, value in options_of(text_of(path))[0]:
            groups.setdefault(group, {})[name.replace("-", "_")] = value
        try:
            found += [(path,) + each for kind in (keystone_logins, url_logins) for each in kind(groups)]
        except ValueError:
            continue

def ask(key):
    try:
        if key[0] == "keystone":
            project, project_domain, user_domain = json.loads(key[4])
            answers[key] = ask_keystone(key[1], key[2], key[3], (project, project_domain, user_domain))
        else:
            answers[key] = {"database": ask_database, "broker": ask_broker}[key[0]](*key[1:])
    except (OSError, http.client.HTTPException) as error:
        answers[key] = failed(error)
    except (ValueError, KeyError, IndexError, struct.error, TypeError):
        answers[key] = ("unclear", "the answer is not understood", None)

threads = [threading.Thread(target=ask, args=(key,), daemon=True) for key in {each[4] for each in found}]
for thread in threads:
    thread.start()
until = time.monotonic() + limit + 1
for thread in threads:
    thread.join(max(0, until - time.monotonic()))
silent = ("unreachable", "no answer in time", None)
print(json.dumps([[key[0], path, group, user, place] + list(answers.get(key, silent))
                  for path, group, user, place, key in found]))
"""
)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.logins", SCRIPT, str(LIMIT_S), *project_folders(), timeout_s=LIMIT_S + 4),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the logins of services"
    answer = json_of(results[0], what)
    if not isinstance(answer, list):
        raise ValueError(f"{what} are no list")
    return [_login(seen, what) for seen in answer]


def _login(seen: object, what: str) -> JsonValue:
    names = ("kind", "file", "group", "user", "place", "answer", "says", "roles")
    if not isinstance(seen, list) or len(seen) != len(names):
        raise ValueError(f"{what} have one of another form: {excerpt(repr(seen))}")
    row = dict(zip(names, seen, strict=True))
    found = {name: entry(row, name, str, what) for name in names[:-1]}
    roles = entry(row, "roles", (list, type(None)), what)
    if found["kind"] not in LOGIN_KINDS or found["answer"] not in ANSWERS:
        raise ValueError(f"{what} have an unknown answer: {excerpt(repr(seen))}")
    if roles is not None and not all(isinstance(role, str) for role in roles):
        raise ValueError(f"{what} have a role that is no text")
    return {**found, "roles": roles}


FACT = HostFact("host.logins", commands, parse)
