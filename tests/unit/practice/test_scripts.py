"""`make demo` can be run again at any time, and setting up survives having been interrupted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
GOOD_API = {"requests": 900, "failed": 0, "wrong_outcomes": 0, "causes": {}, "beyond_limits": []}
NEW = {"name": "practice", "release": "2024.1", "open_runs": [], "faults": [], "is_half_removed": False}

OSTLER = """#!/bin/sh
echo "$*" >> "$LOG"
case "$1 $2" in
  "practice list") cat "$LISTED";;
  "practice down") rm -f "$OSTLER_STATE_DIR"/practice/practice/*;;
  "runs --json") echo '{"runs": [{"id": "the-run"}]}';;
  "report the-run") mkdir -p demo; cp "$REPORTED" demo/report.json;;
esac
test "$1" != apply || exit "$APPLY_ENDS"
"""
VENV = """#!/bin/sh
mkdir -p .venv/bin
printf '#!/bin/sh\\necho "$*" >> ../log\\n' > .venv/bin/python
cp .venv/bin/python .venv/bin/uv
chmod +x .venv/bin/python .venv/bin/uv
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def copied(tree: Path, *names: str) -> None:
    """Scripts of this project in a tree of their own."""
    (tree / "scripts").mkdir(parents=True)
    for name in names:
        shutil.copy(SCRIPTS / name, tree / "scripts")


class Demo:
    """The demo's script beside an `ostler` that only remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.log, self.listed = folder / "tree", folder / "log", folder / "listed"
        self.reported = folder / "reported"
        self.cloud = folder / "state" / "practice" / "practice"
        self.cloud.mkdir(parents=True)
        copied(self.tree, "demo.sh", "demo_cloud.py", "demanded.py")
        program(self.tree / ".venv" / "bin" / "ostler", OSTLER)
        (self.tree / ".venv" / "bin" / "python").symlink_to(shutil.which("python3") or "python3")

    def run(
        self, clouds: list[Mapping[str, Any]], apply_ends: int = 0, ends: int | None = None, **nova: Any
    ) -> list[str]:
        """The commands about the practice cloud that one demo gives. It must end with `ends`, else as the run did;
        `nova` is what the report says of that API."""
        self.listed.write_text(json.dumps(clouds))
        seen = {"probe": {"nova": {**GOOD_API, **nova}}, "probe_about": {"servers_in_error": 0}}
        self.reported.write_text(json.dumps(seen))
        self.log.write_text("")
        environ = {
            **os.environ, "OSTLER_STATE_DIR": str(self.cloud.parents[1]), "LOG": str(self.log),
            "LISTED": str(self.listed), "APPLY_ENDS": str(apply_ends), "REPORTED": str(self.reported),
        }  # fmt: skip
        done = subprocess.run(["sh", "scripts/demo.sh"], cwd=self.tree, env=environ, capture_output=True, text=True)
        assert done.returncode == (apply_ends if ends is None else ends), done.stdout + done.stderr
        self.said, self.told = done.stdout, done.stderr
        return [line for line in self.log.read_text().splitlines() if line.startswith(("practice down", "practice up"))]


UP = "practice up --name practice --release 2024.1"
DOWN = "practice down --name practice"


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    if os.geteuid() != 0:
        pytest.skip("the demo is for root")
    return Demo(tmp_path)


@pytest.mark.parametrize("clouds", [[], [NEW], [{**NEW, "name": "other", "release": "2025.1"}]])
def test_a_cloud_that_is_new_or_not_there_is_built_or_used(demo: Demo, clouds: list[Mapping[str, Any]]) -> None:
    assert demo.run(clouds) == [UP]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"release": "2025.1"}, "it is at 2025.1, not 2024.1"),
        ({"open_runs": ["2026-11-20-1-upgrade"]}, "run 2026-11-20-1-upgrade on it has not ended"),
        ({"faults": ["keystone-stopped on ctl1"]}, "it is broken on purpose: keystone-stopped on ctl1"),
    ],
)
def test_a_cloud_that_somebody_else_has_changed_is_left_alone(demo: Demo, changed: Mapping[str, Any], why: str) -> None:
    assert demo.run([{**NEW, **changed}], ends=2) == []
    assert f"{why}. No demo upgraded it, so it is left alone." in demo.told


def test_a_removal_that_was_interrupted_is_finished(demo: Demo) -> None:
    assert demo.run([{**NEW, "is_half_removed": True}]) == [DOWN, UP]
    assert "its removal was interrupted. It is taken down and built again." in demo.said


def test_the_cloud_of_an_earlier_demo_is_taken_down_however_it_is_now(demo: Demo) -> None:
    assert demo.run([NEW]) == [UP]
    assert demo.run([{**NEW, "release": "2025.1", "open_runs": ["2026-11-20-1-upgrade"]}]) == [DOWN, UP]
    assert "It is taken down and built again." in demo.said


@pytest.mark.parametrize("ends", [0, 1, 4])
def test_a_demo_that_began_to_upgrade_is_never_gone_on_with(demo: Demo, ends: int) -> None:
    assert demo.run([NEW], apply_ends=ends) == [UP]
    assert demo.run([NEW]) == [DOWN, UP]


@pytest.mark.parametrize("ends", [2, 3])
def test_a_plan_that_was_refused_leaves_the_cloud_new(demo: Demo, ends: int) -> None:
    assert demo.run([NEW], apply_ends=ends) == [UP]
    assert demo.run([NEW]) == [UP]


def test_a_demo_ends_with_1_when_requests_failed_although_the_run_is_done(demo: Demo) -> None:
    nova: dict[str, Any] = {"failed": 2, "causes": {"boot: 503": 2}}
    demo.run([NEW], ends=1, **nova)
    line = "nova: 2 requests failed, 0 objects ended wrong: {'boot: 503': 2}"
    assert f"Not as demanded, whatever the verdict of the run is:\n  {line}\n" in demo.said
    demo.run([NEW], apply_ends=4, **nova)


def test_a_demo_tells_a_long_wait_which_may_come_of_other_work_and_ends_as_its_run(demo: Demo) -> None:
    demo.run([NEW], ends=0, beyond_limits=["a request waited 8.1 s (list), over 6 s"])
    line = "nova: a request waited 8.1 s (list), over 6 s"
    assert f"Not as demanded, whatever the verdict of the run is:\n  {line}\n" in demo.said


def test_a_demo_that_nobody_noticed_says_so_and_keeps_no_older_report(demo: Demo) -> None:
    demo.run([NEW])
    assert "As demanded: no request failed, and no API went beyond its limits.\n" in demo.said
    demo.run([NEW], apply_ends=3)
    assert not (demo.tree / "demo" / "report.json").exists()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree to set up in, on a machine that has all packages; its Python makes an environment that does nothing."""
    tree = tmp_path / "tree"
    copied(tree, "setup.sh")
    (tree / "requirements.lock").write_text("uv==0.9.0 \\\n")
    program(tmp_path / "bin" / "dpkg-query", "#!/bin/sh\necho install ok installed\n")
    program(tmp_path / "bin" / "python3", VENV)
    return tree


def ran(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    bin_ = tree.parent / "bin"
    environ = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHON3": str(bin_ / "python3")}
    argv = ["sh", "scripts/setup.sh", *words]
    return subprocess.run(argv, cwd=tree, env=environ, capture_output=True, text=True, check=False)


def set_up(tree: Path) -> str:
    done = ran(tree)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_setting_up_twice_makes_the_environment_once(tree: Path) -> None:
    assert "making the environment" in set_up(tree)
    assert "making the environment" not in set_up(tree)


@pytest.mark.parametrize(("words", "ends"), [([], 0), (["--practice"], 1)])
def test_only_practice_clouds_demand_packages_that_an_ordinary_user_cannot_install(
    tree: Path, words: list[str], ends: int
) -> None:
    has = 'case "$*" in *python3*) echo install ok installed ;; *) exit 1 ;; esac'
    program(tree.parent / "bin" / "dpkg-query", f"#!/bin/sh\n{has}\n")
    program(tree.parent / "bin" / "id", "#!/bin/sh\necho 1000\n")
    done = ran(tree, *words)
    assert done.returncode == ends, done.stderr
    assert ("mmdebstrap" in done.stderr) is bool(ends)


def test_an_environment_whose_making_was_interrupted_is_made_again(tree: Path) -> None:
    program(tree / ".venv" / "bin" / "python", "#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    (tree / ".venv" / "half").touch()
    assert "making the environment" in set_up(tree)
    assert not (tree / ".venv" / "half").exists()
    assert (tree / ".venv" / "ready").exists()
