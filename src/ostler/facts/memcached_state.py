"""`memcached.state`: how memcached on a host is, beyond whether it is up.

Value: {answer, connections, connection_limit, refused: connections it could not take since it began}. `answer` is
"answers"; "silent": it takes connections and says nothing; "refused": nobody listens; or "unreachable". Unless it
answers, all else is None.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.memcached import PORT
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of
from ostler.facts.scripts import python

ANSWERS = ("answers", "silent", "refused", "unreachable")

SCRIPT = r"""
import socket, sys

def ask(host):
    try:
        with socket.create_connection((host, int(sys.argv[2])), timeout=3) as connection:
            connection.sendall(b"stats\r\n")
            said = b""
            while not said.endswith(b"END\r\n"):
                block = connection.recv(65536)
                if not block:
                    return "silent", said
                said += block
            return "answers", said
    except socket.timeout:
        return "silent", b""
    except ConnectionRefusedError:
        return "refused", b""
    except OSError:
        return "unreachable", b""

answer, said = ask(sys.argv[3])
if answer in ("refused", "unreachable"):
    here, said = ask("127.0.0.1")
    answer = here if here in ("answers", "silent") else answer
print(answer)
sys.stdout.write(said.decode(errors="replace"))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("memcached.state", SCRIPT, str(PORT), cloud.host(str(request.host)).address, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer, _, told = text_of(results[0], "memcached").partition("\n")
    if answer not in ANSWERS:
        raise ValueError(f"memcached is in a state that is not known: {excerpt(answer) or 'none'}")
    if answer != "answers":
        return {"answer": answer, "connections": None, "connection_limit": None, "refused": None}
    said = {words[1]: words[2] for line in told.splitlines() if len(words := line.split()) == 3 and words[0] == "STAT"}
    return {
        "answer": answer,
        "connections": integer(said.get("curr_connections"), "the number of connections to memcached"),
        "connection_limit": integer(said.get("max_connections"), "the limit of connections to memcached"),
        "refused": integer(said.get("rejected_connections", "0"), "the connections that memcached refused"),
    }


FACT = HostFact("memcached.state", commands, parse)
