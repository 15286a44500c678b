"""The kernel's own log, as `dmesg` prints it and sosreports hold it: since the start of the host, or with -T or -x.

    [12345.678901] Out of memory: Killed process 1234 (mysqld) total-vm:1kB …
    [Thu Jan 15 10:05:48 2026] EXT4-fs (sda1): Remounting filesystem read-only
    kern  :err   : [12345.678901] blk_update_request: I/O error, dev sda, sector 2048

Seconds since the start are no time: `since_boot` estimates when that was, log by log. Without a level the words are
judged as in syslog.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ostler.logs.event import Details, Level
from ostler.logs.formats import syslog
from ostler.logs.formats.format import Format, said
from ostler.logs.moments import weekday_first

LEVELS = {
    b"emerg": Level.CRITICAL,
    b"alert": Level.CRITICAL,
    b"crit": Level.CRITICAL,
    b"err": Level.ERROR,
    b"warn": Level.WARNING,
    b"notice": Level.INFO,
    b"info": Level.INFO,
    b"debug": Level.DEBUG,
}
_BEFORE = rb"(?:<\d{1,3}>)?(?:[a-z]{3,8} {0,5}:(?P<level>[a-z]{3,6}) {0,3}: )?"
SECONDS = rb" {0,11}\d{1,10}\.\d{6}"
_TIME = SECONDS + rb"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
_CALLER = rb"(?:\[ {0,8}[TC]\d{1,10}\])?"
_LINE = re.compile(_BEFORE + rb"\[(?:" + _TIME + rb")\]" + _CALLER + rb" ")


def details(raw: bytes) -> Details:
    """The fields of an event."""
    line = _LINE.match(raw)
    return Details(said(raw[line.end() :] if line else raw), module="kernel")


def moment_since(boot: float | None) -> Callable[[bytes, float], float | None]:
    """What reads the times of a log of a host that started at ``boot``; None: nobody knows when."""

    def moment(stamp: bytes, near: float) -> float | None:
        if b":" in stamp:
            return weekday_first(stamp, near)
        return None if boot is None else boot + float(stamp)

    return moment


FORMAT = Format(
    name="dmesg",
    begin=re.compile(rb"\n" + _BEFORE + rb"\[(?P<time>" + _TIME + rb")\]" + _CALLER + rb" "),
    levels=LEVELS,
    moment=moment_since(None),
    details=details,
    judge=syslog.judge,
)
