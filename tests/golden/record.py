"""Record a real cloud for the golden plans: what is read of it, and what its environment store holds for the target.

    .venv/bin/python -m tests.golden.record CLOUD_FILE NAME TARGET

Writes snapshot.json and environments.json below clouds/NAME; cloud.yaml there is the cloud file and is written by hand.
Then `make golden`, and review the diff.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.golden.recorded import CLOUDS

from ostler.catalog.catalog import load_catalog
from ostler.cli.plans import read_cloud
from ostler.cloud.file import read_cloud_file
from ostler.execution.gathering import target_environments
from ostler.execution.questions import upgrade_requests
from ostler.facts.archive import snapshot_to_json
from ostler.planning.upgrade.plan import facts_needed


def main(cloud_file: Path, name: str, target: str) -> None:
    cloud, catalog = read_cloud_file(cloud_file), load_catalog()
    hop = catalog.hop(cloud.release, target)
    snapshot = read_cloud(cloud, [*upgrade_requests(cloud), *facts_needed(catalog, hop, cloud)], as_json=True)
    unread = [f"{request}: {unknown.reason}" for request, unknown in snapshot.unknown()]
    if unread:
        sys.exit("not recorded, since this could not be read:\n" + "\n".join(unread))
    stored = [asdict(made) for _, made in sorted(target_environments(cloud, target).items())]
    folder = CLOUDS / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "snapshot.json").write_text(snapshot_to_json(snapshot))
    if stored:
        (folder / "environments.json").write_text(json.dumps({target: stored}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
