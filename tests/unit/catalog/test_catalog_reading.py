"""A wrong file is refused, naming file and key."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ostler.catalog import Catalog
from ostler.catalog.reading import DATA
from ostler.errors import InputError


def catalog_with(tmp_path: Path, change: dict[str, object]) -> Catalog:
    """A catalog whose glance.yaml has been changed at the top level."""
    (tmp_path / "projects").mkdir()
    (tmp_path / "releases.yaml").write_text((DATA / "releases.yaml").read_text())
    raw = yaml.safe_load((DATA / "projects/glance.yaml").read_text())
    raw.update(change)
    (tmp_path / "projects/glance.yaml").write_text(yaml.safe_dump({k: v for k, v in raw.items() if v != "GONE"}))
    return Catalog(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sevices": []}, "sevices: there is no such key"),
        ({"user": "GONE"}, "user: this key is missing"),
        ({"user": 5}, "user: Input should be a valid string, found 5"),
        ({"versions": {2024.1: {"first": "1.0.0", "last": "1.0.0"}}}, "versions.2024.1"),
        ({"schema_phases": [{"name": "x"}]}, "schema_phases.0.argv: this key is missing"),
        ({"services": [{"role": "compute", "kind": "demon"}]}, "services.0.kind: Input should be"),
    ],
)
def test_a_wrong_key_or_value_names_file_and_key(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        catalog_with(tmp_path, change).project("glance")
    assert caught.value.code == "catalog.bad-data"
    assert "glance.yaml" in caught.value.summary
    assert message in caught.value.summary


@pytest.mark.parametrize(
    ("file", "ask"),
    [
        ("blockers.yaml", lambda catalog: catalog.blockers),
        ("infrastructure.yaml", lambda catalog: catalog.infrastructure),
        ("units.yaml", lambda catalog: catalog.units),
        ("whole_order.yaml", lambda catalog: catalog.whole_order),
        ("past/nova.yaml", lambda catalog: catalog.past("nova")),
        ("past/between_nova.yaml", lambda catalog: catalog.past_nova),
        ("listed/heat.yaml", lambda catalog: catalog.listed("heat")),
    ],
)
def test_files_of_facts_alone_are_as_closed(tmp_path: Path, file: str, ask: Callable[[Catalog], object]) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    raw = yaml.safe_load((data / file).read_text())
    records = next((each for each in raw.values() if isinstance(each, list | dict) and each), raw)
    record = records[0] if isinstance(records, list) and isinstance(records[0], dict) else raw
    record["colour"] = "red"
    (data / file).write_text(yaml.safe_dump(raw))
    with pytest.raises(InputError) as caught:
        ask(Catalog(data))
    assert caught.value.code == "catalog.bad-data"
    assert Path(file).name in caught.value.summary
    assert "colour: there is no such key" in caught.value.summary


def test_all_problems_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        catalog_with(tmp_path, {"user": 5, "colour": "red"}).project("glance")
    assert "user:" in caught.value.summary and "colour:" in caught.value.summary


@pytest.mark.parametrize("text", ["a: [", "", "- 1"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "releases.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        Catalog(tmp_path).release("2024.1")
    assert caught.value.code == "catalog.bad-data"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Catalog(tmp_path).release("2024.1")
    assert caught.value.code == "catalog.bad-data"
    assert "releases.yaml" in caught.value.summary


def test_numbers_are_not_taken_for_release_ids(tmp_path: Path) -> None:
    text = (DATA / "releases.yaml").read_text().replace('id: "2024.1"', "id: 2024.1")
    (tmp_path / "releases.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        Catalog(tmp_path).release("2024.1")
    assert "releases.18.id: Input should be a valid string, found 2024.1" in caught.value.summary
