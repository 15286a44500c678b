"""Fixed scripts that facts run on hosts, each marked with the fact it serves.

The marker (`ostler-<fact id>`) is the script's first argument, so that it is seen in a host's process list and
a simulated host can tell what is asked. Values are passed as arguments, never joined into a script.
"""

from __future__ import annotations

from ostler.commands import Command, read

MARKER_PREFIX = "ostler-"


def marker(fact: str) -> str:
    """Return the word that marks the scripts of a fact."""
    return f"{MARKER_PREFIX}{fact}"


def shell(fact: str, script: str, *arguments: str, timeout_s: float = 20.0) -> Command:
    """Return a read-only POSIX shell script; it finds `arguments` in $1, $2, ..."""
    return read("sh", "-c", script, marker(fact), *arguments, timeout_s=timeout_s)


def python(fact: str, script: str, *arguments: str, timeout_s: float = 20.0) -> Command:
    """Return a read-only script for the host's own Python 3 (3.5 or later); it finds `arguments` in
    sys.argv[2:]. The host's site packages and environment variables are kept out (-I)."""
    return read("python3", "-I", "-c", script, marker(fact), *arguments, timeout_s=timeout_s)
