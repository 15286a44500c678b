"""Conditions: true, false, or not to be told.

Not knowing is carried along: ``all`` is false as soon as one condition is, ``any`` true as soon as one is, whatever
else is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.rules.model import CannotTell, Condition, Group, Test
from ostler.rules.place import Missing
from ostler.rules.scope import ODD_VALUE, Scope, first_unknown
from ostler.rules.vocabulary import OPERATIONS

Truth = bool | CannotTell


def holds(condition: Condition, scope: Scope) -> Truth:
    """Tell whether a condition holds at a subject."""
    if isinstance(condition, Test):
        return _test(condition, scope)
    if condition.kind == "any":
        return not_so(every([not_so(holds(part, scope)) for part in condition.of]))
    if condition.kind == "none":
        return every([not_so(holds(part, scope)) for part in condition.of])
    return _group_all(condition, scope)


def every(truths: Sequence[Truth]) -> Truth:
    """True when all are true, false when one is false, else the first reason not to tell."""
    if any(truth is False for truth in truths):
        return False
    return next((truth for truth in truths if isinstance(truth, CannotTell)), True)


def not_so(truth: Truth) -> Truth:
    """The opposite; what cannot be told stays so."""
    return truth if isinstance(truth, CannotTell) else not truth


def _group_all(group: Group, scope: Scope) -> Truth:
    return every([holds(part, scope) for part in group.of])


def _test(test: Test, scope: Scope) -> Truth:
    found, wanted = scope.value(test.look), scope.operand(test.value)
    for given in (found, wanted):
        if isinstance(given, CannotTell):
            return given
    if test.operation == "absent":
        return isinstance(found, Missing) == bool(wanted)
    for given in (found, wanted):
        if isinstance(given, Missing):
            about = scope.request_text(test.look.root)
            return CannotTell(about.about, f"it has no {given.where!r}", about.host)
    unknown = first_unknown(found)
    if unknown is not None:
        return unknown
    try:
        return OPERATIONS[test.operation](found, wanted)
    except ODD_VALUE as error:
        about = scope.request_text(test.look.root)
        return CannotTell(about.about, f"its value is not of the expected shape: {error!r}", about.host)
