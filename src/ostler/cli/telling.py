"""How errors are told: a few lines on stderr, or one JSON document on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from ostler.errors import OstlerError, Refused


def tell(error: OstlerError, *, as_json: bool) -> None:
    """Tell an error; what its summary says already is not said again."""
    if as_json:
        tell_document(error_document(error))
        return
    say_aside(f"ostler: {error.summary} [{error.code}]")
    is_said = error.found == error.summary or repr(error.found) in error.summary
    found = "" if is_said else error.found
    for word, text in (("found", found), ("expected", error.expected), ("do next", error.do_next)):
        if text:
            say_aside(f"  {word}: {text}")
    if isinstance(error, Refused):
        from ostler.reporting.findings import found_and_expected  # late: most errors have no findings

        for finding in error.findings:
            say_aside(f"  - {finding.subject}: {finding.summary} [{finding.code}]")
            for line in found_and_expected(finding):
                say_aside(f"      {line}")
            if finding.do_next:
                say_aside(f"      do next: {finding.do_next}")


def tell_warning(error: OstlerError, *, as_json: bool) -> None:
    """Tell what went wrong beside the work of a command, which did what it was asked for."""
    if as_json:
        print(json.dumps({"event": "warning", **error_document(error)}), flush=True)
        return
    say_aside(f"warning: {error.summary} [{error.code}]")
    if error.do_next:
        say_aside(f"  do next: {error.do_next}")


def say_aside(text: str) -> None:
    """Print to stderr what may quote hosts, files and their names: nothing of it commands the terminal."""
    from ostler.reporting.log_words import clean  # late: most commands have nothing to tell

    print(clean(text), file=sys.stderr)


def tell_document(document: dict[str, Any]) -> None:
    """Print what went wrong as one JSON document."""
    print(json.dumps({"error": document}), flush=True)


def error_document(error: OstlerError) -> dict[str, Any]:
    """Return an error as plain data."""
    from ostler.reporting.findings import finding_json  # late: most commands have nothing to tell

    return {
        **plain_document(error.code, error.summary, error.do_next, error.exit_code),
        "found": error.found,
        "expected": error.expected,
        "findings": [finding_json(finding) for finding in getattr(error, "findings", ())],
    }


def plain_document(code: str, summary: str, do_next: str, exit_code: int) -> dict[str, Any]:
    """Return what went wrong as plain data, in the form of every error."""
    return {
        "code": code,
        "summary": summary,
        "found": "",
        "expected": "",
        "do_next": do_next,
        "exit_code": exit_code,
        "findings": [],
    }
