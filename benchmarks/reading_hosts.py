"""Reading the same facts of 40 practice hosts with Ostler, with ansible-core, with pyinfra: how long, first and again.

Every tool runs the very same commands on every host: those of Ostler's facts about clock, disks, units, processes,
environments and three files. Ostler asks them all in one round trip per host; a playbook has one `command` task for
each (pipelining on, 50 forks), pyinfra one fact. "First" is a whole process from its start, over new connections;
"again" is reading everything once more over connections that are there (Ansible: within the same playbook).

    .venv/bin/python benchmarks/reading_hosts.py [--hosts 40] [--rounds 3] [--round-trip-ms 0] [--json]

The way to a practice host takes no time, which no operator's network can say of itself; --round-trip-ms makes it longer
for every tool alike, with a relay (reading/slow_line.py) that holds each byte back for half as long. Repeatable.

It builds a practice cloud `bench` of hosts without OpenStack for itself and takes it down again (--keep: does not);
--cloud-file FILE reads the hosts of another cloud. The other tools get their own environments in build/bench.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from own_cloud import own_cloud
from tables import show

from ostler.cloud.file import read_cloud_file
from ostler.cloud.model import Cloud
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest, wanted
from ostler.facts.registry import fact

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
CHILDREN = ROOT / "benchmarks" / "reading"
NAME = "bench"
FORKS = 50
AGAIN = 5
SLOW_PORT = 2222
FILES = ("/etc/hostname", "/etc/hosts", "/etc/ssh/sshd_config")
READ = (
    wanted("host.clock"),
    wanted("host.disk"),
    wanted("host.units"),
    wanted("host.processes"),
    wanted("host.environments"),
    files_wanted(None, FILES),
)


@dataclass(frozen=True)
class Bench:
    """One cloud to read, and where the other tools lie."""

    cloud: Cloud
    cloud_file: Path
    work: Path
    ansible: Path
    pyinfra: Path

    @property
    def commands(self) -> list[list[str]]:
        """The commands that are run on every host, as argument lists."""
        host = next(iter(self.cloud.hosts))
        requests = [FactRequest(request.fact, host, request.params) for request in READ]
        found = [command for r in requests for command in fact(r.fact).commands(self.cloud, r)]  # type: ignore[union-attr]
        assert not any(command.stdin or command.user or command.env for command in found)
        return [list(command.argv) for command in found]


@dataclass(frozen=True)
class Reading:
    """How long one tool took, in seconds: the whole process over new connections, and reading once more."""

    first_s: float
    again_s: float


def with_ostler(bench: Bench) -> Reading:
    job = {"cloud_file": str(bench.cloud_file), "facts": [[r.fact, r.params] for r in READ], "again": AGAIN}
    return _child(bench, [sys.executable, str(CHILDREN / "with_ostler.py")], job)


def with_pyinfra(bench: Bench) -> Reading:
    access = bench.cloud.access
    job = {
        "hosts": {host.name: host.address for host in bench.cloud.hosts.values()},
        "port": access.port,
        "key": str(access.key),
        "known_hosts": str(access.known_hosts),
        "commands": bench.commands,
        "forks": FORKS,
        "again": AGAIN,
    }
    return _child(bench, [str(bench.pyinfra / "bin" / "python"), str(CHILDREN / "with_pyinfra.py")], job)


def _child(bench: Bench, argv: Sequence[str], job: Mapping[str, Any]) -> Reading:
    """Run a script that prints one line of JSON for each time it has read everything."""
    path = bench.work / "job.json"
    path.write_text(json.dumps(job))
    started = time.perf_counter()
    process = subprocess.Popen([*argv, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    first = process.stdout.readline()
    first_s = time.perf_counter() - started
    rest, errors = process.communicate()
    if process.returncode != 0 or not first:
        raise SystemExit(f"{argv[-1]} failed:\n{errors}")
    answers = [json.loads(line) for line in (first, *rest.splitlines())]
    for answer in answers:
        if answer["wrong"]:
            raise SystemExit(f"{argv[-1]} did not read everything: {answer['wrong'][:5]}")
    return Reading(first_s, statistics.median(answer["seconds"] for answer in answers[1:]))


def with_ansible(bench: Bench) -> Reading:
    return _with_playbook(
        bench,
        [
            {"ansible.builtin.command": {"argv": argv}, "changed_when": False, "failed_when": False}
            for argv in bench.commands
        ],
    )


def with_ansible_setup(bench: Bench) -> Reading:
    """Not the same facts: what Ansible gathers by itself, its own way."""
    return _with_playbook(bench, [{"ansible.builtin.setup": {}}])


def _with_playbook(bench: Bench, tasks: Sequence[Mapping[str, Any]]) -> Reading:
    """First: sockets of its own. Again: what it takes longer to read everything several times than once."""
    sockets = bench.work / f"sockets-{time.monotonic_ns()}"
    sockets.mkdir()
    first_s = _playbook(bench, sockets, tasks, times=1)
    once_s = _playbook(bench, sockets, tasks, times=1)
    several_s = _playbook(bench, sockets, tasks, times=1 + AGAIN)
    _close(bench, sockets)
    return Reading(first_s, (several_s - once_s) / AGAIN)


def _playbook(bench: Bench, sockets: Path, tasks: Sequence[Mapping[str, Any]], *, times: int) -> float:
    play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks) * times}
    (bench.work / "playbook.yml").write_text(json.dumps([play]))
    started = time.perf_counter()
    done = subprocess.run(
        [str(bench.ansible / "bin" / "ansible-playbook"), "-i", "inventory.yml", "playbook.yml"],
        cwd=bench.work,
        env={**_environment(), "ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets)},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0 or done.stdout.count(f"ok={len(play['tasks'])} ") != len(bench.cloud.hosts):
        raise SystemExit(f"ansible-playbook did not read everything:\n{done.stdout[-3000:]}{done.stderr}")
    return seconds


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "LC_ALL": "C.UTF-8"}


def _close(bench: Bench, sockets: Path) -> None:
    for socket in sockets.iterdir():
        subprocess.run(["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"], capture_output=True)


def _write_ansible(bench: Bench) -> None:
    access = bench.cloud.access
    hosts = {
        host.name: {
            "ansible_host": host.address,
            "ansible_port": access.port,
            "ansible_user": access.user,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        for host in bench.cloud.hosts.values()
    }
    (bench.work / "inventory.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
    (bench.work / "ansible.cfg").write_text(
        "[defaults]\n"
        f"forks = {FORKS}\nprivate_key_file = {access.key}\ndisplay_ok_hosts = false\nhost_key_checking = true\n"
        "[ssh_connection]\npipelining = true\n"
        f"ssh_args = -F none -o UserKnownHostsFile={access.known_hosts} -o ControlMaster=auto -o ControlPersist=120s\n"
    )


@contextmanager
def longer_way(cloud_file: Path, work: Path, round_trip_ms: float) -> Iterator[Path]:
    """A cloud file whose hosts are as far away as that."""
    if not round_trip_ms:
        yield cloud_file
        return
    cloud, document = read_cloud_file(cloud_file), yaml.safe_load(cloud_file.read_text())
    near = {f"127.77.{n // 250}.{n % 250 + 1}": host for n, host in enumerate(cloud.hosts.values())}
    argv = [sys.executable, str(CHILDREN / "slow_line.py"), str(round_trip_ms / 2000)]
    relay = subprocess.Popen(
        [*argv, *(f"{listen}={host.address}" for listen, host in near.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert relay.stdin is not None and relay.stdout is not None and cloud.access.known_hosts is not None
    relay.stdout.readline()
    lines = [line.partition(" ") for line in cloud.access.known_hosts.read_text().splitlines()]
    keys = {name: key for names, _, key in lines for name in names.split(",")}
    known = "".join(f"[{listen}]:{SLOW_PORT} {keys[host.address]}\n" for listen, host in near.items())
    (work / "known_hosts").write_text(known)
    document["access"] |= {"key": str(cloud.access.key), "known_hosts": str(work / "known_hosts"), "port": SLOW_PORT}
    for listen, host in near.items():
        document["hosts"][host.name]["address"] = listen
    (work / "slow.yaml").write_text(yaml.safe_dump(document))
    try:
        yield work / "slow.yaml"
    finally:
        relay.stdin.close()
        relay.wait()


def tool(name: str, package: str) -> Path:
    """The environment of another tool, made when it is not there."""
    place = BUILD / name
    if not (place / "ready").exists():
        uv = [str(ROOT / ".venv" / "bin" / "uv")]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", "/usr/bin/python3", str(place)], check=True)
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(place / "bin" / "python"), package], check=True)
        (place / "ready").touch()
    return place


def version(place: Path, package: str) -> str:
    uv = str(ROOT / ".venv" / "bin" / "uv")
    argv = [uv, "pip", "list", "--format", "json", "--python", str(place / "bin" / "python")]
    listed = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    return next(each["version"] for each in listed if each["name"] == package)


TOOLS: Mapping[str, Callable[[Bench], Reading]] = {
    "ostler": with_ostler,
    "ansible-core": with_ansible,
    "pyinfra": with_pyinfra,
    "ansible-core, setup alone": with_ansible_setup,
}


def measure(cloud_file: Path, rounds: int, round_trips_ms: Sequence[float], *, as_json: bool) -> None:
    ansible, pyinfra = tool("ansible", "ansible-core"), tool("pyinfra", "pyinfra")
    rows = []
    for round_trip_ms in round_trips_ms:
        work = BUILD / "reading"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        with longer_way(cloud_file, work, round_trip_ms) as way:
            bench = Bench(read_cloud_file(way), way, work, ansible, pyinfra)
            _write_ansible(bench)
            rows += _rows(_times(bench, rounds), round_trip_ms)
    show(
        f"Reading {len(bench.cloud.hosts)} hosts, {len(bench.commands)} commands each (medians of {rounds} rounds)",
        rows,
        as_json=as_json,
        ansible_core=version(ansible, "ansible-core"),
        pyinfra=version(pyinfra, "pyinfra"),
    )


def _times(bench: Bench, rounds: int) -> Mapping[str, Reading]:
    """The median of each tool; in every round each has its turn."""
    times: dict[str, list[Reading]] = {name: [] for name in TOOLS}
    for number in range(rounds):
        for name, read in TOOLS.items():
            times[name].append(read(bench))
            print(f"round {number + 1}: {name}: {times[name][-1]}", file=sys.stderr)
    return {name: _median(readings) for name, readings in times.items()}


def _rows(times: Mapping[str, Reading], round_trip_ms: float) -> list[dict[str, Any]]:
    ours = times["ostler"]
    return [
        {
            "tool": name,
            "round trip ms": round_trip_ms,
            "first s": round(reading.first_s, 2),
            "again s": round(reading.again_s, 2),
            "first, times ostler": round(reading.first_s / ours.first_s, 1),
            "again, times ostler": round(reading.again_s / ours.again_s, 1),
        }
        for name, reading in times.items()
    ]


def _median(readings: Sequence[Reading]) -> Reading:
    return Reading(
        statistics.median(reading.first_s for reading in readings),
        statistics.median(reading.again_s for reading in readings),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leave the practice cloud there")
    parser.add_argument("--cloud-file", type=Path, help="read the hosts of this cloud instead")
    parser.add_argument("--round-trip-ms", type=float, action="append", help="how far the hosts are [default: 0, 10]")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    round_trips_ms = chosen.round_trip_ms or [0, 10]
    if chosen.cloud_file:
        measure(chosen.cloud_file, chosen.rounds, round_trips_ms, as_json=chosen.json)
    else:
        size = ("--controllers", "1", "--computes", str(chosen.hosts - 1), "--no-openstack")
        with own_cloud(NAME, *size, keep=chosen.keep) as cloud_file:
            measure(cloud_file, chosen.rounds, round_trips_ms, as_json=chosen.json)


if __name__ == "__main__":
    main()
