"""A tiny world to carry plans out in: hosts with numbers and files, kept on disk, so that it outlives a killed process.

Every command that changes it is counted in the world itself: what the journal claims can be compared with it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostler.cloud.model import Cloud, Host
from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult
from ostler.errors import CommandFailed, HostUnreachable
from ostler.execution.clock import Clock
from ostler.execution.home import Home
from ostler.execution.means import Means
from ostler.facts.model import FactRequest, Unknown, wanted
from ostler.facts.predicate import Expectation
from ostler.planning.model import Lane, Plan, Stage
from ostler.remote.copying import content_of, replacing
from ostler.remote.protocol import Content, Opening
from ostler.steps.effects import Effect, Run, Until
from ostler.steps.model import Kind, Remembered, Step, StepKind, param

CLOUD = Cloud(
    name="tiny",
    release="2024.1",
    deployment="venv",
    hosts={
        "ctl1": Host("ctl1", "192.0.2.1", ("controller",), "rack1"),
        "ctl2": Host("ctl2", "192.0.2.2", ("controller",), "rack2"),
        "cmp1": Host("cmp1", "192.0.2.3", ("compute",), "rack1"),
        "cmp2": Host("cmp2", "192.0.2.4", ("compute",), "rack1"),
        "cmp3": Host("cmp3", "192.0.2.5", ("compute",), "rack2"),
    },
)


class World:
    """The state of all hosts, as one JSON file: host -> {numbers, files}; and the list of what was done."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "world.json"
        self._lock = folder / "world.lock"
        if not self._path.exists():
            hosts = {name: {"numbers": {}, "files": {}, "down": False, "broken": []} for name in CLOUD.hosts}
            self._path.write_text(json.dumps({"hosts": hosts, "done": []}))

    @contextmanager
    def changing(self) -> Any:
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = json.loads(self._path.read_text())
            yield state
            partial = self._path.with_suffix(".partial")
            partial.write_text(json.dumps(state))
            partial.rename(self._path)

    @property
    def state(self) -> Any:
        return json.loads(self._path.read_text())

    def numbers(self, host: str) -> dict[str, int]:
        return dict(self.state["hosts"][host]["numbers"])

    def set(self, host: str, **numbers: int) -> None:
        with self.changing() as state:
            state["hosts"][host]["numbers"].update(numbers)

    def put_file(self, host: str, path: str, text: str, mode: str = "0640", owner: str = "nova") -> None:
        with self.changing() as state:
            state["hosts"][host]["files"][path] = {"text": text, "mode": mode, "owner": owner, "group": owner}

    def file(self, host: str, path: str) -> dict[str, str] | None:
        found = self.state["hosts"][host]["files"].get(path)
        return dict(found) if found else None

    def break_command(self, host: str, word: str, *, mend: bool = False) -> None:
        with self.changing() as state:
            broken = state["hosts"][host]["broken"]
            broken.remove(word) if mend else broken.append(word)

    def take_down(self, host: str, *, up: bool = False) -> None:
        with self.changing() as state:
            state["hosts"][host]["down"] = not up

    @property
    def done(self) -> list[str]:
        """Every change that commands made, in order: `host: add key`."""
        return list(self.state["done"])


class WorldTransport:
    """Reaches the hosts of a world."""

    def __init__(self, world: World, on_run: Callable[[str, Command], None] | None = None) -> None:
        self._world = world
        self._on_run = on_run

    def run(self, host: str, command: Command) -> CommandResult:
        self._check(host)
        if self._on_run:
            self._on_run(host, command)
        word, *rest = command.argv
        if word in self._world.state["hosts"][host]["broken"]:
            return CommandResult(1, "", f"{word} is broken on {host}")
        with self._world.changing() as state:
            code, said = _COMMANDS[word](state, host, rest)
            return CommandResult(code, said, ABSENT if code and word == "cat" else "")

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        return [self.run(host, command) for command in commands]

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        self._check(host)
        with self._world.changing() as state:
            about = {
                "text": content.decode(errors="surrogateescape"),
                "mode": f"{mode:04o}",
                "owner": owner,
                "group": group,
            }
            state["hosts"][host]["files"][path] = about
            if "lock" not in path:
                state["done"].append(f"{host}: put {path}")

    def fetch(self, host: str, path: str) -> bytes:
        self._check(host)
        found = self._world.file(host, path)
        if found is None:
            raise CommandFailed("remote.no-file", f"{path} is not on {host}")
        return found["text"].encode(errors="surrogateescape")

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        with content_of(source).opened() as file:
            self.put(host, path, file.read(), mode=mode)

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        content = self.fetch(host, path)
        with (into or replacing)(target) as file:
            file.write(content)

    def close(self) -> None:
        pass

    def _check(self, host: str) -> None:
        if self._world.state["hosts"][host]["down"]:
            raise HostUnreachable("remote.unreachable", f"{host} does not answer")


def _add(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    numbers = state["hosts"][host]["numbers"]
    numbers[rest[0]] = numbers.get(rest[0], 0) + 1
    state["done"].append(f"{host}: add {rest[0]}")
    return 0, ""


def _set(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    state["hosts"][host]["numbers"][rest[0]] = int(rest[1])
    state["done"].append(f"{host}: set {rest[0]} {rest[1]}")
    return 0, ""


def _down_by_one(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    """Like a migration in batches: 1 while there is more to do, 0 at the end."""
    numbers = state["hosts"][host]["numbers"]
    numbers[rest[0]] = max(0, numbers.get(rest[0], 0) - 1)
    return (1 if numbers[rest[0]] else 0), f"| {rest[0]} | 1 | 1 |\n"


ABSENT = "cat: No such file or directory"


def _cat(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    found = state["hosts"][host]["files"].get(rest[-1])
    return (0, found["text"]) if found else (1, "")


def _rm(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    if state["hosts"][host]["files"].pop(rest[-1], None) and "lock" not in rest[-1]:
        state["done"].append(f"{host}: rm {rest[-1]}")
    return 0, ""


def _ln(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    files = state["hosts"][host]["files"]
    if rest[-1] in files:
        return 1, ""
    files[rest[-1]] = files[rest[-2]]
    return 0, ""


def _die(state: Any, host: str, rest: list[str]) -> tuple[int, str]:
    return int(rest[0]), "password=hunter2 mysql://nova:hunter2@db/nova"


_COMMANDS: Mapping[str, Callable[[Any, str, list[str]], tuple[int, str]]] = {
    "add": _add,
    "set": _set,
    "down-by-one": _down_by_one,
    "cat": _cat,
    "rm": _rm,
    "ln": _ln,
    "die": _die,
    "date": lambda state, host, rest: (0, str(int(time.time()))),
}


class WorldApi:
    """An API that takes everything."""

    def __init__(self) -> None:
        self.asked: list[ApiRequest] = []

    def call(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(request)
        return ApiResponse(200, {})

    def close(self) -> None:
        pass


def numbers_of(host: str) -> FactRequest:
    return wanted("numbers", host)


def read_world(world: World) -> Any:
    """A reader of the two facts there are: `numbers` and `host.files`."""

    def read(_cloud: Cloud, _transport: Any, _api: Any, requests: Iterable[FactRequest]) -> Mapping[FactRequest, Any]:
        return {request: _value(world.state["hosts"], request) for request in requests}

    return read


def _value(hosts: Any, request: FactRequest) -> Any:
    about = hosts[request.host]
    if about["down"]:
        return Unknown(f"{request.host} does not answer")
    if request.fact == "numbers":
        return about["numbers"]
    wishes = json.loads(request.param("paths"))
    return {
        path: {
            "sha256": hashlib.sha256(file["text"].encode(errors="surrogateescape")).hexdigest(),
            "mode": file["mode"],
            "owner": file["owner"],
            "group": file["group"],
            "size": len(file["text"]),
        }
        for path, file in about["files"].items()
        if any(path == wish or (wish.endswith("/") and path.startswith(wish)) for wish in wishes)
    }


def is_number(host: str, key: str, value: int, timeout_s: float = 0.1) -> Until:
    return Until(Expectation(numbers_of(host), (key,), "equals", value, f"{key} is {value}"), 0.01, timeout_s)


class SetNumber(Kind):
    """Sets a number; verified; repeatable."""

    name = "set"

    def title(self, step: Step) -> str:
        return f"set {param(step, 'key')} to {param(step, 'value')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return (Run(str(step.host), Command(("set", param(step, "key"), str(param(step, "value"))))),)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return (is_number(str(step.host), param(step, "key"), param(step, "value")),)

    def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        before = remembered[numbers_of(str(step.host))].get(param(step, "key"), 0)
        return (Run(str(step.host), Command(("set", param(step, "key"), str(before)))),)

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (numbers_of(str(step.host)),)


class SetAll(Kind):
    """Sets several numbers, one effect each; repeatable."""

    name = "set-all"

    def title(self, step: Step) -> str:
        return f"set {param(step, 'numbers')}"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        numbers = param(step, "numbers").items()
        return tuple(Run(str(step.host), Command(("set", key, str(value)))) for key, value in numbers)

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return tuple(is_number(str(step.host), key, value) for key, value in param(step, "numbers").items())


class SetMore(SetAll):
    """Sets several numbers, and sees only the first of them afterwards."""

    name = "set-more"

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return super().verify(step, cloud, remembered)[:1]


class AddOne(Kind):
    """Adds one to several numbers: not repeatable; verified against what was remembered."""

    name = "add"
    is_repeatable = False

    def title(self, step: Step) -> str:
        return f"add one to {param(step, 'keys')}"

    def remember(self, step: Step, cloud: Cloud) -> tuple[FactRequest, ...]:
        return (numbers_of(str(step.host)),)

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return tuple(Run(str(step.host), Command(("add", key))) for key in param(step, "keys"))

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        before = remembered[numbers_of(str(step.host))]
        return tuple(is_number(str(step.host), key, before.get(key, 0) + 1) for key in param(step, "keys"))


class AddBlindly(AddOne):
    """Adds one, and nothing tells afterwards whether it happened."""

    name = "add-blindly"

    def verify(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Until, ...]:
        return ()


class CarryOut(Kind):
    """Does the effects that a test hands to it by name."""

    name = "effects"
    known: Mapping[str, tuple[Effect, ...]] = {}

    def title(self, step: Step) -> str:
        return "do as the test says"

    def effects(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
        return self.known[param(step, "name")]


KINDS: Mapping[str, StepKind] = {
    kind.name: kind for kind in (SetNumber(), SetAll(), SetMore(), AddOne(), AddBlindly(), CarryOut())
}


def step(id_: str, kind: str, host: str, /, **more: Any) -> Step:
    fields = {key: more.pop(key) for key in ("relies_on", "lends", "returns") if key in more}
    return Step(id_, kind, host, "because the test says so", "none: a test", 0.1, params=more, **fields)


def lane(name: str, *steps: Step, domain: str | None = None) -> Lane:
    return Lane(name, steps, domain)


def stage(name: str, *lanes: Lane, **more: Any) -> Stage:
    return Stage(name, f"stage {name}", "why not", "none: a test", lanes, **more)


def plan(*stages: Stage, **more: Any) -> Plan:
    made = Plan("upgrade", "a plan of a test", "tiny", CLOUD.digest(), 0.0, "0" * 64, {}, stages, **more)
    return made.sealed()


@dataclass(frozen=True)
class Shop:
    """All that a run needs, below one folder."""

    folder: Path

    @property
    def world(self) -> World:
        return World(self.folder)

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    def means(self, **more: Any) -> Means:
        settings: dict[str, Any] = {
            "home": self.home,
            "who": "tester",
            "kind_of": KINDS.__getitem__,
            "read_facts": read_world(self.world),
            "clock": Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.01))),
        }
        return Means(**{**settings, **more})
