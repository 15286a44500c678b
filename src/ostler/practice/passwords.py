"""The passwords of one practice cloud: made up when first asked for, kept 0600, never shown."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ostler.secret import Secret

BYTES = 18


@dataclass(frozen=True)
class Passwords:
    """A file of passwords by name, such as `keystone-db`. The same name always gives the same password."""

    path: Path

    def get(self, name: str) -> Secret:
        """The password called `name`; made up and saved when there is none yet (letters and digits only)."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            if name not in known:
                known[name] = secrets.token_hex(BYTES)
                self._write(known)
        return Secret(known[name])

    def _read(self) -> dict[str, str]:
        if not self.path.exists():
            return {}
        loaded: dict[str, str] = json.loads(self.path.read_text())
        return loaded

    def _write(self, known: dict[str, str]) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".passwords")
        with os.fdopen(descriptor, "w") as file:  # mkstemp makes it 0600
            json.dump(known, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self.path)
