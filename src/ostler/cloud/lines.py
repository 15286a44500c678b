"""Reads YAML so that every value's line is known; refuses what would make a place ambiguous."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ostler.cloud.problems import Place, Problems
from ostler.errors import InputError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> tuple[Any, Problems]:
    """The content of a YAML file, and a collector that knows its lines.

    Keys given twice and YAML aliases are put into the collector. Raises InputError `cloud.no-file` when it
    cannot be read and `cloud.not-yaml` when it is not YAML.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "cloud.no-file",
            f"the file {path} cannot be read: {getattr(error, 'strerror', None) or error}",
            do_next="name the cloud file with --cloud, or make one with: ostler init",
        ) from None
    try:
        root = yaml.compose(text, Loader=_Loader)
        problems = Problems(path, {})
        if root is not None:
            lines: dict[Place, int] = {}
            problems.lines = lines
            _walk(root, (), lines, problems, set())
        return (None if problems.found else yaml.load(text, Loader=_Loader)), problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise InputError(
            "cloud.not-yaml",
            f"the file {path} is not YAML{line}: {getattr(error, 'problem', None) or error}",
            source=str(path),
            do_next="correct the file and try again",
        ) from None


def _walk(node: Any, place: Place, lines: dict[Place, int], problems: Problems, seen: set[int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if id(node) in seen:
        problems.add("cloud.alias", place, "aliases (*name) are not used in a cloud file", "write the value out")
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*place, index), lines, problems, seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            if inner in lines:
                problems.add("cloud.key-twice", inner, f"this key is given twice (first in line {lines[inner]})")
                lines[inner] = key.start_mark.line + 1
                continue
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, problems, seen)
