"""The probe's own process: ``python -m ostler.execution.probe``; started by ProbeProcess."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ostler.errors import OstlerError
from ostler.execution.probe.credentials import read_credentials
from ostler.execution.probe.direct import read_backends
from ostler.execution.probe.life import Life, lock
from ostler.execution.probe.probing import Work, probe

LOCK_PATIENCE_S = 120.0


def main() -> int:
    """Parse the arguments and probe until told to stop."""
    parser = argparse.ArgumentParser(prog="ostler-probe", description="asks a cloud's APIs all the time and writes")
    parser.add_argument("--clouds-yaml", type=Path, required=True)
    parser.add_argument("--cloud", required=True, help="the entry in clouds.yaml")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--run", default="by-hand", help="the run that is measured; part of all names")
    parser.add_argument("--backends", type=Path, help="JSON list of APIs to ask directly")
    parser.add_argument("--max-seconds", type=float, default=4 * 3600.0)
    parser.add_argument("--parent", type=int, default=os.getppid(), help="the process whose end ends the probe")
    arguments = parser.parse_args()
    life = Life(arguments.parent, arguments.max_seconds)
    life.end_on_signals()
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        with lock(arguments.out, LOCK_PATIENCE_S):
            credentials = read_credentials(arguments.clouds_yaml, arguments.cloud)
            backends = read_backends(arguments.backends) if arguments.backends else ()
            return probe(Work(arguments.run, arguments.out, credentials, backends), life)
    except OstlerError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
