"""What a code means: that of a known blocker, or of anything Ostler itself says."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from ostler.catalog import Catalog
from ostler.errors import InputError
from ostler.reporting.catalog_documents import blocker_document, orphan_document
from ostler.rules.loader import find_rule

CODES = Path(__file__).parent / "data" / "codes.json"
"""Every code of an error or a finding with its text, written from the source by `make golden`."""

WIDTH = 110
PROOFS = {
    "carried out": "carried out, and worked",
    "read": "read in code or documents, not carried out",
    "none": "nothing is known",
}


def explanation(catalog: Catalog, code: str) -> dict[str, Any]:
    """What is known about a code, as one document. Raises InputError `catalog.unknown-code`, naming the nearest."""
    blocker = catalog.blocker(code)
    if blocker is not None:
        return blocker_document(blocker)
    orphan = next((each for each in catalog.orphans if each.code == code), None)
    if orphan is not None:
        return orphan_document(orphan)
    known = json.loads(CODES.read_text())
    for each in known:
        if _is_written_as(each["code"], code):
            rule = find_rule(code)
            source = {"where": rule.source.where, "date": rule.source.date} if rule else None
            return {**each, "code": code, "source": source}
    listed = [*(each.code for each in catalog.blockers), *(each.code for each in catalog.orphans)]
    raise _unknown(code, [*listed, *(each["code"] for each in known)])


def _is_written_as(template: str, code: str) -> bool:
    """Whether `code` is `template`, whose parts in <> stand for any word."""
    parts = re.split(r"<[^<>]+>", template)
    return re.fullmatch("[a-z0-9_-]+".join(re.escape(part) for part in parts), code) is not None


def _unknown(code: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(code, known, n=3, cutoff=0.5)
    return InputError(
        "catalog.unknown-code",
        f"nothing is known about the code {code!r}",
        do_next=f"did you mean {' or '.join(near)}?"
        if near
        else "give the code as it is shown in [] behind a message; known blockers: ostler catalog hops RELEASE",
    )


def explanation_text(document: dict[str, Any]) -> str:
    """An explanation for a terminal, in lines of at most WIDTH columns."""
    return "\n".join([f"{document['code']}: {_kind(document)}", *_parts(document)]) + "\n"


def _kind(document: dict[str, Any]) -> str:
    if "signs" not in document:
        return str(document["kind"])
    since, until = document["since"], document["until"]
    where = f" of {document['project']}" if document["project"] else ""
    if since and since == until:
        return f"{document['kind']}{where} in {since}"
    ends = (f"from {since}" if since else "") + (f" up to {until}" if until else " on" if since else "")
    return f"{document['kind']}{where}, {ends.strip() or 'in every release'}"


def _parts(document: dict[str, Any]) -> Iterator[str]:
    if "title" in document:
        yield _wrapped(document["title"], "  ")
    signs = list(_signs(document.get("signs", ())))
    if signs:
        yield from ("", "how it shows itself", *signs)
    yield from ("", "what it means", _wrapped(document["meaning"], "  "))
    proof = f" ({PROOFS[document['proof']]})" if "proof" in document else ""
    yield from ("", f"what to do{proof}", _wrapped(document["do_next"] or "as the message says", "  "))
    if document["source"]:
        yield from ("", _wrapped(f"source: {document['source']['where']}, {document['source']['date']}", ""))


def _signs(signs: list[dict[str, Any]]) -> Iterator[str]:
    for sign in signs:
        code = "" if sign["exit_code"] is None else f" ends with {sign['exit_code']}"
        says = f" says /{sign['pattern']}/" if sign["pattern"] else ""
        joined = " and".join(part for part in (code, says) if part) or " does not come to an end"
        yield _wrapped(f"{sign['command']}:{joined}", "  ")


def _wrapped(text: str, indent: str) -> str:
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
