"""Finds and reads the rules' files: data/<area>/<name>.yaml holds the rule ``area.name``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

from ostler.errors import InputError
from ostler.rules.model import Rule
from ostler.rules.reading import rule_from

DATA = Path(__file__).parent / "data"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def load_rules(directory: Path = DATA) -> tuple[Rule, ...]:
    """Return all rules, by id.

    Raises InputError ``rules.bad-data`` naming the file and the key for the first one that cannot be used.
    """
    return tuple(read_rule(path) for path in sorted(directory.glob("*/*.yaml")))


def find_rule(rule_id: str, directory: Path = DATA) -> Rule | None:
    """Return the rule with this id, reading its file alone; None when there is none. Raises as :func:`read_rule`."""
    return next((read_rule(path) for path in directory.glob("*/*.yaml") if _id_of(path) == rule_id), None)


def read_rule(path: Path) -> Rule:
    """Return the rule of one file. Raises InputError ``rules.bad-data``."""
    try:
        rule = rule_from(yaml.load(path.read_bytes(), Loader=_Loader))
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise _bad_data(path, " ".join(str(error).split())) from error
    if rule.id != _id_of(path):
        raise _bad_data(path, f"id: found {rule.id!r}, expected {_id_of(path)!r} after the file's folder and name")
    return rule


def _id_of(path: Path) -> str:
    """The id that the rule of a file has."""
    return f"{path.parent.name}.{path.stem}"


def _bad_data(path: Path, problem: str) -> InputError:
    return InputError(
        "rules.bad-data",
        f"the rule in {path.parent.name}/{path.name} cannot be used: {problem}",
        found=problem,
        source=str(path),
        do_next="correct the file; docs/contributor/add-a-rule.md shows what a rule may say",
    )
