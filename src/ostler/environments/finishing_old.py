"""Finish an environment of an old Python: compile and describe it. Nothing is left out: some packages of those days
need their own tests to be imported (networkx), and no host gets these environments.

This file is run in the build root by its own Python 3, since the environment's may be older than what is written here.
It uses nothing but the standard library, and prints one JSON document: packages, heads, unpacked_bytes.

    python3 finishing_old.py ENVIRONMENT
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

from finishing import MIGRATIONS, heads


def main(environment: Path) -> None:
    (site,) = environment.glob("lib/python*/site-packages")
    # What does not compile is of another Python: it stays as it is.
    subprocess.run([environment / "bin/python", "-m", "compileall", "-q", site], check=False, capture_output=True)
    found = importlib.metadata.distributions(path=[str(site)])
    print(
        json.dumps(
            {
                "packages": {each.metadata["Name"]: each.version for each in found if each.metadata["Name"]},
                "heads": {name: heads(site / path) for name, path in MIGRATIONS.items() if (site / path).is_dir()},
                "unpacked_bytes": sum(path.lstat().st_size for path in environment.rglob("*")),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
