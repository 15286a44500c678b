"""Turns the plain data of a rule's file into a :class:`Rule`, part by part.

Every problem is a ValueError that names the key; the closed vocabulary is checked here, so that a rule that was
read can be judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ostler.errors import Severity
from ostler.rules.component import check_template
from ostler.rules.model import (
    Condition,
    Derivation,
    FactUse,
    Group,
    Level,
    LevelKind,
    Ref,
    Rule,
    Source,
    Test,
)
from ostler.rules.place import Place, place
from ostler.rules.vocabulary import FEATURES, FUNCTIONS, GROUPS, OPERATIONS
from ostler.rules.wording import places_in

REQUIRED = ("id", "severity", "applies", "facts", "when", "subject", "summary", "do_next", "source")
OPTIONAL = (
    "severity_for_upgrade",
    "needs",
    "for_each",
    "let",
    "found",
    "expected",
    "evidence",
    "confirm",
    "component",
    "symptom",
    "work_of_runs",
)
TEXTS = ("subject", "summary", "found", "expected", "do_next", "component")
GIVEN_NAMES = ("cloud", "catalog", "target")
LEVEL_KINDS = ("hosts", "services", "databases", "items")
GROUP_KINDS = ("all", "any", "none")

_FACT = re.compile(r"(?P<fact>[a-z_]+\.[a-z_]+)(@(?P<where>[a-z_]+))?(\?(?P<params>[a-z_]+=[^&]+(&[a-z_]+=[^&]+)*))?")


def rule_from(raw: object) -> Rule:
    """Return the rule that plain data describes. Raises ValueError for what is not in the schema or vocabulary."""
    data = _keys(raw, "the rule", REQUIRED, OPTIONAL)
    rule = Rule(
        id=_text(data, "id"),
        severity=Severity(data["severity"]),
        severity_for_upgrade=Severity(data["severity_for_upgrade"]) if "severity_for_upgrade" in data else None,
        applies=_one_of(data["applies"], "applies", ("always", "upgrade", "rolling", "diagnosis")),
        needs=tuple(_one_of(need, "needs", tuple(FEATURES)) for need in data.get("needs", ())),
        facts=tuple(_fact(alias, text) for alias, text in _mapping(data["facts"], "facts").items()),
        for_each=tuple(_level(item) for item in data.get("for_each", ())),
        let=tuple(_derivation(name, item) for name, item in _mapping(data.get("let", {}), "let").items()),
        when=tuple(_condition(item) for item in data["when"]),
        subject=_text(data, "subject"),
        summary=_text(data, "summary"),
        found=_text(data, "found"),
        expected=_text(data, "expected"),
        evidence=place(_text(data, "evidence")) if "evidence" in data else None,
        do_next=_text(data, "do_next"),
        source=Source(**_keys(data["source"], "source", ("where", "date"))),
        confirm=_one_of(data.get("confirm", False), "confirm", (True, False, "must")),
        component=_text(data, "component"),
        is_symptom=_one_of(data.get("symptom", False), "symptom", (True, False)),
        is_work_of_runs=_one_of(data.get("work_of_runs", False), "work_of_runs", (True, False)),
    )
    _check_component(rule)
    _check_names(rule)
    return rule


def _keys(raw: object, what: str, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Any]:
    data = _mapping(raw, what)
    for key in required:
        if key not in data:
            raise ValueError(f"{what} lacks the key {key!r}")
    for key in data:
        if key not in (*required, *optional):
            raise ValueError(
                f"{what} has the key {key!r}, which there is not; keys: {', '.join((*required, *optional))}"
            )
    return data


def _mapping(raw: object, what: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        raise ValueError(f"{what} must be a mapping of names, found {raw!r}")
    return dict(raw)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text, found {value!r}")
    return value


def _one_of(value: object, what: str, allowed: Sequence[object]) -> Any:
    if value not in allowed:
        raise ValueError(f"{what}: {value!r} is not in the vocabulary; known: {', '.join(sorted(map(str, allowed)))}")
    return value


def _fact(alias: str, text: object) -> FactUse:
    match = _FACT.fullmatch(str(text))
    if match is None:
        raise ValueError(f"facts.{alias}: {text!r} is not written as fact.id[@host|@group][?name=value]")
    where = match["where"]
    if where not in (None, "host", *GROUPS):
        raise ValueError(f"facts.{alias}: there is no group of hosts {where!r}; known: {', '.join(GROUPS)}")
    pairs = [pair.partition("=") for pair in (match["params"] or "").split("&") if pair]
    return FactUse(alias, match["fact"], where, tuple((name, value) for name, _, value in pairs))


def _level(raw: object) -> Level:
    data = _mapping(raw, "for_each")
    kinds = [key for key in data if key in LEVEL_KINDS]
    if len(kinds) != 1 or set(data) != {"name", kinds[0]}:
        raise ValueError(f"for_each: write name and one of {', '.join(LEVEL_KINDS)}, found {raw!r}")
    kind, of = kinds[0], str(data[kinds[0]])
    if kind == "hosts":
        _one_of(of, "for_each.hosts", tuple(GROUPS))
    if kind == "items":
        place(of)
    return Level(str(data["name"]), cast(LevelKind, kind), of)


def _derivation(name: str, raw: object) -> Derivation:
    data = _mapping(raw, f"let.{name}")
    functions = [key for key in data if key in FUNCTIONS]
    if len(functions) != 1 or not set(data) <= {functions[0], "with"}:
        raise ValueError(f"let.{name}: write one function and perhaps `with`; functions: {', '.join(FUNCTIONS)}")
    return Derivation(name, functions[0], place(str(data[functions[0]])), _literal_or_ref(data.get("with")))


def _condition(raw: object) -> Condition:
    data = _mapping(raw, "when")
    if len(data) == 1 and next(iter(data)) in GROUP_KINDS:
        kind = next(iter(data))
        return Group(kind, tuple(_condition(item) for item in data[kind]))  # type: ignore[arg-type]
    operations = [key for key in data if key != "look"]
    if "look" not in data or len(operations) != 1:
        raise ValueError(f"when: write look and one comparison, or one of {', '.join(GROUP_KINDS)}; found {raw!r}")
    operation = _one_of(operations[0], "when", (*OPERATIONS, "absent"))
    return Test(place(str(data["look"])), operation, _literal_or_ref(data[operation]))


def _literal_or_ref(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Ref(place(str(_keys(value, "a comparison's other side", ("ref",))["ref"])))
    return value


def _check_component(rule: Rule) -> None:
    """A rule that is judged in a diagnosis must say which part of the cloud it is about."""
    if rule.component:
        check_template(rule.component)
    elif rule.applies in ("always", "diagnosis"):
        raise ValueError(f"the rule lacks the key 'component', which one that applies {rule.applies} must have")


def _check_names(rule: Rule) -> None:
    """Every name a rule uses must be given, bound, read or worked out."""
    known = {
        *GIVEN_NAMES,
        *(use.alias for use in rule.facts),
        *(level.name for level in rule.for_each),
        *(derivation.name for derivation in rule.let),
    }
    for used in _places(rule):
        for root in used.roots():
            if root not in known:
                raise ValueError(f"{used}: nothing is called {root!r} here; names: {', '.join(sorted(known))}")
    if any(use.where == "host" for use in rule.facts) and not any(level.name == "host" for level in rule.for_each):
        raise ValueError("a fact is read @host, but no for_each goes over hosts under the name `host`")


def _places(rule: Rule) -> list[Place]:
    in_texts = [found for text in TEXTS for found in places_in(getattr(rule, text))]
    in_lets = [derivation.of for derivation in rule.let]
    others = [d.argument.place for d in rule.let if isinstance(d.argument, Ref)]
    over = [place(level.of) for level in rule.for_each if level.kind == "items"]
    over += [place(level.of) for level in rule.for_each if level.kind == "services"]
    over += [rule.evidence] if rule.evidence else []
    return [*in_texts, *in_lets, *others, *over, *(p for condition in rule.when for p in _in_condition(condition))]


def _in_condition(condition: Condition) -> list[Place]:
    if isinstance(condition, Group):
        return [found for part in condition.of for found in _in_condition(part)]
    return [condition.look, *([condition.value.place] if isinstance(condition.value, Ref) else [])]
