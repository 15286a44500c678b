"""Reads the catalog's data files into records; a wrong key or value is an error naming file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from ostler.errors import InputError

T = TypeVar("T")

DATA = Path(__file__).parent / "data"


def read_record(schema: type[T], path: Path) -> T:
    """The record of type `schema` that the YAML file at `path` holds.

    Raises InputError `catalog.bad-data` when the file is missing, is not YAML, or does not fit the schema:
    every problem is named with its key.
    """
    # late, so that importing the catalog stays quick
    import yaml
    from pydantic import TypeAdapter, ValidationError

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw = yaml.load(path.read_bytes(), Loader=loader)
    except (OSError, yaml.YAMLError) as error:
        raise _bad_data(path, [str(error)]) from error
    try:
        record: T = TypeAdapter(schema).validate_python(raw)
    except ValidationError as error:
        raise _bad_data(path, [_problem(dict(e)) for e in error.errors()]) from error
    return record


def _problem(error: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(the whole file)"
    if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{key}: there is no such key"
    if error["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{key}: this key is missing"
    return f"{key}: {error['msg']}, found {error['input']!r}"


def _bad_data(path: Path, problems: list[str]) -> InputError:
    return InputError(
        "catalog.bad-data",
        f"the catalog's file {path.name} cannot be used: {'; '.join(problems)}",
        found="; ".join(problems),
        source=str(path),
        do_next="correct the file; its schema is the dataclass of the same name in ostler/catalog",
    )
