"""`ostler rehearse` as a person runs it, for tests of whole ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def rehearsed(target: str, dumps: Sequence[Path], tmp_path: Path, *more: str, timeout_s: float = 3000) -> Any:
    """What the rehearsal file says of dumps that were taken to a release, schemas compared; `more` are options besides.
    Whatever stood in the way there: only one that could not be carried out fails."""
    report = tmp_path / "rehearsal.json"
    given = [word for file in dumps for word in ("--dump", str(file))]
    words = ["rehearse", "--to", target, "--compare-schemas", "--report", str(report), *more, *given]
    argv = [str(Path(sys.executable).parent / "ostler"), *words]
    environ = {**os.environ, "OSTLER_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(argv, capture_output=True, text=True, env=environ, timeout=timeout_s, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(report.read_text())
