"""The operator of the tests: runs `ostler` as a person would, in a process of its own, and looks at the cloud itself.

What it looks at is read with other means than Ostler's facts, so that a wrong fact cannot hide a wrong cloud.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
OSTLER = ROOT / ".venv" / "bin" / "ostler"
KILLED = -signal.SIGKILL
QUICK_S = 300
LONG_S = 2400
SOURCE, TARGET = os.environ.get("OSTLER_TEST_HOP", "2024.1 2025.1").split()
"""The hop that is carried out; OSTLER_TEST_HOP names another one."""
APIS = {"keystone", "glance", "placement", "nova", "neutron", "cinder"}

CONFIG_SCRIPT = """
cd /etc
find keystone glance placement nova neutron cinder uwsgi systemd/system -type f -exec sha256sum {} + 2>/dev/null | sort
find keystone glance placement nova neutron cinder systemd/system -type l -printf '%p -> %l\\n' 2>/dev/null | sort
"""
CODE_SCRIPT = r"""
for process in /proc/[0-9]*; do
  unit=$(sed -n 's,.*/\([a-z-]*\)\.service.*,\1,p' "$process/cgroup" 2>/dev/null | head -1)
  grep -ho '/opt/openstack/venvs/[^/]*' "$process/maps" 2>/dev/null | sed "s,^,$unit ,"
done | sort -u
"""


@dataclass(frozen=True)
class Done:
    """A command that has ended; `code` is minus the signal when one ended it."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def document(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.stdout)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it printed, as one JSON document a line. A last line that a kill cut off is left out."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{") and line.endswith("}")]

    @property
    def result(self) -> dict[str, Any]:
        """The last line of `apply` and `resume`: how the run stands."""
        return next(event for event in reversed(self.events) if event["event"] == "result")

    def told(self) -> str:
        """Everything it said, for a failing test."""
        lines = [f"$ {' '.join(self.argv)}", f"exit code {self.code} after {self.seconds:.0f} s"]
        return "\n".join([*lines, self.stdout[-6000:], self.stderr[-6000:]])


@dataclass
class PracticeOperator:
    """Somebody in front of one practice cloud; `home` holds their journal, `work` their plans and reports."""

    name: str
    cloud_file: Path
    home: Path
    work: Path
    kept: dict[str, Any] = field(default_factory=dict)
    """What one test leaves for the next ones."""

    def ostler(
        self,
        *words: str | Path,
        code: int | tuple[int, ...] = 0,
        crash_at: str = "",
        environ: Mapping[str, str] | None = None,
        timeout_s: float = QUICK_S,
    ) -> Done:
        """Run a command line and demand its exit code, or one of several."""
        started = time.monotonic()
        argv = tuple(str(word) for word in words)
        process = subprocess.run(
            [str(OSTLER), *argv],
            capture_output=True,
            text=True,
            env=self.environ({**(environ or {}), **({"OSTLER_CRASH_AT": crash_at} if crash_at else {})}),
            cwd=self.work,
            timeout=timeout_s,
        )
        done = Done(argv, process.returncode, process.stdout, process.stderr, time.monotonic() - started)
        assert done.code in (code if isinstance(code, tuple) else (code,)), f"expected exit code {code}\n{done.told()}"
        assert "Traceback" not in done.stderr, done.told()
        return done

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Begin a command line and come back at once."""
        argv = [str(OSTLER), *map(str, words)]
        with (self.work / "started.out").open("w") as out:
            return subprocess.Popen(argv, stdout=out, stderr=out, text=True, env=self.environ({}), cwd=self.work)

    def environ(self, changed: Mapping[str, str]) -> dict[str, str]:
        """The environment of the operator's commands."""
        return {**os.environ, "OSTLER_CLOUD": str(self.cloud_file), "OSTLER_HOME": str(self.home), **changed}

    def practice(self, *words: str) -> Done:
        """Run `ostler practice ...` on this cloud."""
        options = 2 if words[0] == "power" else 1
        head, tail = words[:options], words[options:]
        return self.ostler("practice", *head, "--name", self.name, *tail)

    def wait_until_all_report(self, timeout_s: float = 120) -> None:
        """A service that just started counts as up from its next report on."""
        deadline = time.monotonic() + timeout_s
        while self.ostler("status", code=(0, 1)).code and time.monotonic() < deadline:
            time.sleep(5)

    def on(self, host: str, *argv: str) -> str:
        """Run a command on a host, not through Ostler's transport; what it printed."""
        return self.ostler("practice", "exec", "--name", self.name, host, "--", *argv).stdout

    def run_of(self) -> str:
        """The newest run of this operator."""
        return str(self.ostler("runs", "--json").document["runs"][0]["id"])

    def loans_open(self, run: str) -> list[str]:
        """What a run has lent and not given back."""
        loans = self.ostler("show", run, "--json").document["loans"]
        return [loan["name"] for loan in loans if loan["returned_at"] is None]

    def report_of(self, run: str, *, code: int | tuple[int, ...] = (0, 1)) -> dict[str, Any]:
        """The JSON report of a run. Its exit code is 1 while the run has not ended well."""
        path = self.work / f"{run}.report.json"
        self.ostler("report", run, "--json", path, "--html", path.with_suffix(".html"), code=code)
        report: dict[str, Any] = json.loads(path.read_text())
        return report

    def failed_proofs(self, report: Mapping[str, Any]) -> list[str]:
        """The proofs that did not pass, with what they saw."""
        return [f"{proof['name']}: {proof['detail']}" for proof in report["proofs"] if not proof["ok"]]

    def demand_no_failed_request(self, run: str) -> None:
        """The probe asked every API all the while; every request was answered well and in time (100 s), and no server
        of it ended in ERROR. The longest wait depends on what else the machine does (docs/adr/0017): it is printed here
        with its limit, and fails no test; `make demo` and the kill soak end with 1 when it is beyond that."""
        report = self.report_of(run)
        assert report["probe_about"]["ran"]
        assert report["probe_about"]["servers_in_error"] == 0
        assert set(report["probe"]) == APIS
        for name, api in report["probe"].items():
            print(
                f"{name:<10} {api['requests']:>6} requests, {api['failed']} failed, {api['longest_stall_s']} s longest,"
                f" {api['per_second']} a second {'; '.join(api['beyond_limits'])}"
            )
            assert api["requests"] > 0
            assert (api["failed"], api["wrong_outcomes"]) == (0, 0), (name, api["causes"])

    def hosts(self) -> tuple[str, ...]:
        """The hosts of the cloud, by name."""
        clouds = self.ostler("practice", "list", "--json").document
        return tuple(next(cloud["hosts"] for cloud in clouds if cloud["name"] == self.name))

    def configuration(self) -> dict[str, str]:
        """Checksums and links of every configuration, unit and uwsgi file, by host."""
        return {host: self.on(host, "sh", "-c", CONFIG_SCRIPT) for host in self.hosts()}

    def running_code(self) -> dict[str, str]:
        """Which environment the processes of every unit have mapped, by host: one `unit environment` a line."""
        return {host: self.on(host, "sh", "-c", CODE_SCRIPT) for host in self.hosts()}
