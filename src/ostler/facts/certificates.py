"""`host.certificates`: the certificates that infrastructure on a host is told to use, and when they end.

Value: {path: {used_by, ends_at: seconds since the epoch, problem}}: `problem` is "missing", "no certificate", or None;
`ends_at` is None when there is a problem. Found are those that haproxy.cfg, the databases', RabbitMQ's and libvirt's
configuration name; keys are never read. Of a file with several certificates the one that ends first counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import MAYBE_NUMBER, NOTHING, ByName, OneOf, shaped

SCRIPT = r"""
import calendar, glob, json, os, re, subprocess, sys, time

SOURCES = (
    ("haproxy", "/etc/haproxy/*.cfg", r"\s(?:crt|ca-file)\s+(/\S+)"),
    ("mariadb", "/etc/mysql/**/*.cnf", r"^\s*ssl[_-](?:cert|ca)\s*=\s*(/\S+)"),
    ("mariadb", "/etc/my.cnf.d/*.cnf", r"^\s*ssl[_-](?:cert|ca)\s*=\s*(/\S+)"),
    ("rabbitmq-server", "/etc/rabbitmq/rabbitmq.conf", r"^\s*ssl_options\.(?:certfile|cacertfile)\s*=\s*(/\S+)"),
    ("libvirtd", "/etc/libvirt/*.conf", r"^\s*(?:cert_file|ca_file)\s*=\s*\"?(/[^\s\"]+)"),
    ("apache2", "/etc/apache2/sites-enabled/*.conf", r"^\s*SSLCertificateFile\s+\"?(/[^\s\"]+)"),
    ("apache2", "/etc/httpd/conf.d/*.conf", r"^\s*SSLCertificateFile\s+\"?(/[^\s\"]+)"),
)
BLOCK = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.*?-----END (?:TRUSTED )?CERTIFICATE-----", re.DOTALL)
MOST = 40

def text(path):
    try:
        with open(path, errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return None

def ends_at(block):
    argv = ["openssl", "x509", "-noout", "-enddate"]
    done = subprocess.run(argv, input=block.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=3)
    told = done.stdout.decode().partition("=")[2].strip()
    return calendar.timegm(time.strptime(told, "%b %d %H:%M:%S %Y %Z")) if told else None

found = {}
for used_by, pattern, expression in SOURCES:
    for configuration in glob.glob(pattern, recursive=True):
        for path in re.findall(expression, text(configuration) or "", re.MULTILINE):
            inside = sorted(glob.glob(path + "/*.pem")) if os.path.isdir(path) else [path]
            for each in inside[:MOST - len(found)]:
                found[each] = used_by
answer = {}
for path, used_by in found.items():
    told = text(path)
    ends = [end for block in BLOCK.findall(told or "")[:5] for end in [ends_at(block)] if end]
    problem = "missing" if told is None else None if ends else "no certificate"
    answer[path] = {"used_by": used_by, "ends_at": min(ends) if ends else None, "problem": problem}
print(json.dumps(answer))
"""

ONE = {"used_by": str, "ends_at": MAYBE_NUMBER, "problem": (str, NOTHING)}
PROBLEMS = ("missing", "no certificate")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.certificates", SCRIPT, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the certificates of the host"
    told = shaped(json_object_of(results[0], what), ByName(ONE), what)
    for path, one in told.items():
        if one["problem"] is not None:
            shaped(one["problem"], OneOf(PROBLEMS), f"{what}, {path}")
    return told


FACT = HostFact("host.certificates", commands, parse)
