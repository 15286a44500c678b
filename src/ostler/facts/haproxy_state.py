"""`haproxy.state`: how one load balancer is, and where it sends requests; how servers are is `haproxy.servers`.

Value: {answer, connections, connection_limit, servers: {backend: {server: {address, port, check_port}}}}. `answer` is
"answers"; "no socket": its runtime socket is not there; "gone": the socket is there and nobody listens on it; or
"silent". Unless it answers, all else is None or empty. `check_port` is the port that is asked whether the server is
well, when it is another than `port`, else None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of
from ostler.facts.scripts import python

ANSWERS = ("answers", "no socket", "gone", "silent")

SCRIPT = r"""
import socket, sys
said = b""
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(4)
    try:
        connection.connect(sys.argv[2])
        connection.sendall(b"show info;show servers state\n")
        for block in iter(lambda: connection.recv(65536), b""):
            said += block
        print("answers" if said else "silent")
    except FileNotFoundError:
        print("no socket")
    except socket.timeout:
        print("silent")
    except OSError:
        print("gone")
sys.stdout.write(said.decode(errors="replace"))
"""

NEEDED = ("be_name", "srv_name", "srv_addr", "srv_port")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError when the cloud has no load balancer."""
    if cloud.load_balancer is None:
        raise ValueError("the cloud file names no load balancer")
    return (python("haproxy.state", SCRIPT, cloud.load_balancer.socket, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer, _, told = text_of(results[0], "the load balancer").partition("\n")
    if answer not in ANSWERS:
        raise ValueError(f"the load balancer is in a state that is not known: {excerpt(answer) or 'none'}")
    if answer != "answers":
        return {"answer": answer, "connections": None, "connection_limit": None, "servers": {}}
    lines = told.splitlines()
    info = {key: value.strip() for key, colon, value in (line.partition(":") for line in lines) if colon}
    return {
        "answer": answer,
        "connections": integer(info.get("CurrConns"), "the connections of the load balancer"),
        "connection_limit": integer(info.get("Maxconn"), "the limit of connections of the load balancer"),
        "servers": _servers(lines),
    }


def _servers(lines: Sequence[str]) -> JsonValue:
    heading = next((line for line in lines if line.startswith("# be_id ")), None)
    if heading is None:
        raise ValueError("the load balancer does not tell the state of its servers")
    columns = heading[2:].split()
    found: dict[str, dict[str, JsonValue]] = {}
    for line in lines[lines.index(heading) + 1 :]:
        row = dict(zip(columns, line.split(), strict=False))
        if not line.strip():
            continue
        if any(column not in row for column in NEEDED):
            raise ValueError(f"the load balancer tells of a server in another form: {excerpt(line)}")
        found.setdefault(row["be_name"], {})[row["srv_name"]] = _server(row)
    return found


def _server(row: Mapping[str, str]) -> JsonValue:
    name = f"{row['be_name']}/{row['srv_name']}"
    port = integer(row["srv_port"], f"the port of {name}")
    asked = integer(row.get("srv_check_port", "0").replace("-", "0") or "0", f"the checked port of {name}")
    return {"address": row["srv_addr"], "port": port, "check_port": asked if asked not in (0, port) else None}


FACT = HostFact("haproxy.state", commands, parse)
