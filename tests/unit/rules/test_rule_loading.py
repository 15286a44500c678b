"""A rule that says anything outside the schema or the vocabulary is refused, with the file and the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ostler.errors import InputError
from ostler.rules.loader import find_rule, load_rules, read_rule

GOOD: dict[str, Any] = {
    "id": "host.example",
    "severity": "warning",
    "applies": "always",
    "facts": {"disk": "host.disk@host"},
    "for_each": [{"name": "host", "hosts": "all"}],
    "when": [{"look": "disk.full", "equals": True}],
    "subject": "{host}",
    "component": "disk:/var@{host}",
    "summary": "{host} is full",
    "do_next": "df on {host}",
    "source": {"where": "here", "date": "2026-11-20"},
}


def written(folder: Path, name: str = "host/example.yaml", **differing: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {key: value for key, value in {**GOOD, **differing}.items() if value != "LEFT OUT"}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_a_good_rule_is_read(tmp_path: Path) -> None:
    written(tmp_path)
    assert [rule.id for rule in load_rules(tmp_path)] == ["host.example"]


def test_a_rule_is_found_by_its_id_without_reading_the_others(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "host" / "broken.yaml").write_text("id: [")
    assert find_rule("host.example", tmp_path) == read_rule(path)


@pytest.mark.parametrize("rule_id", ["host.other", "host", "", "host.deep/example", "/host.example"])
def test_there_is_no_rule_of_another_id(tmp_path: Path, rule_id: str) -> None:
    written(tmp_path)
    written(tmp_path, "host/deep/example.yaml")
    assert find_rule(rule_id, tmp_path) is None


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({"severty": "note"}, "has the key 'severty', which there is not"),
        ({"summary": "LEFT OUT"}, "lacks the key 'summary'"),
        ({"severity": "terrible"}, "'terrible' is not a valid Severity"),
        ({"applies": "sometimes"}, "'sometimes' is not in the vocabulary; known: always, diagnosis, rolling, upgrade"),
        ({"needs": ["zookeeper"]}, "'zookeeper' is not in the vocabulary"),
        ({"facts": {"disk": "host disk"}}, "facts.disk: 'host disk' is not written as"),
        ({"facts": {"disk": "host.disk@everywhere"}}, "there is no group of hosts 'everywhere'"),
        ({"for_each": [{"name": "host", "hosts": "some"}]}, "for_each.hosts: 'some' is not in the vocabulary"),
        ({"for_each": [{"name": "host"}]}, "write name and one of"),
        (
            {
                "for_each": [{"name": "h", "hosts": "all"}],
                "subject": "x",
                "component": "vip:",
                "summary": "x",
                "do_next": "x",
            },
            "no for_each goes over hosts under the name `host`",
        ),
        ({"when": [{"look": "disk.full", "resembles": 1}]}, "'resembles' is not in the vocabulary"),
        ({"when": [{"look": "disk.full"}]}, "write look and one comparison"),
        ({"when": [{"look": "disc.full", "equals": 1}]}, "nothing is called 'disc' here"),
        ({"when": [{"look": "disk.[disc.x]", "equals": 1}]}, "nothing is called 'disc' here"),
        ({"when": [{"look": "disk..full", "equals": 1}]}, "is no place"),
        ({"summary": "{hots} is full"}, "nothing is called 'hots' here"),
        ({"let": {"n": {"guess": "disk.full"}}}, "let.n: write one function"),
        ({"let": {True: {"count": "disk.full"}}}, "must be a mapping of names"),
        ({"source": {"where": "here"}}, "source lacks the key 'date'"),
        ({"component": "LEFT OUT"}, "lacks the key 'component', which one that applies always must have"),
        ({"component": "LEFT OUT", "applies": "diagnosis"}, "which one that applies diagnosis must have"),
        ({"component": "{host}"}, "the kind must be written out"),
        ({"component": "rack:@{host}"}, "is no component: write kind:name@host"),
        ({"component": "clock:{host}"}, "a component of the kind clock never has a name"),
        ({"component": "clock:@{hots}"}, "nothing is called 'hots' here"),
        ({"symptom": "perhaps"}, "symptom: 'perhaps' is not in the vocabulary"),
        ({"confirm": "perhaps"}, "confirm: 'perhaps' is not in the vocabulary"),
    ],
)
def test_what_is_outside_schema_or_vocabulary_is_refused(
    tmp_path: Path, differing: dict[str, object], said: str
) -> None:
    path = written(tmp_path, **differing)
    with pytest.raises(InputError) as raised:
        read_rule(path)
    assert raised.value.code == "rules.bad-data"
    assert said in raised.value.summary
    assert "host/example.yaml" in raised.value.summary
    assert raised.value.source == str(path)


def test_the_id_is_that_of_folder_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 'host\.example', expected 'host\.other'"):
        read_rule(written(tmp_path, "host/other.yaml"))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text("id: [")
    with pytest.raises(InputError, match="cannot be used"):
        read_rule(path)
