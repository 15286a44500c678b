"""Answers of APIs count whoever logs them: Apache, uWSGI, a load balancer."""

from __future__ import annotations

from pathlib import Path

import pytest
from invented import judged_logs, line

from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.model import Diagnosis, Verdict
from ostler.diagnosis.observing import Seen, observe
from ostler.logs.answers import Answered, answer_in
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

NO_SERVER = "-1/-1/-1/-1/0"
FILES = {"apache": "apache2/nova-api_access.log", "uwsgi": "nova/nova-api.log", "haproxy": "haproxy/haproxy.log"}


def told(by: str, clock: str, method: str, path: str, status: int) -> str:
    """One answer as Apache, uWSGI or HAProxy logs it."""
    if by == "apache":
        return f'192.0.2.7 - - [15/Jan/2026:{clock} +0000] "{method} {path} HTTP/1.1" {status} 212 "-" "python"\n'
    if by == "uwsgi":
        return (
            f"[pid: 23|app: 0|req: 1/2] 192.0.2.7 () {{62 vars in 1234 bytes}} [Thu Jan 15 {clock} 2026] "
            f"{method} {path} => generated 9 bytes in 20 msecs (HTTP/1.1 {status}) 5 headers in 180 bytes\n"
        )
    server, times = ("<NOSRV>", NO_SERVER) if status == 503 else ("ctl1", "0/0/1/2/3")
    return (
        f"2026-01-15T{clock}+00:00 ctl1 haproxy[12]: 192.0.2.7:41000 [15/Jan/2026:{clock}.123] front~ "
        f'nova-api/{server} {times} {status} 212 - - ---- 1/1/0/0/0 0/0 "{method} {path} HTTP/1.1"\n'
    )


def write(where: Path, by: str, *answers: tuple[str, str, int]) -> Path:
    """A folder of a nova whose API lists servers eight times, and then gives these answers."""
    text = "".join(told(by, f"10:0{at}:00", "GET", "/v2.1/servers/detail", 200) for at in range(8))
    text += "".join(told(by, f"10:08:{10 + at}", *answer) for at, answer in enumerate(answers))
    for name, said in ((FILES[by], text), ("nova/nova-compute.log", working())):
        (where / name).parent.mkdir(exist_ok=True)
        (where / name).write_text(said)
    return where


def working() -> str:
    return line("10:00:00.000", "INFO", "nova.compute.manager", "Auditing") + line(
        "10:09:00.000", "INFO", "nova.compute.manager", "Auditing"
    )


def seen_in(folder: Path) -> Seen:
    return observe(in_order(open_folder(folder, Tally()), Wanted(Level.INFO), Tally()), knowledge())


@pytest.mark.parametrize("by", FILES)
def test_answers_of_500_and_more_are_a_failure(by: str, tmp_path: Path) -> None:
    said: Diagnosis = judged_logs(write(tmp_path, by, ("POST", "/v2.1/servers", 500), ("POST", "/v2.1/servers", 503)))
    assert said.verdict is Verdict.FAILURE
    assert "an API failed by its own fault (5xx)" in said.signs
    assert "an error was logged" not in said.signs
    assert "nova" in dict(said.projects)


@pytest.mark.parametrize("by", FILES)
def test_answers_that_are_well_are_healthy(by: str, tmp_path: Path) -> None:
    said = judged_logs(write(tmp_path, by, ("GET", "/v2.1/servers/error-and-failed", 404)))
    assert (said.verdict, said.missing) == (Verdict.HEALTHY, ())


@pytest.mark.parametrize("by", ["apache", "haproxy"])
def test_what_a_balancer_tells_of_the_same_request_begins_no_work(by: str, tmp_path: Path) -> None:
    seen = seen_in(write(tmp_path, by, ("POST", "/v2.1/servers", 202)))
    assert [name for name in seen.marks if name == "server-asked"] == (["server-asked"] if by == "apache" else [])
    assert seen.answered["nova", "POST"] == 1


def test_a_refusal_that_only_a_balancer_tells_of_is_no_failure(tmp_path: Path) -> None:
    said = judged_logs(write(tmp_path, "haproxy", ("POST", "/v2.1/servers", 409)))
    assert said.verdict is Verdict.HEALTHY


def test_an_error_that_quotes_an_answer_is_an_error_all_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path, "apache")
    quoted = line("10:08:30.000", "ERROR", "nova.compute", 'Caught: "POST /v2.1/servers HTTP/1.1" 500')
    (folder / "nova" / "nova-compute.log").write_text(working() + quoted)
    seen = seen_in(folder)
    assert seen.answers == []
    assert "Caught" in seen.errors[0].text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('192.0.2.9 "PUT /v2.0/ports/1?a=b HTTP/1.1" status: 409  len: 9', Answered("PUT", "/v2.0/ports/1", 409)),
        (
            told("haproxy", "10:00:00", "GET", "https://cloud.example:8774/v2.1", 200).partition("]: ")[2],
            Answered("GET", "/v2.1", 200, "nova-api"),
        ),
        ("192.0.2.7:41000 [15/Jan/2026:10:00:00.123] db galera/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0", None),
        ("POST /v2.1/servers => generated nothing", None),
    ],
)
def test_an_answer_is_read_in_each_form(text: str, found: Answered | None) -> None:
    assert answer_in(text) == found
