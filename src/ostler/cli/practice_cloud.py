"""What the commands about practice clouds share: which cloud is meant, and how they speak."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostler.practice.layout import Layout

DEFAULT_NAME = "practice"

Name = Annotated[str, typer.Option("--name", help="Which practice cloud.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]


def layout_of(name: str) -> Layout:
    """The layout of a practice cloud on record. Raises InputError when there is none of that name."""
    from ostler.practice.layout import cache_dir, state_root
    from ostler.practice.state import load_layout

    return load_layout(name, state_root(), cache_dir())


def reporter(as_json: bool, started: float) -> Callable[[str], None]:
    """Progress lines with the seconds since the start; on standard error when standard output is JSON."""

    def report(line: str) -> None:
        stream = sys.stderr if as_json else sys.stdout
        print(f"{time.monotonic() - started:7.1f}  {line}", file=stream, flush=True)

    return report


def say(as_json: bool, document: object, text: str) -> None:
    """The result: a JSON document, or text."""
    print(json.dumps(document, indent=2) if as_json else text)
