"""Which names and addresses are let in. What a file says is hostile until it matches one of these."""

from __future__ import annotations

import ipaddress
import re

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
"""A host's or a cloud's name: it can be neither an option (-x) nor a path nor a piece of shell."""

LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
JUMP = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.-]{0,31}@)?[A-Za-z0-9][A-Za-z0-9._-]{0,252}(?::[0-9]{1,5})?")
PATH = re.compile(r"/[A-Za-z0-9._/@:+-]{1,255}")


def is_name(text: str) -> bool:
    """Whether `text` may name a host or a cloud."""
    return NAME.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether `text` is an IP address or may be a host's DNS name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return is_name(text)
    return "%" not in text
