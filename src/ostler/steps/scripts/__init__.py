"""Fixed shell scripts that steps run on hosts; their values come as positional parameters."""

from __future__ import annotations

from importlib.resources import files


def script_words(name: str, *values: str) -> tuple[str, ...]:
    """Return the words of a command that runs the script ``name``.sh with values. Hosts list it among their processes
    as `ostler-…`, with dashes for the name's underscores."""
    text = files(__name__).joinpath(f"{name}.sh").read_text()
    return ("sh", "-c", text, f"ostler-{name.replace('_', '-')}", *values)
