"""Values as they may be shown: never one of an option that the catalog or its name calls secret."""

from __future__ import annotations

from ostler.catalog.option import Option
from ostler.masking import is_secret_name, mask_config_line
from ostler.secret import MASK

LONGEST = 120
SIGN = "= "


def shown_value(name: str, value: str, option: Option | None) -> str:
    """The value of an option in one line, cut when it is long; masked when it is secret."""
    if is_secret(name, option):
        return MASK
    return cut(mask_config_line(f"value {SIGN}{' '.join(value.split())}").partition(SIGN)[2])


def cut(value: str) -> str:
    """A value in one line, cut when it is long."""
    line = " ".join(value.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def is_secret(name: str, option: Option | None) -> bool:
    """Whether nobody is to see the value of an option."""
    return is_secret_name(name) or (option is not None and option.is_secret)


def in_words(group: str, name: str) -> str:
    """An option as people write it."""
    return f"[{group}] {name}"
