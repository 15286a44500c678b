"""What is set otherwise in the configuration of services than when the cloud was last seen healthy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ostler.diagnosis.changes import Change
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot
from ostler.logs.moments import moment

FACT = "host.settings"
CODE = "diagnosis.settings-differ"
MOST_NAMED = 20

Digests = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Of each option that a host's configuration files set, by host and file: a digest of its value."""


@dataclass(frozen=True)
class Settings:
    """How services were configured at a time (seconds since the epoch); hosts that could not be read are not there."""

    at: float
    digests: Digests


def settings_in(snapshot: Snapshot) -> Settings:
    """How services are configured, as far as it was read."""
    known = {host: snapshot.known(FACT, host) for host in snapshot.cloud.hosts}
    return Settings(
        snapshot.taken_at,
        {
            host: {
                path: {option: set_["digest"] for option, set_ in file["options"].items()}
                for path, file in files.items()
            }
            for host, files in known.items()
            if files is not None
        },
    )


def changed_since(before: Settings, now: Settings) -> tuple[Change, ...]:
    """What is set otherwise now, each at the time of which it is known to have been as it was."""
    return tuple(
        Change(before.at, host, f"since {when(before.at)}: {what} in {path}")
        for host in sorted(before.digests.keys() & now.digests.keys())
        for path in sorted(before.digests[host].keys() | now.digests[host].keys())
        for what in _changes(before.digests[host].get(path), now.digests[host].get(path))
    )


def _changes(before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> Iterator[str]:
    if before is None or now is None:
        yield "everything is new" if before is None else "nothing is left"
        return
    for option in sorted(before.keys() | now.keys()):
        group, _, name = option.rpartition("/")
        if option not in before or option not in now:
            yield f"[{group}] {name} is {'new' if option not in before else 'gone'}"
        elif before[option] != now[option]:
            yield f"[{group}] {name} has another value"


def differing(before: Settings, changes: Sequence[Change]) -> Finding:
    """A note of all that is set otherwise. It is no fault by itself."""
    lines = [f"{each.host}: {each.what.partition(': ')[2]}" for each in changes[:MOST_NAMED]]
    left_out = len(changes) - len(lines)
    return Finding(
        code=CODE,
        severity=Severity.NOTE,
        subject="the configuration of services",
        summary=f"it differs from when the cloud was last seen healthy, {when(before.at)}",
        found=f"{len(changes)} differences" if len(changes) > 1 else "1 difference",
        expected="nothing: see whether what was changed has to do with what is wrong",
        evidence=tuple(chain(lines, [f"and {left_out} more"] if left_out else [])),
        do_next="compare each with the file as it was, from a backup or the saved files of the last run",
    )


def when(at: float) -> str:
    """A time as it is said in findings."""
    day, clock = moment(at)[:16].split("T")
    return f"{day} {clock} UTC"
