"""Whatever stands in a configuration file: judging it and carrying it over ends soon, says no traceback of ours, and
nothing of it commands a terminal; read and not changed, it stays byte for byte.

`make soak` tries 10,000 of them; OSTLER_SPOILED_FILES says another number.
"""

from __future__ import annotations

import json
import os
import random
import time
import unicodedata
from pathlib import Path

import pytest
from spoiled import spoil

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.options import ProjectOptions, load_options
from ostler.configuration.difference import difference
from ostler.configuration.edits import masked_difference
from ostler.configuration.file import parse_config
from ostler.configuration.lint import lint
from ostler.configuration.migration import migrate
from ostler.configuration.succession import Succession
from ostler.errors import InputError
from ostler.reporting.config_text import difference_json, difference_text, migration_json, migration_text
from ostler.reporting.findings import findings_json, findings_text

FEW = int(os.environ.get("OSTLER_SPOILED_FILES", "60"))
PARTS = max(1, FEW // 500)
"""So many that can be tried side by side, and apart."""

LONGEST_S = 5.0
SEED = 20261126
SAMPLES = Path(__file__).parent / "samples" / "ocata"
PROJECTS = ("nova", "neutron", "cinder")


@pytest.fixture(scope="module")
def options() -> dict[str, ProjectOptions]:
    return {project: load_options(project) for project in PROJECTS}


def shown_of(text: str, options: ProjectOptions, known: ConfigKnown) -> str:
    """All that is shown of a file."""
    succession = Succession(options, "ocata", "2025.1")
    parts = []
    try:
        file = parse_config(text)
        assert file.text == text
        findings = lint("my.conf", file, options, "2025.1", known)
        changes = difference(succession, {"my.conf": file}, known)
        carried = migrate("my.conf", text, succession, known)
    except InputError as error:
        return f"{error.summary} {error.found}"
    parts += [findings_text(findings), difference_text(changes, True)]
    shown = masked_difference(text, carried.text, "my.conf", succession.is_secret)
    parts.append(migration_text("my.conf", carried, shown))
    for document in (findings_json(findings), difference_json(changes), migration_json(carried, shown)):
        json.dumps(document)
    return "\n".join(parts)


def commands_in(shown: str) -> list[str]:
    """Characters that a terminal would obey, or that turn the order of text round."""
    return [
        c
        for c in shown
        if (unicodedata.category(c) == "Cc" and c not in "\n\t") or unicodedata.bidirectional(c) == "RLO"
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_spoiled_files_are_judged_in_peace(options: dict[str, ProjectOptions], known: ConfigKnown, part: int) -> None:
    chance = random.Random(SEED + part)
    for number in range(FEW // PARTS):
        project = chance.choice(PROJECTS)
        text = spoil((SAMPLES / f"{project}.conf").read_bytes(), chance).decode("utf-8", "surrogateescape")
        began = time.process_time()
        try:
            shown = shown_of(text, options[project], known)
        except Exception as error:
            raise AssertionError(f"file {number} of seed {SEED + part}: {type(error).__name__}: {error}") from error
        took = time.process_time() - began
        assert took < LONGEST_S, f"file {number} of seed {SEED + part} took {took:.1f} s"
        assert commands_in(shown) == [], f"file {number} of seed {SEED + part}"


def test_a_line_of_blanks_without_a_sign_takes_no_time(options: dict[str, ProjectOptions], known: ConfigKnown) -> None:
    """A search that tries every blank as the end of the name would take hours here."""
    began = time.process_time()
    shown = shown_of("[DEFAULT]\nname" + " " * 300_000 + "\nother = 1\n", options["nova"], known)
    assert time.process_time() - began < LONGEST_S
    assert "line 2: an option is a name, = and a value" in shown
