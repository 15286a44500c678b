"""`ostler rehearse` as it is called: who may, what it is given, what it writes."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.cli.main import main
from ostler.facts.model import Unknown, wanted
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import Beginning, DiskTaken, HopOutcome, Rehearsal
from ostler.rehearsal import rehearse as room
from ostler.rehearsal.standing import Said

REFUSED, WRONG_INPUT, FINDINGS = 3, 2, 1
BEGINNING = Beginning(1.8e9, {"nova": ("a",)}, {"nova": 1}, Speed(0.01, 0.02), 0.5)
DISK = DiskTaken(1, 3, 2)


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[room.Wish]:
    """What is asked of the room, which answers that nova came through, or not when the target is 2026.1."""
    asked: list[room.Wish] = []

    def rehearse(catalog: object, wish: room.Wish, stage: object) -> Rehearsal:
        asked.append(wish)
        hop = HopOutcome("2024.1", wish.target, "nova", "ok" if wish.target == "2025.1" else "failed", ())
        return Rehearsal("2024.1", wish.target, ("nova",), (hop,), 1.0, BEGINNING, DISK)

    monkeypatch.setattr(room, "rehearse", rehearse)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return asked


def test_only_root_may(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(["rehearse", "--to", "2025.1", "--dump", "nova.sql"]) == REFUSED
    assert "as root" in capsys.readouterr().err


def test_dumps_may_have_names_and_a_file_that_is_there_is_a_file(tmp_path: Path, wishes: list[room.Wish]) -> None:
    odd = tmp_path / "a=b.sql"
    odd.touch()
    words = ["--dump", "nova=x.sql.gz", "--dump", str(odd), "--dump", "y.sql", "--projects", "nova, placement"]
    assert main(["rehearse", "--to", "2025.1", "--from", "2024.1", *words]) == 0
    (wish,) = wishes
    assert wish.dumps == (("nova", Path("x.sql.gz")), (None, odd), (None, Path("y.sql")))
    assert (wish.source, wish.projects, wish.keep) == (Said("2024.1"), ("nova", "placement"), False)


def test_the_result_is_written_and_its_outcome_is_the_exit_code(
    tmp_path: Path, wishes: list[room.Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    assert main(["rehearse", "--to", "2026.1", "--dump", "x.sql", "--json", "--report", str(report)]) == FINDINGS
    assert json.loads(capsys.readouterr().out) == json.loads(report.read_text())
    assert json.loads(report.read_text())["hops"][0]["outcome"] == "failed"


def test_a_report_that_cannot_be_written_is_told(
    tmp_path: Path, wishes: list[room.Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--dump", "x.sql", "--report", str(tmp_path / "none" / "x.json")]
    assert main(["rehearse", "--to", "2025.1", *words]) == WRONG_INPUT
    assert "rehearsal.cannot-write" in capsys.readouterr().err


def test_without_a_dump_nothing_is_begun(wishes: list[room.Wish]) -> None:
    assert main(["rehearse", "--to", "2025.1"]) == WRONG_INPUT
    assert wishes == []


@pytest.mark.parametrize("words", [[], ["--live", "--dump", "x.sql"]])
def test_dumps_are_given_or_made_now(
    words: list[str], wishes: list[room.Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", "--to", "2025.1", *words]) == WRONG_INPUT
    assert "[rehearsal.dumps-or-live]" in capsys.readouterr().err
    assert wishes == []


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """What a cloud answers that is none: its databases take twice as long as those of the room."""
    found: dict[Any, Any] = {wanted("databases.speed"): {"cpu_s": 0.02, "rows_s": 0.04}}
    cloud = SimpleNamespace(name="toy", release="2024.1")
    monkeypatch.setattr("ostler.cli.rehearse.load_cloud", lambda file: cloud)
    monkeypatch.setattr("ostler.execution.connecting.connect_hosts", lambda cloud: SimpleNamespace(close=lambda: None))
    monkeypatch.setattr("ostler.execution.reading.read_facts", lambda cloud, transport, api, asked: found)
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: dict[Any, Any]) -> list[Path]:
    """The dumps that were made of a cloud, which is none."""
    monkeypatch.setenv("OSTLER_STATE_DIR", str(tmp_path))
    found: list[Path] = []

    def live_dump(cloud: object, transport: object, read: object, folder: Path, tell: object) -> Path:
        found.append(folder / "databases.sql.zst")
        found[-1].touch()
        return found[-1]

    monkeypatch.setattr("ostler.execution.connecting.connected", lambda cloud: nullcontext((None, None)))
    monkeypatch.setattr("ostler.execution.live_dump.live_dump", live_dump)
    return found


def test_a_dump_of_the_living_cloud_is_made_rehearsed_with_and_removed(
    tmp_path: Path, wishes: list[room.Wish], made: list[Path]
) -> None:
    page = tmp_path / "page.html"
    assert main(["rehearse", "--to", "2025.1", "--live", "--report", str(page)]) == 0
    assert wishes[0].dumps == ((None, made[0]),)
    assert not made[0].parent.exists()
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(("words", "release"), [([], "2024.1"), (["--from", "2023.2"], "2023.2")])
def test_a_living_cloud_is_at_what_its_file_says_unless_somebody_says_otherwise(
    words: list[str], release: str, wishes: list[room.Wish], made: list[Path]
) -> None:
    assert main(["rehearse", "--to", "2025.1", "--live", *words]) == 0
    (wish,) = wishes
    assert wish.source is not None
    assert wish.source.release == release
    assert wish.source.by == ("--from" if words else "the cloud file")


@pytest.mark.parametrize(
    "words", [["--to", "2025.11"], ["--to", "2025.1", "--projects", "nvoa"], ["--to", "2024.1"], ["--to", "2023.1"]]
)
def test_nothing_is_dumped_for_what_there_is_not(words: list[str], wishes: list[room.Wish], made: list[Path]) -> None:
    assert main(["rehearse", *words, "--live"]) == WRONG_INPUT
    assert (wishes, made) == ([], [])


def test_two_at_once_are_refused_and_leave_each_others_dump_alone(
    tmp_path: Path, wishes: list[room.Wish], made: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner: list[int] = []

    def rehearse(catalog: object, wish: room.Wish, stage: object) -> Rehearsal:
        inner.append(main(["rehearse", "--to", "2025.1", "--live"]))
        assert made[0].exists()
        hop = HopOutcome("2024.1", "2025.1", "nova", "ok", ())
        return Rehearsal("2024.1", "2025.1", ("nova",), (hop,), 1.0, BEGINNING, DISK)

    monkeypatch.setattr(room, "rehearse", rehearse)
    assert main(["rehearse", "--to", "2025.1", "--live"]) == 0
    assert (inner, len(made)) == ([REFUSED], 1)


@pytest.mark.parametrize("words", [["--live"], ["--dump", "x.sql", "--cloud", "prod.yaml"]])
def test_the_cloud_it_is_for_is_asked_how_fast_it_is_in_the_same_run(
    words: list[str], wishes: list[room.Wish], made: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", "--to", "2025.1", *words, "--json"]) == 0
    there = json.loads(capsys.readouterr().out)["there"]
    assert (there["cloud"], there["factor"]) == ("toy", 2.0)


def test_with_dumps_alone_no_cloud_is_asked_and_it_is_told_how_to_have_times_scaled(
    wishes: list[room.Wish], made: list[Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTLER_CLOUD", "of-other-dumps.yaml")  # which is no wish that it be asked
    assert main(["rehearse", "--to", "2025.1", "--dump", "x.sql"]) == 0
    assert "Seconds are those of this machine. With --live, or --cloud FILE" in capsys.readouterr().out


def test_a_cloud_that_does_not_answer_stops_no_rehearsal_with_dumps(
    wishes: list[room.Wish], answers: dict[Any, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answers[wanted("databases.speed")] = Unknown("no answer in time")
    assert main(["rehearse", "--to", "2025.1", "--dump", "x.sql", "--cloud", "prod.yaml"]) == 0
    told = capsys.readouterr()
    assert "could not be measured: no answer in time" in told.err
    assert "could not be measured (no answer in time)" in told.out
