"""`ceph.health`: what the monitors of a Ceph cluster say of its health, to a host that has its client and a key.

Value: {answer, status, checks: {CODE: {severity, message, lines, is_muted}}}. `answer` is one of ANSWERS, None where
there is no client or no key; unless it "answers", status is None and there are no checks. `silent`: no monitor answered
in time, so there is no quorum, or no way there. `refused`: the monitors do not take the key. `lines` are at most
MOST_LINES of what Ceph tells in detail.

The form is that of `ceph health detail --format json` since Luminous (`is_muted` since Octopus): ceph/ceph,
src/mon/health_check.h and HealthMonitor.cc; what the client says when it cannot connect was seen with
16.2.15 (2026-11-27).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import NOT_FOUND, TIMED_OUT, entry, excerpt, json_object_of
from ostler.facts.scripts import shell
from ostler.facts.shape import OneOf, shaped

KEYS = "/etc/ceph"
CONNECT_S, ASKED_S = "3", "5"
"""How long the client looks for a monitor, and how long it may take in all."""

MOST_LINES = 8
STATUSES = ("HEALTH_OK", "HEALTH_WARN", "HEALTH_ERR")
ANSWERS = ("answers", "silent", "refused")
NOTHING: Mapping[str, JsonValue] = {"answer": None, "status": None, "checks": {}}
ABSENT, NO_KEY = "absent", "no key"

# A key that is refused may be one of several: another one is tried, unless the first took long.
SCRIPT = """
command -v ceph >/dev/null 2>&1 || { echo absent; exit 0; }
began=$(date +%s) tried= code=0
for keyring in "$1"/*.client.admin.keyring "$1"/*.client.*.keyring; do
  [ -s "$keyring" ] && [ "$keyring" != "$tried" ] || continue
  [ $(($(date +%s) - began)) -lt 2 ] || break
  tried=$keyring name=${keyring##*/} name=${name%.keyring}
  said=$(LC_ALL=C timeout "$3" ceph --cluster "${name%%.client.*}" --name "client.${name#*.client.}" \
    --connect-timeout "$2" health detail --format json)
  code=$?
  [ $code -ne 0 ] || { printf '%s\\n' "$said"; exit 0; }
done
[ -n "$tried" ] || echo "no key"
exit $code
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("ceph.health", SCRIPT, KEYS, CONNECT_S, ASKED_S, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    result, what = results[0], "the health of Ceph"
    if result.exit_code == 0 and result.stdout.strip() in (ABSENT, NO_KEY):
        return {**NOTHING, "checks": {}}
    if answer := _no_answer(result):
        return {**NOTHING, "answer": answer}
    told = json_object_of(result, what)
    checks = entry(told, "checks", dict, what)
    return {
        "answer": "answers",
        "status": shaped(entry(told, "status", str, what), OneOf(STATUSES), what),
        "checks": {code: _check(check, f"{what}, {excerpt(code)}") for code, check in checks.items()},
    }


def _no_answer(result: CommandResult) -> str | None:
    """Why there was no answer; None when there was one, or it is not known why not."""
    if result.exit_code in (0, NOT_FOUND):
        return None
    said = excerpt(result.stderr).lower()  # of the key that was tried last
    if result.exit_code == TIMED_OUT or "timed out" in said or "[errno 110]" in said:
        return "silent"
    is_refused = "error connecting to the cluster" in said and ("[errno 13]" in said or "[errno 1]" in said)
    return "refused" if is_refused else None


def _check(check: object, what: str) -> JsonValue:
    if not isinstance(check, dict):
        raise ValueError(f"{what} is no object: {excerpt(json.dumps(check))}")
    lines = check.get("detail", [])
    if not isinstance(lines, list):
        raise ValueError(f"{what} has details of another form")
    is_muted = check.get("muted", False)
    if not isinstance(is_muted, bool):
        raise ValueError(f"{what} is neither muted nor not: {excerpt(repr(is_muted))}")
    return {
        "severity": shaped(entry(check, "severity", str, what), OneOf(STATUSES), what),
        "message": entry(entry(check, "summary", dict, what), "message", str, what),
        "lines": [entry(line, "message", str, what) for line in lines[:MOST_LINES]],
        "is_muted": is_muted,
    }


FACT = HostFact("ceph.health", commands, parse)
