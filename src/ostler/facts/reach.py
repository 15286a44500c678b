"""`host.reach`: which of the cloud's hosts a host can reach, and what it listens on.

Value: {listening: TCP ports that others can connect to, as texts, sorted; peers: {name: {sent, answered, lost_percent,
arriving_lost_percent, ports: {port: answer}}}}. Peers are the other hosts of the cloud, `vip`, and the host itself with
all ports that others need, so that a way that is shut can be told from a service that is. `sent` echo requests
went out and `answered` came back; `lost_percent` is what went missing on the way there or back (None: none could be
sent, or none of a peer's came back, which says more of a filter than of a loss). `arriving_lost_percent` is what went
missing on the way from there to here alone: all hosts are asked at the same time, number their requests, and see which
of the other's do not arrive (None: too few did to tell). Of `ports`, those that are needed between the two, `answer` is
one of ANSWERS.

A connection is opened and closed at once. The database's port is left out: its server counts such connections and shuts
a host out that has opened too many. Beyond MOST_PEERS hosts, those that run no infrastructure are looked at by their
neighbours in the cloud file only.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.answers import apis_of
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import ByName, OneOf, shaped

LISTEN_S = 2.5
"""How long requests are sent: hosts are not asked at quite the same moment, and must overlap."""
CONNECT_S = 3.5
"""Long enough for a second and a third attempt of the kernel, after one and three seconds."""
MOST_PEERS = 40
FEWEST_TO_TELL = 10
AMQP, EPMD, ERLANG, GALERA, MEMCACHED = 5672, 4369, 25672, 4567, 11211
ANSWERS = ("open", "refused", "silent", "unreachable")
VIP = "vip"

SCRIPT = r"""
import errno, json, os, select, socket, struct, sys, time

own, seconds, limit, told = sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), sys.argv[5:]
peers = [(name, address, [int(port) for port in ports.split()])
         for name, address, ports in zip(told[::3], told[1::3], told[2::3])]
MAGIC, EVERY = b"ostler-reach", 0.04
ident, run = os.getpid() & 0xffff, os.urandom(4)

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff

def request(number):
    body = MAGIC + run
    head = struct.pack("!BBHHH", 8, 0, 0, ident, number)
    return struct.pack("!BBHHH", 8, 0, checksum(head + body), ident, number) + body

def listening():
    found = set()
    for kind, every in (("tcp", "00000000"), ("tcp6", "0" * 32)):
        try:
            lines = open("/proc/net/" + kind).read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            address, port = line.split()[1].split(":")
            mine = kind == "tcp" and ":" not in own and address == socket.inet_aton(own)[::-1].hex().upper()
            if line.split()[3] == "0A" and (address == every or mine or kind == "tcp6" and address[-2:] != "01"):
                found.add(int(port, 16))
    return sorted(found)

try:
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    icmp.setblocking(False)
except OSError:
    icmp = None
sent = {peer[1]: 0 for peer in peers}
answered = {peer[1]: set() for peer in peers}
heard = {peer[1]: {} for peer in peers}
answer = {peer[0]: {} for peer in peers}

poll, open_ports = select.poll(), {}

def done(handle, word):
    name, port, connection = open_ports.pop(handle)
    poll.unregister(handle)
    connection.close()
    answer[name][port] = word

WORDS = {0: "open", errno.ECONNREFUSED: "refused", errno.ECONNRESET: "refused", errno.ETIMEDOUT: "silent"}
for name, address, ports in peers:
    for port in ports:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        code = connection.connect_ex((address, port))
        if code in (0, errno.EINPROGRESS):
            open_ports[connection.fileno()] = (name, port, connection)
            poll.register(connection, select.POLLOUT)
        else:
            connection.close()
            answer[name][port] = WORDS.get(code, "unreachable")
if icmp:
    poll.register(icmp, select.POLLIN)
began = now = time.monotonic()
number = 0
while now < began + max(limit, seconds + 0.6):
    if not open_ports and (icmp is None or now > began + seconds + 0.6):
        break
    if icmp and now < began + seconds and now >= began + number * EVERY:
        for _, address, _ in peers:
            if ":" in address:
                continue
            try:
                icmp.sendto(request(number), (address, 0))
                sent[address] += 1
            except OSError:
                sent[address] += 1
        number += 1
    for handle, _ in poll.poll(10):
        if handle in open_ports:
            code = open_ports[handle][2].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            done(handle, WORDS.get(code, "unreachable"))
            continue
        for _ in range(500):
            try:
                packet, (source, _) = icmp.recvfrom(200)
            except OSError:
                break
            body = packet[(packet[0] & 15) * 4:]
            if source not in sent or len(body) < 24 or body[8:20] != MAGIC:
                continue
            kind, _, _, whose, which = struct.unpack("!BBHHH", body[:8])
            if kind == 0 and whose == ident and body[20:24] == run:
                answered[source].add(which)
            elif kind == 8 and body[20:24] != run:
                heard[source].setdefault(body[20:24], set()).add(which)
    now = time.monotonic()
for handle in list(open_ports):
    done(handle, "silent")
result = {}
for name, address, _ in peers:
    numbers = max(heard[address].values(), key=len) if heard[address] else set()
    result[name] = {"sent": sent[address], "answered": len(answered[address]), "heard": len(numbers),
                    "heard_of": max(numbers) - min(numbers) + 1 if numbers else 0, "ports": answer[name]}
print(json.dumps({"listening": listening(), "peers": result}))
"""

COUNTED = {"sent": int, "answered": int, "heard": int, "heard_of": int, "ports": ByName(OneOf(ANSWERS))}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    host = str(request.host)
    peers = [(name, cloud.host(name).address, needed_ports(cloud, host, name)) for name in peers_of(cloud, host)]
    by_others = {port for other in cloud.hosts for port in needed_ports(cloud, other, host)}
    peers.append((host, cloud.host(host).address, sorted(by_others)))
    if cloud.load_balancer is not None:
        peers.append((VIP, cloud.load_balancer.vip, api_ports(cloud)))
    own = cloud.host(host).address
    told = [word for name, address, ports in peers for word in (name, address, " ".join(map(str, ports)))]
    return (python("host.reach", SCRIPT, own, str(LISTEN_S), str(CONNECT_S), *told, timeout_s=10),)


def peers_of(cloud: Cloud, host: str) -> list[str]:
    """Return the hosts that a host is to reach: all, or in a large cloud those with infrastructure and neighbours."""
    names = list(cloud.hosts)
    at = names.index(host)
    others = names[at + 1 :] + names[:at]
    infrastructure = {*cloud.databases.hosts, *cloud.messaging.hosts, *_balancers(cloud)}
    return sorted(others, key=lambda name: name not in infrastructure)[:MOST_PEERS]


def needed_ports(cloud: Cloud, host: str, peer: str) -> list[int]:
    """Return the TCP ports of a peer that what runs on a host needs."""
    ports: set[int] = set()
    if peer in cloud.messaging.hosts:
        ports |= {AMQP, *((EPMD, ERLANG) if host in cloud.messaging.hosts else ())}
    if cloud.databases.is_galera and host in cloud.databases.hosts and peer in cloud.databases.hosts:
        ports.add(GALERA)
    if all("controller" in cloud.host(name).roles for name in (host, peer)):
        ports.add(MEMCACHED)
    if host in _balancers(cloud):
        ports |= {api.port for api in apis_of(cloud, peer).values()}
    return sorted(ports)


def api_ports(cloud: Cloud) -> list[int]:
    """Return the ports of all APIs of the cloud's release."""
    return sorted({api.port for host in cloud.hosts for api in apis_of(cloud, host).values()})


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what the host reaches"
    told = shaped(json_object_of(results[0], what), {"listening": [int], "peers": ByName(COUNTED)}, what)
    listening = [str(port) for port in sorted(set(told["listening"]))]
    return {"listening": listening, "peers": {name: _peer(seen) for name, seen in told["peers"].items()}}


def _peer(seen: JsonValue) -> JsonValue:
    sent, answered, heard, heard_of = (seen[key] for key in ("sent", "answered", "heard", "heard_of"))
    return {
        "sent": sent,
        "answered": answered,
        "lost_percent": _percent(sent - answered, sent) if sent > 0 and answered > 0 else None,
        "arriving_lost_percent": _percent(heard_of - heard, heard_of) if heard_of >= FEWEST_TO_TELL else None,
        "ports": seen["ports"],
    }


def _percent(part: int, whole: int) -> int:
    return max(0, min(100, round(100 * part / whole)))


def _balancers(cloud: Cloud) -> tuple[str, ...]:
    return cloud.load_balancer.hosts if cloud.load_balancer else ()


FACT = HostFact("host.reach", commands, parse)
