"""The contributor pages name files that exist, and their examples work."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pages import CONTRIBUTOR, ROOT, as_glob, examples, listed_files, page

from ostler.catalog import load_catalog
from ostler.rules.engine import judge
from ostler.rules.model import Verdict
from ostler.rules.reading import rule_from

PAGES = sorted(path.name for path in CONTRIBUTOR.glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_every_listed_file_is_of_a_kind_that_exists(name: str) -> None:
    listed = listed_files(page(name))
    assert listed, f"{name} lists no files"
    assert [path for path in listed if not list(ROOT.glob(as_glob(path)))] == []


def test_the_example_of_a_rule_does_what_its_cases_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "specs"))
    from rule_cases import read_case

    rule_text, *cases = examples(page("add-a-rule.md"))
    rule = rule_from(yaml.safe_load(rule_text))
    for text in cases:
        path = tmp_path / Path(text.splitlines()[0].removeprefix("# tests/specs/rules/"))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        case = read_case(path)
        judged = judge(rule, case.snapshot, load_catalog(), None)
        fired = [each.finding.subject for each in judged if each.finding]
        assert case.rule == rule.id
        assert fired == case.subjects
        assert bool(fired) == (case.verdict == "fires")
        assert not [each for each in judged if each.verdict is Verdict.CANNOT_TELL]
    assert len(cases) == 2
