"""Finds every code of an error or a finding in the source, rules and telltales, and writes docs/codes.md and
the data that `ostler catalog explain` reads.

A code is the argument `code` of an error, of a Finding, or of any function or dataclass here that has a parameter of
that name. It must be readable from the source: a text, a constant, or a text with parts filled in.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ostler import errors
from ostler.diagnosis.infrastructure import OF_TELLTALES
from ostler.diagnosis.telltales import known_telltales
from ostler.reporting.explanation import CODES
from ostler.rules.loader import load_rules

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ostler"
PAGE = ROOT / "docs" / "codes.md"

KINDS = {
    "InputError": "wrong input (exit 2)",
    "Refused": "refused (exit 3)",
    "Stopped": "stopped (exit 4)",
    "Finding": "finding",
    "plain_document": "told by the command line itself",
}
OUTSIDE = "outside (exit 1)"
HEADER = """# Codes

Every code that an error or a finding of Ostler can carry, with what it means and what to do. Codes are stable and never
reused. `…` stands for a value. Written by `make golden` from the source and the rules; do not edit.
"""


@dataclass(frozen=True)
class Code:
    """One code as found; `kind` says what carries it."""

    code: str
    kind: str
    meaning: str
    do_next: str


@dataclass(frozen=True)
class Signature:
    """Where `code`, `summary` and `do_next` stand among the parameters of a function or class."""

    places: dict[str, int]

    def argument(self, call: ast.Call, name: str) -> ast.expr | None:
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        place = self.places.get(name)
        return call.args[place] if place is not None and place < len(call.args) else None


class Unreadable(Exception):
    """A code that cannot be read from the source."""


@functools.cache
def all_codes() -> list[Code]:
    """Every code, sorted; of several places with one code the first that says what it means. Raises Unreadable."""
    trees = {path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}
    signatures = _signatures(trees.values())
    found: dict[str, Code] = {}
    for path, tree in trees.items():
        for each in _codes_in(path, tree, signatures):
            known = found.get(each.code, each)
            kind = each.kind if known.kind == "finding" else known.kind
            found[each.code] = Code(each.code, kind, known.meaning or each.meaning, known.do_next or each.do_next)
    for rule in load_rules():
        severity = rule.severity.value
        if rule.severity_for_upgrade:
            severity += f", before an upgrade {rule.severity_for_upgrade.value}"
        found[rule.id] = Code(rule.id, f"rule: {severity}", _filled(rule.summary), _filled(rule.do_next))
    for name, telltale in known_telltales().items():
        code = f"{OF_TELLTALES}.{name}"
        kind = f"in logs: {telltale.severity.value}"
        found[code] = Code(code, kind, _filled(telltale.summary), _filled(telltale.do_next))
    return [found[code] for code in sorted(found)]


def page_text() -> str:
    """The page docs/codes.md."""
    lines, area = [HEADER], ""
    for each in all_codes():
        if each.code.partition(".")[0] != area:
            area = each.code.partition(".")[0]
            lines += ["", f"## {area}", "", "| code | kind | meaning | what to do |", "|---|---|---|---|"]
        cells = (f"`{each.code}`", each.kind, _meaning(each), each.do_next or "as the message says")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def data_text() -> str:
    """The file that `ostler catalog explain` reads, one code a line."""
    rows = [
        json.dumps(
            {"code": each.code, "kind": each.kind, "meaning": _meaning(each), "do_next": each.do_next},
            ensure_ascii=False,
        )
        for each in all_codes()
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def _meaning(code: Code) -> str:
    """What a code means; the words of the code itself where its text is nothing but values."""
    return code.meaning if re.search(r"\w{2}", code.meaning) else code.code.partition(".")[2].replace("-", " ")


def _signatures(trees: object) -> dict[str, Signature]:
    found = {"Finding": Signature({"code": 0, "summary": 3, "do_next": 6})}
    for name in dir(errors):
        known = getattr(errors, name)
        if isinstance(known, type) and issubclass(known, errors.OstlerError):
            found[name] = Signature({"code": 0, "summary": 1})
    for tree in trees:  # type: ignore[attr-defined]
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name not in found:
                places = {name: place for place, name in enumerate(_parameters(node, found)) if name in _WANTED}
                if "code" in places:
                    found[node.name] = Signature(places)
    return found


_WANTED = ("code", "summary", "do_next")


def _parameters(node: ast.FunctionDef | ast.ClassDef, known: dict[str, Signature]) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [argument.arg for argument in node.args.args if argument.arg not in ("self", "cls")]
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    if any(base in known for base in bases):
        return ["code", "summary"]
    return [
        item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]


def _codes_in(path: Path, tree: ast.Module, signatures: dict[str, Signature]) -> Iterator[Code]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            signature = signatures.get(name)
            code = signature.argument(call, "code") if signature else None
            if signature is None or code is None:
                continue
            meaning, do_next = (_words(signature.argument(call, part)) for part in ("summary", "do_next"))
            meaning = meaning or _first_sentence(call, do_next)
            try:
                texts = _readings(path, code, constants)
            except Unreadable:
                if _carries(name):
                    raise
                continue  # another thing that is called a code, such as an exit code
            for text in texts:
                if _CODE.fullmatch(text):
                    yield Code(text, _kind(name), meaning, do_next)


_CODE = re.compile(r"[a-z<][a-z_<>]*\.[a-z<][a-z0-9<>_-]*")


def _readings(path: Path, node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """The texts a code can be. Raises Unreadable for an expression that is neither a text nor passed on."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return [*_readings(path, node.body, constants), *_readings(path, node.orelse, constants)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else _part(p) for p in node.values)]
    if isinstance(node, ast.Name) and node.id in constants:
        return _readings(path, constants[node.id], constants)
    if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and node.attr in ("code", "id")):
        return []
    raise Unreadable(f"{path}:{node.lineno}: write the code as a text: {ast.unparse(node)}")


def _part(node: ast.expr) -> str:
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    names = [part.id for part in ast.walk(inner) if isinstance(part, ast.Name) and not part.id.startswith("_")]
    return f"<{names[0]}>" if names else "<…>"


def _words(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return " ".join(node.value.split())
    if isinstance(node, ast.Call) and node.args:
        return _words(node.args[0])
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        return " ".join("".join(parts).split())
    return ""


def _first_sentence(call: ast.Call, besides: str) -> str:
    """The first argument that is a text of several words, for functions that name their summary otherwise."""
    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
    texts = (_words(argument) for argument in arguments)
    return next((text for text in texts if " " in text and text != besides), "")


def _filled(template: str) -> str:
    return re.sub(r"\{[^{}]+\}", "…", template)


def _carries(name: str) -> bool:
    """Whether a class is an error or a finding, so that its code must be readable."""
    known = getattr(errors, name, None)
    return known is errors.Finding or (isinstance(known, type) and issubclass(known, errors.OstlerError))


def _kind(name: str) -> str:
    known = getattr(errors, name, None)
    if isinstance(known, type) and issubclass(known, errors.OutsideError):
        return OUTSIDE
    return KINDS.get(name, "finding")


def write() -> None:
    """Write the page and the data."""
    PAGE.write_text(page_text())
    CODES.write_text(data_text())


if __name__ == "__main__":
    write()
