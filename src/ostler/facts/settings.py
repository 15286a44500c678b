"""`host.settings`: every option that the configuration files of OpenStack's services set on a host, to be compared with
other hosts and with what the cloud's release knows. Secrets never leave the host: of every value there is a digest
too short to find it by trying, and the value itself only where it can hold no secret.

Value: {path: {options, problems}}. `options` are {"group/name": {line, value, digest, own}}: value None where it is
not told; `own` is the digest of the value with the host's own name and address left out, so that what is right to
differ does not. Of an option that is given several times the last one counts. `problems` are [{line, option, kind,
says}], kind one of KINDS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ostler.catalog import load_catalog
from ostler.catalog.config_known import load_config_known
from ostler.catalog.option import Option, Place, place_of
from ostler.catalog.options import load_options
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.configuration.file import Block, ConfigFile, parse_config
from ostler.configuration.groups import FileGroups
from ostler.errors import InputError
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python
from ostler.facts.settings_script import READING, SECRETS, project_folders

UNREADABLE, WRONG_TYPE, UNKNOWN, NO_CODE, NO_BACKEND, NO_FOLDER, POLICY = (
    "unreadable-line", "wrong-type", "unknown-option", "no-such-code", "no-such-backend", "no-such-folder",
    "broken-policy",
)  # fmt: skip
KINDS = (UNREADABLE, WRONG_TYPE, UNKNOWN, NO_CODE, NO_BACKEND, NO_FOLDER, POLICY)
DIGEST_LENGTH = 4
"""Hexadecimal digits: two values that differ look alike once in 65,536 times, and a password on a list of a million
cannot be told from a dozen others."""

WITHHELD = "$withheld"
"""Stands for a value that is not told: a value with a reference can be of any type."""

SCRIPT = (
    READING
    + r"""
import glob
secret, length = re.compile(sys.argv[2], re.IGNORECASE), int(sys.argv[3])
own = sys.argv[4:6]
alone = re.compile(r"(?<![\w.-])(%s)(?![\w-]|\.\w)" % "|".join(map(re.escape, own)))

def digest(value):
    return hashlib.sha256(("ostler " + value).encode("utf-8", "replace")).hexdigest()[:length]

def is_secret(name, value):
    return bool(secret.search(name)) or "@" in value or len(value) > 300

def packages(service):
    found = glob.glob("/opt/openstack/current/%s/lib/python3*/site-packages" % service)
    return found[0] if found else None

def has_word(paths, word):
    for path in paths:
        try:
            with open(path, errors="replace") as file:
                if re.search(r"\b%s\b" % re.escape(word), file.read()):
                    return True
        except OSError:
            continue
    return False

def lacks_class(root, dotted):
    module, _, name = dotted.rpartition(".")
    if not re.match(r"[A-Za-z_]\w*(\.\w+)+$", dotted):
        return True
    at = os.path.join(root, *module.split("."))
    files = [at + ".py"] if os.path.exists(at + ".py") else glob.glob(at + "/*.py")
    return not files or not has_word(files, name)

def code_problems(options):
    found = []
    values = {(group, name): (line, value) for line, group, name, value in options}
    nova, volume = packages("nova-compute") or packages("nova-scheduler"), packages("cinder-volume")
    line, driver = values.get(("DEFAULT", "compute_driver"), (0, ""))
    if nova and driver and lacks_class(nova, "nova.virt." + driver):
        found.append([line, "DEFAULT/compute_driver", "there is no %s in nova's code here" % driver[:100]])
    line, filters = values.get(("filter_scheduler", "enabled_filters"), (0, ""))
    if nova and filters and ("filter_scheduler", "available_filters") not in values:
        files = glob.glob(nova + "/nova/scheduler/filters/*.py")
        for name in filters.split(","):
            if files and name.strip() and not has_word(files, name.strip()):
                found.append([line, "filter_scheduler/enabled_filters", "nova has no filter %s" % name.strip()[:100]])
    line, backends = values.get(("DEFAULT", "enabled_backends"), (0, ""))
    for name in backends.split(",") if volume else []:
        at, driver = values.get((name.strip(), "volume_driver"), (0, ""))
        if driver and lacks_class(volume, driver):
            found.append([at, name.strip() + "/volume_driver", "there is no %s in cinder's code here" % driver[:100]])
    return found

def folder_problems(options):
    return [[line, group + "/" + name, "there is no folder %s" % value[:150]] for line, group, name, value in options
            if name == "filesystem_store_datadir" and not group.startswith("os_glance_")
            and value.startswith("/") and not os.path.isdir(value)]

answer = {}
for folder in sys.argv[6:]:
    for path in files_below(folder):
        options, wrong = options_of(text_of(path))
        answer[path] = {
            "options": [[line, group, name, None if is_secret(name, value) else value, digest(value),
                         digest(alone.sub("", value))] for line, group, name, value in options],
            "wrong": wrong, "code": code_problems(options), "folders": folder_problems(options)}
    for name in ("policy.yaml", "policy.yml", "policy.json"):
        if os.path.isfile(os.path.join(folder, name)):
            answer[os.path.join(folder, name)] = {"policy": text_of(os.path.join(folder, name))}
print(json.dumps(answer))
"""
)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    host = cloud.host(str(request.host))
    own = (host.name, host.address)
    return (python("host.settings", SCRIPT, SECRETS, str(DIGEST_LENGTH), *own, *project_folders(), timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the settings of services")
    return {path: _file(path, seen, cloud.release) for path, seen in answer.items()}


def _file(path: str, seen: JsonValue, release: str) -> JsonValue:
    if not isinstance(seen, dict):
        raise ValueError(f"the settings in {path} are no object")
    what = f"the settings in {path}"
    if "policy" in seen:
        return {"options": {}, "problems": _policy_problems(entry(seen, "policy", str, what))}
    listed = [_option(each, what) for each in entry(seen, "options", list, what)]
    wrong = [_number(line, what) for line in entry(seen, "wrong", list, what)]
    problems = [{"line": line, "option": "", "kind": UNREADABLE, "says": "it is no option"} for line in wrong]
    for key, kind in (("code", NO_CODE), ("folders", NO_FOLDER)):
        problems += [_problem(each, kind, what) for each in entry(seen, key, list, what)]
    problems += _by_catalog(path, listed, release)
    problems += _backends(path, listed)
    return {
        "options": {
            f"{group}/{name}": {"line": line, "value": value, "digest": digest, "own": own}
            for line, group, name, value, digest, own in listed
        },
        "problems": problems,
    }


Listed = tuple[int, str, str, str | None, str, str]


def _option(seen: JsonValue, what: str) -> Listed:
    if not isinstance(seen, list) or len(seen) != 6:
        raise ValueError(f"{what} have an option of another form")
    line, group, name, value, digest, own = seen
    texts = (group, name, digest, own)
    if not all(isinstance(text, str) for text in texts) or not isinstance(value, (str, type(None))):
        raise ValueError(f"{what} have an option of another form")
    return _number(line, what), group, name, value, digest, own


def _number(line: object, what: str) -> int:
    if not isinstance(line, int):
        raise ValueError(f"{what} have a line without number")
    return line


def _problem(seen: JsonValue, kind: str, what: str) -> dict[str, Any]:
    if not isinstance(seen, list) or len(seen) != 3 or not all(isinstance(text, str) for text in seen[1:]):
        raise ValueError(f"{what} have a problem of another form")
    return {"line": _number(seen[0], what), "option": seen[1], "kind": kind, "says": seen[2]}


def _by_catalog(path: str, listed: Sequence[Listed], release: str) -> list[dict[str, Any]]:
    """What the release's own options say of the values; nothing where they were not harvested."""
    project = next((each.name for each in load_catalog().projects if path.startswith(f"{each.config_dir}/")), "")
    try:
        known = load_options(project).all_at(release)
    except InputError:
        return []
    file = parse_config("".join(f"[{each[1]}]\n{each[2]} = {_shown(each[3])}\n" for each in listed))
    groups = FileGroups(project, file, known, load_config_known())
    lines = {(each[1], each[2]): each[0] for each in listed}
    return [
        {"line": lines.get((block.group or "", block.name), 0), "option": f"{block.group}/{block.name}", **found}
        for block, found in _judged(file, groups, known)
    ]


def _shown(value: str | None) -> str:
    return WITHHELD if value is None else value.replace("\n", "\n  ")


def _judged(
    file: ConfigFile, groups: FileGroups, known: Mapping[Place, Option]
) -> Iterator[tuple[Block, dict[str, str]]]:
    old = {place for option in known.values() for place in option.deprecated}
    for block in file.options():
        group = block.group or ""
        option = groups.find(group, block.name)
        if option is not None:
            problem = None if option.is_secret else option.kind.problem(block.value)
            if problem:
                yield block, {"kind": WRONG_TYPE, "says": f"{block.value[:80]!r} is {problem}"}
        elif (
            place_of(group, block.name) not in old
            and not groups.is_open(group, block.place[1])
            and any(home in groups.known for home in groups.homes(group))
        ):
            yield block, {"kind": UNKNOWN, "says": "this release has no such option"}


def _policy_problems(text: str) -> list[dict[str, Any]]:
    """Why a policy file cannot be used: services answer 500 or 403 to what they cannot judge."""
    try:
        rules = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it cannot be read"
        return [{"line": mark.line + 1 if mark else 0, "option": "", "kind": POLICY, "says": f"no YAML: {said}"}]
    if rules is None or (isinstance(rules, dict) and all(isinstance(name, str) for name in rules)):
        return []
    return [{"line": 1, "option": "", "kind": POLICY, "says": "it is no mapping of rules"}]


def _backends(path: str, listed: Sequence[Listed]) -> Iterator[dict[str, Any]]:
    """Backends that cinder is to enable and that have no section."""
    groups = {each[1] for each in listed}
    for line, group, name, value, *_ in listed:
        if path.endswith("/cinder.conf") and (group, name) == ("DEFAULT", "enabled_backends"):
            for backend in (item.strip() for item in (value or "").split(",")):
                if backend and backend not in groups:
                    says = f"there is no section [{backend}]"
                    yield {"line": line, "option": f"{group}/{name}", "kind": NO_BACKEND, "says": says}


FACT = HostFact("host.settings", commands, parse)
