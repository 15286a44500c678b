"""Words of the logs tell of a broken part of the infrastructure, and others do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ostler.diagnosis.observing import telltales
from ostler.diagnosis.telltales import Word, known_telltales
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml.safe_load(
    Path(__file__).with_name("telltales.yaml").read_text()
)


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(name, case, id=f"{name} {at}")
        for name, each in CASES.items()
        for at, case in enumerate(each.get(kind, ()))
    ]


def words_in(where: Path, case: dict[str, Any]) -> list[Word]:
    place = where / case["log"]
    place.parent.mkdir(parents=True)
    place.write_text(case["says"] + "\n")
    (event,) = in_order(open_folder(where, Tally()), Wanted(Level.INFO), Tally())
    return list(telltales().in_event(event, event.text))


@pytest.mark.parametrize(("name", "case"), cases("fires"))
def test_a_line_tells_of_the_fault(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    assert Word(name, case.get("name", ""), is_over=False) in words_in(tmp_path, case)


@pytest.mark.parametrize(("name", "case"), cases("over"))
def test_a_line_tells_that_it_is_over(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    assert Word(name, case.get("name", ""), is_over=True) in words_in(tmp_path, case)


@pytest.mark.parametrize(("name", "case"), cases("silent"))
def test_a_line_that_only_looks_like_it_tells_nothing(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    assert [word for word in words_in(tmp_path, case) if word.id == name] == []


def test_every_telltale_has_a_case_of_each_kind() -> None:
    wanting = [
        (name, kind)
        for name, each in known_telltales().items()
        for kind in ("fires", "silent", *(("over",) if each.over else ()))
        if not CASES.get(name, {}).get(kind)
    ]
    assert wanting == []
    assert set(CASES) == set(known_telltales())


def test_what_is_said_of_a_fault_can_be_filled_in() -> None:
    for each in known_telltales().values():
        words = (each.summary + each.do_next).format(host="ctl1", name="galera")
        assert "{" not in words


@pytest.mark.parametrize("name", [name for name, each in known_telltales().items() if each.name])
def test_a_name_holds_nothing_that_a_shell_would_act_on(name: str) -> None:
    pattern = telltales().patterns_of_names[name]
    hostile = (
        "Killed process 1 ($(reboot)) http://$(reboot) backend $(reboot) has no server available! "
        " $(reboot)/<NOSRV> '/var/$(reboot)'"
    )
    found = [each for match in pattern.finditer(hostile) for each in match.groups() if each]
    assert [each for each in found if "$" in each or "(" in each] == []
