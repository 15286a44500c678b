"""Where Ostler keeps what it must not forget: the journal, and one folder per run.

<home>/journal.sqlite            every run of this machine
<home>/runs/<run>/engine.sqlite  the queue of one run
<home>/runs/<run>/vault/         saved files of one run, by sha256
<home>/runs/<run>/received/      large files fetched from hosts, each with its sha256 beside it
<home>/locks/<cloud>.lock        who is working on a cloud from this machine
<home>/healthy/<cloud>.json      how services were configured when the cloud was last seen healthy
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ostler.errors import InputError

FOLDER_MODE = 0o700
JOURNAL_NAME = "journal.sqlite"


@dataclass(frozen=True)
class Home:
    """The state folder. Folders are made when they are first asked for, readable by their owner alone."""

    folder: Path

    @property
    def journal(self) -> Path:
        """The journal's database."""
        return self._made(self.folder) / JOURNAL_NAME

    def run_folder(self, run: str) -> Path:
        """The folder of one run."""
        return self._made(self.folder / "runs" / run)

    def received(self, run: str) -> Path:
        """The folder of one run for large files of hosts; made when there is one."""
        return self.run_folder(run) / "received"

    def lock(self, cloud: str) -> Path:
        """The file that says who is working on a cloud from this machine."""
        return self._made(self.folder / "locks") / f"{cloud.replace('/', '_')}.lock"

    def healthy(self, cloud: str) -> Path:
        """The file with a cloud's configuration when it was last seen healthy."""
        return self._made(self.folder / "healthy") / f"{cloud.replace('/', '_')}.json"

    def _made(self, folder: Path) -> Path:
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                "execution.no-state-folder",
                f"the state folder {folder} cannot be made: {error.strerror}",
                do_next="make it writable, or name another one in OSTLER_HOME",
            ) from None
        return folder


def find_home(environment: Mapping[str, str] = os.environ) -> Home:
    """The state folder: OSTLER_HOME, else ostler below XDG_STATE_HOME, else ~/.local/state/ostler."""
    if environment.get("OSTLER_HOME"):
        return Home(Path(environment["OSTLER_HOME"]))
    state = environment.get("XDG_STATE_HOME")
    return Home((Path(state) if state else Path("~/.local/state").expanduser()) / "ostler")
