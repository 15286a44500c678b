"""One thing that was logged, with its traceback: the fields are taken out of the bytes when somebody asks for them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from ostler.logs.frames import Frame, frames_in


class Level(IntEnum):
    """How grave an event is, whatever words its log has for it."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


@dataclass(frozen=True)
class LogFile:
    """A log, and whose it is as its place says: parts that nobody can tell from it are empty.

    ``path`` is where it lies, ``name`` how it is shown (relative to what was asked for); ``project`` is an OpenStack
    project or a part of the infrastructure (`mariadb`), ``service`` what wrote it (`nova-api`); ``size_bytes`` and
    ``changed_at`` (seconds since the epoch) are those of the file as it lies there. ``is_part`` says that it was made
    of another one, such as the journal: places in it lead nowhere. ``left_out`` is None for a log that lies here as it
    was written; of one that was picked out on its host it says where lines are missing.
    """

    path: str
    name: str
    host: str = ""
    project: str = ""
    service: str = ""
    size_bytes: int = 0
    changed_at: float = 0.0
    is_part: bool = False
    left_out: tuple[LeftOut, ...] | None = None

    def there(self, offset: int, line: int) -> tuple[int, int]:
        """The same place in the log as its host has it; ``line`` is 0 where nobody counted."""
        missing = self.left_out or ()
        at = bisect_right(missing, offset, key=lambda each: each.offset)
        if not at:
            return offset, line
        before = missing[at - 1]
        return offset + before.bytes, line + before.lines if line and before.lines is not None else 0


@dataclass(frozen=True)
class LeftOut:
    """From ``offset`` of what was picked out of a log on: how many bytes and lines before it are not here (None: nobody
    counted the lines)."""

    offset: int
    bytes: int
    lines: int | None


@dataclass(slots=True)
class Details:
    """The fields of one event. ``text`` is what was said, without what stands before it and with its traceback.

    ``module`` is the logger's name; ``request`` the id of the request it belongs to, ``global_request`` the one it was
    given by its caller; ``instance`` the server it is about. ``host`` and ``service`` are those an envelope names
    (syslog, the journal), empty where only the file's place tells. ``status`` and ``duration_s`` are of an answered
    HTTP request. Nobody changes them; they are not frozen because that takes time, and they are made for every line.
    """

    text: str
    module: str = ""
    pid: int | None = None
    request: str | None = None
    global_request: str | None = None
    user: str | None = None
    tenant: str | None = None
    instance: str | None = None
    host: str = ""
    service: str = ""
    status: int | None = None
    duration_s: float | None = None


class Shape(Protocol):
    """What an event needs of the format of its log."""

    @property
    def name(self) -> str: ...

    @property
    def details(self) -> Callable[[bytes], Details]: ...


@dataclass(slots=True, eq=False)
class Event:
    """Something that was logged.

    ``time`` is seconds since the epoch: corrected by what is known of the host's clock once the timeline did so. A log
    without a time zone is taken as UTC until then. ``offset`` is the place of its first byte in the unpacked log,
    ``line`` the number of its first line there, 0 when the reading began further on and nobody counted; of a log that
    was picked out on a host, in the one there.
    ``is_whole`` is False for one that was too long and was cut.
    """

    time: float
    level: Level
    shape: Shape
    log: LogFile
    offset: int
    line: int
    raw: bytes
    is_whole: bool = True
    _details: Details | None = field(default=None, repr=False)

    @property
    def details(self) -> Details:
        """All fields at once."""
        if self._details is None:
            self._details = self.shape.details(self.raw)
        return self._details

    @property
    def host(self) -> str:
        return self.log.host or self.details.host

    @property
    def file(self) -> str:
        """What it stands in: of a host that was asked the file there, or its journal and the unit that said it."""
        if self.log.left_out is None:
            return self.log.name
        return f"journal of {self.service}" if self.log.is_part else f"/{self.log.name.partition('/')[2]}"

    @property
    def service(self) -> str:
        return self.details.service or self.log.service

    @property
    def project(self) -> str:
        """The OpenStack project, or the part of the infrastructure, that wrote it."""
        if self.log.project or not self.details.service:
            return self.log.project
        return self.details.service.partition("-")[0]

    @property
    def module(self) -> str:
        return self.details.module

    @property
    def request(self) -> str | None:
        return self.details.request

    @property
    def global_request(self) -> str | None:
        return self.details.global_request

    @property
    def instance(self) -> str | None:
        return self.details.instance

    @property
    def text(self) -> str:
        return self.details.text

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frames of its traceback, the outermost first; empty when there is none."""
        return frames_in(self.details.text)
