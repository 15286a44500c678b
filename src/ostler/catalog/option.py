"""One oslo.config option, as a project's code declares it in one release."""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Place = tuple[str, str]
"""A group and a name, as oslo.config compares them (see `place_of`)."""

DEFAULT = "DEFAULT"

TRUE = ("true", "1", "on", "yes")
FALSE = ("false", "0", "off", "no")
MAX_PORT = 65535
LONGEST_NAME = 253
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
NO_NUMBER = re.compile("[A-Za-z-]")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]")
"""How long a host's name may be, what a part of it is, what must be in its last one, and how a URI begins, for
oslo.config's types (oslo_config/types.py of the wheels 3.22.2, Ocata, and 10.3.0, 2026.1; 2026-11-27)."""


@functools.lru_cache(4096)
def place_of(group: str, name: str) -> Place:
    """Where an option stands: groups but DEFAULT are compared in lower case, and `-` in a name is `_`."""
    return (group if group == DEFAULT else group.lower(), name.replace("-", "_"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The type of an option's value.

    `type` is oslo.config's own word in lower case (`integer`, `hostaddress`); `choices` is empty when any value of
    the type will do; `items` is the type of a list's items, None for texts; `is_bounded` says that a list stands in
    brackets.
    """

    type: str
    min: float | None = None
    max: float | None = None
    choices: tuple[Any, ...] = ()
    is_case_ignored: bool = False
    items: Kind | None = None
    is_bounded: bool = False

    def problem(self, value: str) -> str | None:
        """Why a text cannot be a value of this type, without the text; None when it can, or nobody can tell.

        A value that refers to another option (`$name`) cannot be told.
        """
        if "$" in value:
            return None
        if self.choices and self.type == "string":
            return self._choice_problem(value)
        check = _CHECKS.get(self.type)
        return check(self, value.strip()) if check else None

    def _choice_problem(self, value: str) -> str | None:
        choices = [str(choice) for choice in self.choices]
        is_one = value.lower() in [c.lower() for c in choices] if self.is_case_ignored else value in choices
        return None if is_one else f"not one of {', '.join(repr(choice) for choice in choices)}"


def _boolean(kind: Kind, value: str) -> str | None:
    return None if value.lower() in (*TRUE, *FALSE) else "not true or false"


def _integer(kind: Kind, value: str) -> str | None:
    return _number(kind, value, int, "not a whole number")


def _float(kind: Kind, value: str) -> str | None:
    return _number(kind, value, float, "not a number")


def _number(kind: Kind, value: str, number: type[int] | type[float], otherwise: str) -> str | None:
    if not value:
        return None
    try:
        found = number(value)
    except ValueError:
        return otherwise
    if kind.choices:
        return None if found in kind.choices else f"not one of {', '.join(map(str, kind.choices))}"
    if kind.min is not None and found < kind.min:
        return f"less than {kind.min:g}"
    return f"more than {kind.max:g}" if kind.max is not None and found > kind.max else None


def _port(kind: Kind, value: str) -> str | None:
    least = 0 if kind.min is None else kind.min
    most = MAX_PORT if kind.max is None else kind.max
    return _number(Kind(type="integer", min=least, max=most, choices=kind.choices), value, int, "not a whole number")


def _address(kind: Kind, value: str) -> str | None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return "not an IP address"
    return None


def _host(kind: Kind, value: str) -> str | None:
    """Of a domain's host `_` is taken, too."""
    name = (value.replace("_", "x") if kind.type == "hostdomain" else value).removesuffix(".")
    is_name = len(value) <= LONGEST_NAME and NO_NUMBER.search(value.removesuffix(".").rpartition(".")[2])
    if _address(kind, value) is None or (is_name and all(LABEL.fullmatch(part) for part in name.split("."))):
        return None
    return "neither an IP address nor the name of a host"


def _uri(kind: Kind, value: str) -> str | None:
    return None if URI.match(value) else "not a URI with a scheme and a host, such as http://host/"


def _list(kind: Kind, value: str) -> str | None:
    if kind.is_bounded and not (value.startswith("[") and value.endswith("]")):
        return "not in brackets"
    items = [item.strip() for item in value.strip("[]").rstrip(",").split(",")] if value else []
    if kind.items is None or kind.items.type not in ("integer", "float", "port", "boolean", "string"):
        return None  # other types may take a comma for their own
    return next((f"an item is {problem}" for item in items if (problem := kind.items.problem(item))), None)


def _dict(kind: Kind, value: str) -> str | None:
    return None if not value or ":" in value else "not pairs of a name and a value"


_CHECKS = {
    "boolean": _boolean,
    "integer": _integer,
    "float": _float,
    "port": _port,
    "ipaddress": _address,
    **dict.fromkeys(("hostaddress", "hostdomain", "hostname"), _host),
    "uri": _uri,
    "list": _list,
    "dict": _dict,
}


@dataclass(frozen=True, kw_only=True)
class Removal:
    """An option that still works and is to go. `since` and `reason` are what its project says; either may be empty."""

    since: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option in one release.

    `default` is as JSON has it, None when there is none; `deprecated` are the old names that still work, in the order
    in which oslo.config looks for them; `is_multi` says that it may be given several times, and all count.
    """

    group: str
    name: str
    kind: Kind
    default: Any = None
    deprecated: tuple[Place, ...] = ()
    removal: Removal | None = None
    is_multi: bool = False
    is_required: bool = False
    is_secret: bool = False
    is_mutable: bool = False

    @property
    def place(self) -> Place:
        return (self.group, self.name)

    @property
    def default_text(self) -> str:
        """The default as it would stand in a file, and `(none)` when there is none."""
        return _as_text(self.default)

    def is_default(self, value: str) -> bool:
        """Whether a text means the default. One that refers to another option (`$name`) cannot be told."""
        if self.default is None or "$" in value:
            return False
        if isinstance(self.default, bool):
            return value.strip().lower() in (TRUE if self.default else FALSE)
        if isinstance(self.default, list):
            items = [item.strip() for item in value.split(",")] if value.strip() else []
            return items == [_as_text(item) for item in self.default]
        said, meant = value.strip(), self.default_text
        return said.lower() == meant.lower() if self.kind.is_case_ignored else said == meant


def _as_text(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(_as_text(each) for each in value)
    if isinstance(value, dict):
        return ",".join(f"{name}:{_as_text(each)}" for name, each in sorted(value.items()))
    return value if isinstance(value, str) else json.dumps(value)


def option_from(group: str, name: str, record: Mapping[str, Any]) -> Option:
    """The option that a harvested record describes (see environments/foreign/harvesting.py)."""
    removal = record.get("removal")
    return Option(
        group=group,
        name=name,
        kind=_kind_from(record),
        default=record.get("default"),
        deprecated=tuple(place_of(old_group, old_name) for old_group, old_name in record.get("deprecated", ())),
        removal=Removal(**removal) if removal else None,
        is_multi=record.get("multi", False),
        is_required=record.get("required", False),
        is_secret=record.get("secret", False),
        is_mutable=record.get("mutable", False),
    )


def _kind_from(record: Mapping[str, Any]) -> Kind:
    items = record.get("items")
    return Kind(
        type=record["type"],
        min=record.get("min"),
        max=record.get("max"),
        choices=tuple(record.get("choices", ())),
        is_case_ignored=record.get("ignore_case", False),
        items=_kind_from(items) if items else None,
        is_bounded=record.get("bounds", False),
    )
