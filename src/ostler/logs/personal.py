"""Personal data in what was logged: shown, because an operator needs it, and marked, because it must not go further."""

from __future__ import annotations

import re

from ostler.logs.event import Event

_EMAIL = re.compile(r"\b[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}\b")
_CLIENT = re.compile(
    r"\b(?:client|remote|from|peer)[ :=]{1,2}\[?\d{1,3}(?:\.\d{1,3}){3}\b|^\s*\d{1,3}(?:\.\d{1,3}){3}[ ,:]"
)
_USER = re.compile(r"\buser(?:_?name)?['\"]?[ :=]{1,3}['\"]?(?!None\b)[\w.\-]+", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f\-]{32,36}|default|-")


def personal_in(event: Event) -> tuple[str, ...]:
    """Return what kinds of personal data an event holds: `address` of a client, `e-mail`, name of a `user`."""
    text, user = event.text[:4000], event.details.user
    kinds = []
    if _may_name_client(text) and _CLIENT.search(text):
        kinds.append("address")
    if "@" in text and _EMAIL.search(text):
        kinds.append("e-mail")
    if (user is not None and not _ID.fullmatch(user)) or ("user" in text.casefold() and _USER.search(text)):
        kinds.append("user")
    return tuple(kinds)


def _may_name_client(text: str) -> bool:
    """Whether it is worth looking for a client's address: most lines have none of its words."""
    has_word = "client" in text or "remote" in text or "from" in text or "peer" in text
    return has_word or text.lstrip()[:1].isdecimal()
