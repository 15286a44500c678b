"""The script that empties queues, against a rabbitmqctl that keeps queues as files."""

from __future__ import annotations

import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

RABBITMQCTL = r"""#!/bin/sh
cd "$BROKER"
case "$*" in
*list_vhosts*) ls ;;
*list_queues*) if [ -e "$3/fails" ]; then exit 69; fi; cd "$3"; grep -r '' . | sed 's,^./,,; s,:,	,' ;;
*purge_queue*) if ! [ -e "$3/refills" ]; then echo 0 > "$3/$5"; fi ;;
esac
"""


@pytest.fixture
def broker(tmp_path: Path) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rabbitmqctl").write_text(RABBITMQCTL)
    (programs / "rabbitmqctl").chmod(0o755)
    queues = tmp_path / "queues"
    for vhost in ("nova", "two words"):
        (queues / vhost).mkdir(parents=True)
        (queues / vhost / "conductor").write_text("3\n")
        (queues / vhost / "idle").write_text("0\n")
    return queues


def purge(broker: Path) -> subprocess.CompletedProcess[str]:
    script = files("ostler.steps").joinpath("scripts/purge_queues.sh").read_text()
    path = f"{broker.parent}/bin:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script, "ostler-purge-queues"],
        env={"PATH": path, "BROKER": str(broker)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_queue_of_every_virtual_host_is_emptied(broker: Path) -> None:
    done = purge(broker)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.read_text() for path in broker.glob("*/*")} == {"0\n"}
    assert purge(broker).returncode == 0


@pytest.mark.parametrize("vhost", ["nova", "two words"])
def test_a_list_that_cannot_be_read_is_a_failure_and_nothing_was_emptied(broker: Path, vhost: str) -> None:
    (broker / vhost / "fails").write_text("")
    assert purge(broker).returncode != 0
    assert (broker / "nova" / "conductor").read_text() == "3\n"


def test_messages_that_are_there_again_are_a_failure_that_names_the_queue(broker: Path) -> None:
    (broker / "nova" / "refills").write_text("")
    done = purge(broker)
    assert done.returncode == 1
    assert "nova\tconductor\t3" in done.stderr
