"""What the names in a rule stand for at one subject, and the values found there.

A value is plain data, :class:`Missing` (the fact was read and has nothing there) or :class:`CannotTell` (the fact
is unknown). Missing is never taken for a plain value: only ``absent`` may ask for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostler.facts.model import Unknown, wanted
from ostler.rules.model import CannotTell, Derivation, FactUse, Ref, Rule
from ostler.rules.place import Missing, Place, step_into
from ostler.rules.vocabulary import FUNCTIONS, GROUPS, OF_THE_KNOWN, Context
from ostler.rules.worlds import catalog_values, cloud_values

ODD_VALUE = (TypeError, ValueError, KeyError, AttributeError, IndexError)
"""What a comparison or a function raises for a value of a shape the rule does not expect."""


class Scope:
    """The names a rule can use at one subject: bound things, facts, worked-out values, ``cloud``, ``catalog`` and
    ``target``. Values that are the same at every subject are worked out once, for all scopes bound from one."""

    def __init__(self, rule: Rule, context: Context, bound: Mapping[str, Any]) -> None:
        self.rule = rule
        self.context = context
        self.bound = bound
        self._facts = {use.alias: use for use in rule.facts}
        self._lets = {derivation.name: derivation for derivation in rule.let}
        self._at_subjects = _names_at_subjects(rule)
        self._everywhere: dict[str, Any] = {}

    def binding(self, name: str, thing: Any) -> Scope:
        """Return a scope in which one more name is bound."""
        bound = Scope.__new__(Scope)
        bound.__dict__.update(self.__dict__)
        bound.bound = {**self.bound, name: thing}
        return bound

    def value(self, place: Place) -> Any:
        """Return what stands at a place."""
        found = self._root(place.root)
        return self._walk(found, place.parts[1:], place.root)

    def operand(self, value: Any) -> Any:
        """Return a comparison's other side: the value at a place, or the literal itself."""
        return self.value(value.place) if isinstance(value, Ref) else value

    def request_text(self, root: str) -> CannotTell:
        """Return a CannotTell, without a reason yet, for the fact behind a name."""
        use = self._facts.get(root)
        if use is None:
            derivation = self._lets.get(root)
            return self.request_text(derivation.of.root) if derivation else CannotTell(root, "")
        host = self.bound.get("host") if use.where == "host" else None
        return CannotTell(str(wanted(use.fact, host, **dict(use.params))), "", host)

    def _root(self, name: str) -> Any:
        if name in self.bound:
            return self.bound[name]
        if name in self._at_subjects:
            return self._worked_out(name)
        if name not in self._everywhere:
            self._everywhere[name] = self._worked_out(name)
        return self._everywhere[name]

    def _worked_out(self, name: str) -> Any:
        if name in self._facts:
            return self._fact(self._facts[name])
        if name in self._lets:
            return self._derived(self._lets[name])
        if name == "cloud":
            return cloud_values(self.context.cloud)
        if name == "catalog":
            return catalog_values(self.context)
        return self.context.target if name == "target" else Missing(name)

    def _fact(self, use: FactUse) -> Any:
        if use.where is None or use.where == "host":
            return self._read(use, self.bound.get("host") if use.where else None)
        return {host: self._read(use, host) for host in GROUPS[use.where](self.context.cloud)}

    def _read(self, use: FactUse, host: str | None) -> Any:
        value = self.context.snapshot.get(use.fact, host, **dict(use.params))
        if isinstance(value, Unknown):
            return CannotTell(
                str(wanted(use.fact, host, **dict(use.params))), value.reason, host, value.code, value.do_next
            )
        return value

    def _derived(self, derivation: Derivation) -> Any:
        value, argument = self.value(derivation.of), self.operand(derivation.argument)
        for given in (value, argument):
            if isinstance(given, (CannotTell, Missing)):
                return given
        if derivation.function in OF_THE_KNOWN:
            value = _known(value)
        unknown = first_unknown(value)
        if unknown is not None:
            return unknown
        try:
            return FUNCTIONS[derivation.function](self.context, value, argument)
        except ODD_VALUE as error:
            about = self.request_text(derivation.of.root)
            return CannotTell(about.about, f"its value is not of the expected shape: {error!r}", about.host)

    def _walk(self, value: Any, parts: tuple[str | Place, ...], root: str) -> Any:
        for index, part in enumerate(parts):
            if isinstance(value, (CannotTell, Missing)):
                return value
            if part == "*":
                return self._collect(value, parts[index + 1 :], root)
            key = self.value(part) if isinstance(part, Place) else part
            if isinstance(key, (CannotTell, Missing)):
                return key
            value = step_into(value, key)
        return value

    def _collect(self, value: Any, parts: tuple[str | Place, ...], root: str) -> Any:
        if isinstance(value, Mapping):
            found: Any = {key: self._walk(item, parts, root) for key, item in value.items()}
            return next((item for item in found.values() if isinstance(item, (CannotTell, Missing))), found)
        if isinstance(value, (list, tuple)):
            listed = [self._walk(item, parts, root) for item in value]
            return next((item for item in listed if isinstance(item, (CannotTell, Missing))), listed)
        about = self.request_text(root)
        return CannotTell(about.about, "it is neither a list nor a mapping", about.host)


def _names_at_subjects(rule: Rule) -> frozenset[str]:
    """The names whose values differ from one subject of a rule to the next."""
    names = {level.name for level in rule.for_each} | {use.alias for use in rule.facts if use.where == "host"}
    needs = {derivation.name: _roots(derivation) for derivation in rule.let}
    while more := {name for name, roots in needs.items() if name not in names and names & roots}:
        names |= more
    return frozenset(names)


def _roots(derivation: Derivation) -> set[str]:
    """The names a let is worked out from."""
    argument = derivation.argument
    return {*derivation.of.roots(), *(argument.place.roots() if isinstance(argument, Ref) else ())}


def first_unknown(value: Any) -> CannotTell | None:
    """Return the first unknown value among gathered ones; None when all are known."""
    if isinstance(value, Mapping):
        return next((item for item in value.values() if isinstance(item, CannotTell)), None)
    return None


def _known(value: Any) -> Any:
    """Return what is known of a fact gathered over hosts; all of it when nothing is."""
    if not isinstance(value, Mapping):
        return value
    known = {host: item for host, item in value.items() if not isinstance(item, CannotTell)}
    return known or value
