"""Finishing an environment: tests left out, byte code that Python accepts, schema heads read without importing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from ostler.environments import finishing


def test_tests_go_except_those_that_are_loaded(tmp_path: Path) -> None:
    for name in ("nova/tests/unit/test_a.py", "nova/virt/fake.py", "glance_store/tests/fake.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    finishing.prune(tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.py")) == [
        "glance_store/tests/fake.py",
        "nova/virt/fake.py",
    ]


def test_python_uses_the_byte_code_and_names_the_right_file(tmp_path: Path) -> None:
    first, second, cache = tmp_path / "first", tmp_path / "second", tmp_path / "cache"
    for site in (first, second):
        site.mkdir()
        (site / "module.py").write_text("def name():\n    return name.__code__.co_filename\n")
        (site / "broken.py").write_text("def (:\n")
        finishing.compile_all(site, cache)
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 1
    compiled = Path(importlib.util.cache_from_source(str(second / "module.py")))
    compiled.chmod(0o444)
    before = compiled.stat().st_mtime_ns
    program = "import module; print(module.name())"
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=second,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin"},
    )
    assert said.stdout.strip() == str(second / "module.py")
    assert compiled.stat().st_mtime_ns == before


def test_heads_are_the_revisions_nothing_follows(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "env.py").write_text("raise RuntimeError('never run')\n")
    (versions / "a.py").write_text("revision = 'a'\ndown_revision = None\nraise RuntimeError\n")
    (versions / "b.py").write_text("revision: str = 'b'\ndown_revision: str = 'a'\n")
    (versions / "c.py").write_text("revision = 'c'\ndown_revision = ('a',)\n")
    assert finishing.heads(tmp_path) == ["b", "c"]
