"""A rehearsal file is read back as what was written, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from test_rehearsal_text import FAILURE, FINE, FIXED, ORPHANS, SCALED, STOPPED

from ostler.errors import InputError
from ostler.planning.rehearsed import Rehearsal
from ostler.reporting.rehearsal_document import rehearsal_json
from ostler.reporting.rehearsal_reading import rehearsals_from_json


def read(document: Any) -> tuple[Rehearsal, ...]:
    return rehearsals_from_json(document if isinstance(document, str) else json.dumps(document), "r.json")


def refusal(document: Any) -> InputError:
    with pytest.raises(InputError) as refused:
        read(document)
    assert refused.value.exit_code == 2
    assert "r.json" in refused.value.summary
    assert refused.value.do_next
    return refused.value


def changed(**parts: Any) -> dict[str, Any]:
    return {**rehearsal_json(STOPPED), **parts}


@pytest.mark.parametrize("rehearsal", [FINE, STOPPED, FIXED, SCALED, replace(FINE, data=(ORPHANS,))])
def test_what_was_written_is_read_back(rehearsal: Rehearsal) -> None:
    assert read(rehearsal_json(rehearsal)) == (rehearsal,)


def test_one_that_was_written_before_anything_was_put_back_is_read() -> None:
    document = rehearsal_json(FINE)
    for command in document["hops"][0]["commands"]:
        del command["put_back"]
    assert read(document) == (FINE,)


def test_a_list_holds_several() -> None:
    assert read([rehearsal_json(FINE), rehearsal_json(STOPPED)]) == (FINE, STOPPED)


@pytest.mark.parametrize("text", ["", "{", "<html></html>", '{"seconds": NaN}', "[" * 100_000])
def test_what_is_no_json_is_no_rehearsal_file(text: str) -> None:
    assert refusal(text).code == "rehearsal.not-json"


@pytest.mark.parametrize("document", [3, None, "text", {}, [3], changed(format=2), changed(format="3")])
def test_another_format_is_refused(document: Any) -> None:
    assert refusal(json.dumps(document)).code == "rehearsal.other-format"


def test_one_of_the_same_format_that_says_nothing_of_a_cloud_is_read() -> None:
    document = rehearsal_json(FINE)
    del document["there"]
    assert read(document) == (FINE,)


BEGINNING = rehearsal_json(FINE)["beginning"]


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"hops": None}, "hops"),
        ({"seconds": -1}, "seconds"),
        ({"beginning": {**BEGINNING, "speed": {"cpu_s": 0, "rows_s": 1}}}, "beginning.speed.cpu_s"),
        ({"beginning": {**BEGINNING, "bytes": {"nova": -1}}}, "beginning.bytes.nova"),
        ({"disk": {"before": 1, "most": 2, "after": -1}}, "disk.after"),
        ({"what": 1}, "what"),
        ({"hops": [{**rehearsal_json(STOPPED)["hops"][0], "outcome": "fine"}]}, "hops.0.outcome"),
        ({"hops": [{**rehearsal_json(STOPPED)["hops"][0], "findings": []}]}, "nova.blocked"),
    ],
)
def test_what_does_not_follow_the_schema_names_the_place(part: dict[str, Any], where: str) -> None:
    error = refusal(changed(**part))
    assert error.code == "rehearsal.damaged"
    assert where in error.found


def test_a_code_is_no_text_of_any_kind() -> None:
    document = json.dumps(rehearsal_json(STOPPED)).replace("nova.blocked", "nova.blocked\\u001b[2J")
    error = refusal(document)
    assert (error.code, error.found.partition(":")[0]) == ("rehearsal.damaged", "hops.0.findings.0.code")


def test_a_number_without_end_is_no_time() -> None:
    text = json.dumps(rehearsal_json(FINE)).replace('"seconds": 61.2', '"seconds": 1e999')
    assert refusal(text).code == "rehearsal.damaged"


def test_texts_cannot_steer_a_terminal() -> None:
    nasty = replace(FAILURE, summary="\x1b[2Jgone\nREFUSED", do_next="a\x07b", evidence=("\x1b]0;title\x07",))
    hop = replace(STOPPED.hops[0], commands=(replace(STOPPED.hops[0].commands[0], findings=(nasty,)),))
    (found,) = read(rehearsal_json(replace(STOPPED, hops=(hop,))))
    told = f"{found.findings}"
    assert "\\x1b" not in told
    assert "\\x07" not in told
    assert "\\n" not in told
