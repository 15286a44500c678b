"""Whether files of Ocata, carried over by `ostler config migrate`, are parsed by every later release's own code without
an option that is unknown to it, has an old name, or is to go: save those the operator was asked about.

    .venv/bin/python benchmarks/config_of_ocata.py [--release pike ...] [--project nova ...] [--uncarried]
        [--unpacked DIR] [--json]

Three files of each project: what an operator has (the one the tests carry over), every option that Ocata has, set to
something else than its default, and every option that has an old name there, by that name. Each is parsed in the
environment of each release (see foreign/parsing.py), as it lies in the stores of this machine. What
oslo-config-validator calls unknown and the release's own code registers, is counted apart.

Ends with 2, and names them, when releases were not asked because this machine has no environment of theirs (--release
says which are wanted; Ocata's own says what can be set there), with 1 when a line was not taken, else with 0.

With --uncarried the files are parsed as Ocata has them, which says what carrying them over is worth. Environments are
unpacked to a place that is removed at once; with --unpacked to one that is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tables import show

from ostler.catalog.config_known import load_config_known
from ostler.catalog.option import DEFAULT, Option, Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.catalog.options import load_options
from ostler.configuration.draft import Told
from ostler.configuration.migration import Migration, migrate
from ostler.configuration.shown import in_words
from ostler.configuration.succession import Succession
from ostler.environments.harvest import SCRIPT as HARVESTING
from ostler.environments.harvest import asked, unpack
from ostler.environments.store import EnvironmentStore
from ostler.environments.unpacked import UnpackedStore
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import old_store

SOURCE = "ocata"
PROJECTS = ("nova", "neutron", "cinder")
SAMPLES = Path(__file__).parents[1] / "tests" / "unit" / "configuration" / "samples" / SOURCE
PARSING = Path(__file__).parent / "foreign" / "parsing.py"
KNOWN = load_config_known()
OLD_NAME_SAID = re.compile(
    r'Option "(?P<name>[^"]+)" from group "(?P<group>[^"]+)" is deprecated\. '
    r'Use option "(?!(?P=name)" from group "(?P=group)")'
)
"""What oslo.config logs when it reads an option by an old name. It says so, too, of options in DEFAULT whose code names
DEFAULT as their old group (oslo.messaging's): there the old name is the new one."""

NOT_ASKED = 2
FOUND = ("unknown", "old", "leaving", "unreadable")
VALUES: Mapping[str, str] = {
    "auth_type": "password",
    "auth_version": "v3",
    "transport_url": "rabbit://openstack:RABBIT_PASS@10.0.0.10/",
    "enabled_backends": "lvm",
    "volume_driver": "cinder.volume.drivers.lvm.LVMVolumeDriver",
}
"""What code acts on as soon as it is parsed."""

LEFT_OUT = ("auth_section",)
"""Leads away from the group in which it is set."""

MACHINE = "<"
"""Stands in defaults for what depends on the machine."""

BY_TYPE: Mapping[str, str] = {
    "boolean": "true", "integer": "1", "float": "1.5", "port": "8080", "ipaddress": "10.0.0.9", "hostaddress": "ctl9",
    "hostname": "ctl9", "uri": "http://10.0.0.9/", "dict": "a:b", "list": "a,b", "string": "text",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a release says of one file that was carried over to it; `untold` are the lines that it does not take as
    they are and that nobody was asked about."""

    release: str
    project: str
    sample: str
    decisions: int
    answer: Mapping[str, Any]
    untold: Mapping[str, tuple[str, ...]]

    def row(self) -> dict[str, Any]:
        said = self.answer["validator"]
        return {
            "release": self.release,
            "project": self.project,
            "sample": self.sample,
            "lines": self.answer["lines"],
            "asked": self.decisions,
            **{kind: len(self.untold[kind]) for kind in (*FOUND, "logged")},
            "validator": None if said is None else len(self.untold["validator"]),
            "told apart": None
            if said is None
            else len([place for place in of_validator(self.answer) if not is_so(place, self.answer)]),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    later = load_options(PROJECTS[0]).releases[1:]
    parser.add_argument("--release", action="append", choices=later, help="only this one; may be given several times")
    parser.add_argument("--project", action="append", choices=PROJECTS, help="only this one; several times, too")
    parser.add_argument("--uncarried", action="store_true", help="parse the files as they are for Ocata")
    parser.add_argument("--unpacked", type=Path, metavar="DIR", help="where environments are unpacked, and stay")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    every: list[Asked] = []
    lacking: list[str] = []
    for project in said.project or PROJECTS:
        with environment(project, SOURCE, said.unpacked) as of_source:
            files = samples(project, of_source)
            lacking += [] if of_source else [f"{SOURCE} ({project})"]
        for release in said.release or later:
            with environment(project, release, said.unpacked) as place:
                lacking += [] if place else [f"{release} ({project})"]
                target = SOURCE if said.uncarried else release
                every += [
                    asked_once(project, release, each, carried(project, target, files[each]), place)
                    for each in files
                    if place
                ]
    show(f"files of {SOURCE}, parsed by later releases", [each.row() for each in every], as_json=said.json)
    untold = [each for each in every if any(each.untold.values())]
    for each in untold:
        print(each.release, each.project, each.sample, json.dumps(each.untold), file=sys.stderr)
    if lacking:
        print(f"not asked, build them first (ostler env build RELEASE): {', '.join(lacking)}", file=sys.stderr)
        return NOT_ASKED
    return 1 if untold else 0


@contextlib.contextmanager
def environment(project: str, release: str, kept: Path | None) -> Iterator[Path | None]:
    """The newest environment of a project and release in the stores of this machine, unpacked; None, and it is told,
    where there is none."""
    stores = (old_store(cache_dir()), EnvironmentStore(cache_dir() / "environments"))
    stored = next((found for store in stores if (found := store.newest(project, release))), None)
    print(f"{project} {release}{'' if stored else ': no environment on this machine'}", file=sys.stderr)
    if stored is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ostler-parsing-") as folder:
        store = UnpackedStore(kept or Path(folder))
        held = store.hold(stored) or store.add(stored, partial(unpack, stored))
        yield held.path
        held.release()


def carried(project: str, release: str, text: str) -> Migration:
    """A file of Ocata carried over to a release; as it is where that is Ocata."""
    if release == SOURCE:
        return Migration(text, ())
    return migrate(f"{project}.conf", text, Succession(load_options(project), SOURCE, release), KNOWN)


def asked_once(project: str, release: str, sample: str, carried: Migration, environment: Path) -> Asked:
    answer = parsed(project, carried.text, environment)
    decisions = carried.of(Told.DECIDE)
    return Asked(release, project, sample, len(decisions), answer, untold(answer, carried))


def parsed(project: str, text: str, environment: Path) -> Mapping[str, Any]:
    """What the code of an environment says of a file."""
    with tempfile.TemporaryDirectory(prefix="ostler-parsing-") as folder:
        file = Path(folder) / f"{project}.conf"
        file.write_text(text)
        answer: Mapping[str, Any] = asked(environment, project, PARSING, [str(HARVESTING.parent), project, str(file)])
        return answer


def untold(answer: Mapping[str, Any], carried: Migration) -> dict[str, tuple[str, ...]]:
    """By kind, the lines that a release does not take as they are and about which nothing was asked."""
    told = {place_of_words(each.option) for each in carried.of(Told.DECIDE)}
    found = {kind: [(each[0], each[1]) for each in answer[kind]] for kind in FOUND}
    found["logged"] = [place_of(group, name) for line in answer["said"] for name, group in OLD_NAME_SAID.findall(line)]
    found["validator"] = [place for place in of_validator(answer) if is_so(place, answer)]
    return {
        kind: tuple(in_words(*place) for place in places if place_of(*place) not in told)
        for kind, places in found.items()
    }


def of_validator(answer: Mapping[str, Any]) -> list[Place]:
    """The places that oslo-config-validator complains about: `G/N not found`, `Deprecated opt G/N found`."""
    lines = [line.removeprefix("Deprecated opt ").partition(" ")[0] for line in answer["validator"] or ()]
    return [place_of(*line.rsplit("/", 1)) for line in lines]


def is_so(place: Place, answer: Mapping[str, Any]) -> bool:
    """Whether the release's own code, too, does not know a place that the validator names, or calls it old."""
    return any(place == place_of(each[0], each[1]) for kind in ("unknown", "old") for each in answer[kind])


def place_of_words(words: str) -> Place:
    group, _, name = words.rpartition(" ")
    return place_of(group.strip("[]") or DEFAULT, name)


def samples(project: str, of_source: Path | None) -> dict[str, str]:
    """The files of Ocata to carry over, by what they are. What Ocata's own code (None: it is not there to be asked)
    does not take of the made ones is left out of them."""
    options = {place: each for place, each in load_options(project).at(SOURCE).items() if place[0] != PLUGINS}
    new = {place: value_of(option) for place, option in options.items() if option.name not in LEFT_OUT}
    old = {each.deprecated[0]: new[place] for place, each in options.items() if each.deprecated and place in new}
    made = {"every option": new, "every old name": {place: old[place] for place in old if place not in options}}
    for values in made.values() if of_source else ():
        answer = parsed(project, written(values), of_source)
        for each in (*answer["unreadable"], *answer["unknown"]):
            del values[place_of(each[0], each[1])]
    return {"an operator's": (SAMPLES / f"{project}.conf").read_text()} | {
        name: written(values) for name, values in made.items()
    }


def value_of(option: Option) -> str:
    """A value that the option takes, another one than its default where one can be told."""
    kind, default = option.kind, option.default
    if option.name in VALUES:
        return VALUES[option.name]
    if isinstance(default, str) and kind.type == "string" and MACHINE not in default:
        return default  # many name code, or have to have a form that only the code knows
    if kind.choices:
        return str(next((choice for choice in kind.choices if choice != default), kind.choices[0]))
    if kind.type == "boolean":
        return str(not default).lower()
    if kind.type == "integer" and isinstance(default, int):
        return str(default + 1 if kind.max is None or default < kind.max else default - 1)
    if kind.type in BY_TYPE and (kind.items is None or kind.items.type == "string"):
        least = kind.min if kind.type == "integer" and kind.min else None
        return BY_TYPE[kind.type] if least is None else str(int(least))
    return "1"


def written(values: Mapping[Place, str]) -> str:
    """A configuration file."""
    groups: dict[str, list[str]] = {}
    for (group, name), value in sorted(values.items(), key=lambda each: (each[0][0] != DEFAULT, each[0])):
        groups.setdefault(group, []).append(f"{name} = {value}")
    return "\n".join(line for group, lines in groups.items() for line in (f"[{group}]", *lines, ""))


if __name__ == "__main__":
    raise SystemExit(main())
