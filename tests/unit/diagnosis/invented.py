"""Logs of a small cloud that never was: a volume is asked for, created, and something may go wrong."""

from __future__ import annotations

from pathlib import Path

from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.model import Diagnosis
from ostler.diagnosis.observing import observe
from ostler.diagnosis.of_logs import diagnose_logs
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

ASKED = "req-11111111-1111-1111-1111-111111111111"
LISTED = "req-22222222-2222-2222-2222-222222222222"
FRAME = '  File "/usr/lib/python3.11/site-packages/{file}", line {line}, in {function}\n    {source}'


def line(clock: str, level: str, module: str, text: str, request: str | None = None) -> str:
    """One line of oslo.log."""
    context = f"[{request} u p - default default] " if request else "[-] "
    return f"2026-01-15 {clock} 77 {level} {module} {context}{text}\n"


def answered(clock: str, project: str, what: str, status: int, request: str) -> str:
    """One answer of an API."""
    text = f'192.0.2.9 "{what} HTTP/1.1" status: {status}  len: 300 time: 0.1000000'
    return line(
        clock, "INFO", f"{'nova.osapi_compute' if project == 'nova' else 'eventlet'}.wsgi.server", text, request
    )


def traceback(clock: str, module: str, said: str, frames: list[tuple[str, str, str]], raised: str, request: str) -> str:
    """An error with a traceback; each frame is file, function and source line."""
    lines = ["Traceback (most recent call last):"]
    for at, (file, function, source) in enumerate(frames):
        lines += FRAME.format(file=file, line=100 + at, function=function, source=source).split("\n")
    lines.append(raised)
    first = line(clock, "ERROR", module, said, request)
    return first + "".join(f"2026-01-15 {clock} 77 ERROR {module} {each}\n" for each in lines)


def write_logs(where: Path, *, volume: str = "", api: str = "", is_created: bool = True) -> Path:
    """A folder of logs of cinder: `volume` and `api` are added to the logs of the daemon and of the API."""
    folder = where / "logs" / "cinder"
    folder.mkdir(parents=True)
    lists = "".join(answered(f"10:0{at}:00.000", "cinder", "GET /v3/volumes/detail", 200, LISTED) for at in range(9))
    missing = answered("10:00:30.000", "cinder", "GET /v3/volumes/no-such-name", 404, LISTED)
    asked = answered("10:00:40.000", "cinder", "POST /v3/volumes", 202, ASKED)
    parts = sorted((lists + missing + asked).splitlines(keepends=True))
    (folder / "cinder-api.log").write_text("".join(parts) + api)
    done = line("10:00:55.000", "INFO", "cinder.volume.manager", "Created volume successfully.", ASKED)
    (folder / "cinder-volume.log").write_text(
        line("10:00:02.000", "INFO", "cinder.volume.manager", "Driver initialization completed successfully.")
        + (done if is_created else "")
        + volume
    )
    return where / "logs"


def judged_logs(folder: Path) -> Diagnosis:
    """What is said of a folder of logs, as `ostler diagnose --logs` does."""
    tally = Tally()
    seen = observe(in_order(open_folder(folder, tally), Wanted(Level.INFO), tally), knowledge())
    return diagnose_logs(seen, knowledge(), unread=[problem.log.name for problem in tally.problems])
