"""A small project of two releases, in which everything happens that can happen to an option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostler.catalog.config_known import ConfigKnown
from ostler.catalog.option import place_of
from ostler.catalog.option_file import Harvest, OptionFile, with_harvest
from ostler.catalog.options import ProjectOptions
from ostler.configuration.migration import Migration, migrate
from ostler.configuration.succession import Succession

ORDER = ("r1", "r2", "r3")

STRING: dict[str, Any] = {"type": "string"}
EVERYWHERE: dict[tuple[str, str], dict[str, Any]] = {
    ("DEFAULT", "debug"): {"type": "boolean", "default": False},
    ("DEFAULT", "plugin_dirs"): {"type": "string", "multi": True},
    ("DEFAULT", "transport_url"): {"type": "string", "secret": True},
    ("keystone_authtoken", "auth_type"): {"type": "string", "deprecated": [["keystone_authtoken", "auth_plugin"]]},
    ("", "auth_type"): {"type": "string", "deprecated": [["", "auth_plugin"]]},
    ("", "auth_section"): STRING,
    ("", "username"): {"type": "string", "deprecated": [["", "user_name"]]},
    ("", "password"): {"type": "string", "secret": True},
}
R1 = EVERYWHERE | {
    ("DEFAULT", "workers"): {"type": "integer", "default": 4, "min": 1},
    ("DEFAULT", "old_name"): STRING,
    ("DEFAULT", "wanderer"): STRING,
    ("DEFAULT", "dropped"): {"type": "string", "removal": {"since": "r0", "reason": "Nobody used it."}},
    ("DEFAULT", "many"): {"type": "string", "multi": True},
    ("DEFAULT", "mode"): {"type": "string", "choices": ["a", "b"], "default": "a"},
    ("api", "moved_silently"): {"type": "integer", "default": 7},
    ("database", "connection"): {"type": "string", "secret": True},
}
R2 = EVERYWHERE | {
    ("DEFAULT", "workers"): {"type": "integer", "default": 4, "min": 1},
    ("DEFAULT", "new_name"): {"type": "string", "deprecated": [["DEFAULT", "old_name"]]},
    ("home", "wanderer"): {"type": "string", "deprecated": [["DEFAULT", "wanderer"]]},
    ("DEFAULT", "plenty"): {"type": "string", "multi": True, "deprecated": [["DEFAULT", "many"]]},
    ("DEFAULT", "mode"): {"type": "string", "choices": ["a"], "default": "a"},
    ("api", "stays"): STRING,
    ("database", "connection"): {"type": "string", "secret": True},
    ("wsgi", "stays"): STRING,
}
R3 = EVERYWHERE | {
    ("DEFAULT", "workers"): {
        "type": "integer",
        "default": 8,
        "min": 1,
        "removal": {"since": "r3", "reason": "Threads."},
    },
    ("DEFAULT", "new_name"): STRING,
    ("home", "wanderer"): STRING,
    ("DEFAULT", "plenty"): {"type": "string", "multi": True},
    ("DEFAULT", "mode"): {"type": "string", "choices": ["a"], "default": "a"},
    ("wsgi", "moved_silently"): {"type": "integer", "default": 7},
    ("wsgi", "stays"): STRING,
    ("database", "connection"): {"type": "string", "secret": True},
    ("database", "password"): {"type": "string", "secret": True, "required": True},
}
R2[("api", "moved_silently")] = R1[("api", "moved_silently")]


def harvest(release: str, records: Mapping[tuple[str, str], dict[str, Any]]) -> Harvest:
    return Harvest(release, f"{release}.0", "3.11", {place_of(*place): record for place, record in records.items()})


def toy_options() -> ProjectOptions:
    file = OptionFile("toy")
    for release, records in zip(ORDER, (R1, R2, R3), strict=True):
        file = with_harvest(file, harvest(release, records), ORDER)
    return ProjectOptions(file)


class Carry:
    """Carries texts of one project from one release to another."""

    def __init__(self, options: ProjectOptions, source: str, target: str, known: ConfigKnown) -> None:
        self.succession = Succession(options, source, target)
        self.known = known

    def __call__(self, text: str) -> Migration:
        return migrate("my.conf", text, self.succession, self.known)
