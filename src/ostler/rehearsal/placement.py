"""Placement on the copy: it answers while nova's check asks it, and is taken out of nova's database on the hop on which
it became a project of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ostler.catalog.catalog import Catalog
from ostler.catalog.database import Extraction
from ostler.commands import CommandResult
from ostler.deployment.paths import CURRENT_DIR, current_link
from ostler.deployment.uwsgi import ini_path, uwsgi_ini
from ostler.environments.store import StoredEnvironment
from ostler.rehearsal.scratch import HOST, Scratch, database_url
from ostler.rehearsal.settings import PLACEMENT, PLACEMENT_PORT, config_files
from ostler.rehearsal.unpacking import Unpacking
from ostler.steps.placement_scripts import TAKE_OUT, python_words

PROJECT = "placement"
TIMEOUT_S = 60.0
PIDFILE = "/run/placement.pid"
LOG = "placement.log"
NOTE_NUMBER = 'echo $$ > "$1"; shift; exec "$@"'
STOP = ("sh", "-c", f"kill -$1 $(cat {PIDFILE})", "sh")
UWSGI_ENDS, PYTHON_ENDS = "INT", "TERM"
"""uwsgi begins anew on TERM; a Python that was started in the background is deaf to INT."""

END = ("sh", "-c", f"kill -KILL $(cat {PIDFILE}); pkill -KILL uwsgi")
TOKEN = "X-Auth-Token: admin"
"""Up to Pike placement answers nobody without one; without keystone any will do."""

Environments = Callable[[str, str], StoredEnvironment]
"""The archive of a project in a release."""


class PlacementSilent(Exception):
    """Placement did not answer on the copy; the arguments are the lines it said last."""


@dataclass(frozen=True)
class Placement:
    """Placement in a place to rehearse in."""

    catalog: Catalog
    scratch: Scratch
    unpacking: Unpacking
    environments: Environments

    @contextmanager
    def answering(self, release: str) -> Iterator[None]:
        """Placement of a release answers for a while. Raises PlacementSilent when it does not."""
        argv = self._server(release)
        self.scratch.run(["rm", "--force", PIDFILE], timeout_s=60)
        server = self.scratch.start(argv, LOG)
        try:
            deadline = time.monotonic() + TIMEOUT_S
            ask = ["curl", "--silent", "--fail", "--header", TOKEN, "--output", "/dev/null", PLACEMENT]
            while self.scratch.run(ask, timeout_s=60, check=False).exit_code != 0:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise PlacementSilent(*self.scratch.log_end(LOG))
                time.sleep(0.2)
            yield
        finally:
            # Whole, and waited for: the next release's placement takes the same port.
            ends = PYTHON_ENDS if self.catalog.is_past(release) else UWSGI_ENDS
            self.scratch.run([*STOP, ends], timeout_s=60, check=False)
            try:
                server.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.scratch.run(END, timeout_s=60, check=False)
                server.kill()

    def _server(self, release: str) -> Sequence[str]:
        if not self.catalog.is_past(release):
            return self._uwsgi(release)
        project, service = (PROJECT, "placement-api")
        if is_part_of_nova(self.catalog, release):
            project, service = ("nova", "nova-placement-api")
        program = self.catalog.past(project).entry_point(service, release).target
        path = f"{self.unpacking.at(self.environments(project, release))}/bin/{program}"
        return ["sh", "-c", NOTE_NUMBER, "sh", PIDFILE, path, "--port", str(PLACEMENT_PORT)]

    def _uwsgi(self, release: str) -> Sequence[str]:
        project = self.catalog.project(PROJECT)
        service = project.service("placement-api", release)
        entry = project.entry_point(service.name, release)
        environment = self.unpacking.at(self.environments(PROJECT, release))
        ini, link = ini_path(service.name), current_link(service.name)
        self.scratch.write(ini, uwsgi_ini(service, entry, HOST))
        self.scratch.run(["mkdir", "--parents", CURRENT_DIR], timeout_s=60)
        self.scratch.run(["ln", "--symbolic", "--force", "--no-dereference", environment, link], timeout_s=60)
        variables = [f"{name}={value}" for name, value in sorted(entry.environment.items())]
        return ["env", *variables, f"{environment}/bin/uwsgi", "--ini", ini, "--pidfile", PIDFILE]

    def take_out(self, extraction: Extraction, release: str, timeout_s: float) -> CommandResult:
        """Fill placement's database from nova's, as an upgrade does it."""
        into, out_of = extraction.into, extraction.out_of
        self.scratch.rows(
            f"DROP DATABASE IF EXISTS `{into}`; CREATE DATABASE `{into}` COLLATE {self._collation(out_of)}"
        )
        nova, own = (self.catalog.past(name) for name in ("nova", PROJECT))
        for project in (nova, own):
            for path, text in config_files(project, database_url, is_past=True).items():
                self.scratch.write(path, text)
        script = f"{self.unpacking.at(self.environments(PROJECT, extraction.script_release))}/{extraction.script}"
        programs = f"{self.unpacking.at(self.environments(PROJECT, release))}/bin"
        values = (nova.config_files[0], own.config_files[0], into, script, programs, *extraction.argv[1:])
        words = python_words("take-placement-out", TAKE_OUT, *values)
        return self.scratch.run(words, timeout_s=timeout_s, check=False)

    def _collation(self, database: str) -> str:
        found = self.scratch.rows(
            f"SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = '{database}'"
        )
        return found[0][0]


def is_part_of_nova(catalog: Catalog, release: str) -> bool:
    """Whether nova's own code answers as placement in a release."""
    return catalog.project_in(PROJECT, release) is None
