"""The paths that a fact is asked about: a parameter `paths`, a JSON list, since a name may hold any character."""

from __future__ import annotations

import json

from ostler.facts.model import FactRequest


def paths_of(request: FactRequest) -> list[str]:
    """Return the paths. Raises ValueError for what is no list of paths, and for a path that is not absolute."""
    paths = json.loads(request.param("paths"))
    if not isinstance(paths, list):
        raise ValueError(f"this is no list of paths: {paths!r}")
    wrong = [path for path in paths if not (isinstance(path, str) and path.startswith("/")) or "\0" in path]
    if wrong:
        raise ValueError(f"these are no absolute paths: {', '.join(map(repr, wrong))}")
    return paths
