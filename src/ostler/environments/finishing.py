"""Finish a freshly installed environment: leave out what no service reads, compile, describe it.

This file is copied into the build root and run there by the environment's own Python; it uses nothing but
the standard library, and prints one JSON document: packages, heads, unpacked_bytes.

    python finishing.py BYTECODE_CACHE
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import marshal
import os
import shutil
import struct
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

UNREAD = ("googleapiclient/discovery_cache/documents",)
"""Data nothing on these clouds reads: descriptions of Google's own APIs, 70 MB."""

KEPT_TESTS = ("glance_store/tests",)
"""Glance loads every store it can find when it starts, one of the tests' too, and logs an error without it."""

MIGRATIONS = {
    "keystone": "keystone/common/sql/migrations",
    "glance": "glance/db/sqlalchemy/alembic_migrations",
    "placement": "placement/db/sqlalchemy/alembic",
    "nova_api": "nova/db/api/migrations",
    "nova": "nova/db/main/migrations",
    "neutron": "neutron/db/migration/alembic_migrations",
    "cinder": "cinder/db/migrations",
}
"""Where each database's schema revisions lie."""


def main(bytecode_cache: Path) -> None:
    site = Path(sysconfig.get_path("purelib"))
    prune(site)
    compile_all(site, bytecode_cache)
    print(
        json.dumps(
            {
                "packages": {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()},
                "heads": {name: heads(site / path) for name, path in MIGRATIONS.items() if (site / path).is_dir()},
                "unpacked_bytes": sum(p.lstat().st_size for p in Path(sys.prefix).rglob("*")),
            }
        )
    )


def prune(site: Path) -> None:
    """Remove tests and unread data."""
    kept = {site / path for path in KEPT_TESTS}
    tests = [path for path in site.rglob("tests") if path.is_dir() and path not in kept]
    for path in [*tests, *(site / path for path in UNREAD)]:
        shutil.rmtree(path, ignore_errors=True)


def compile_all(site: Path, cache: Path) -> None:
    """Write the byte code of every module, taken from `cache` where the same source was compiled before.

    Environments share most of their dependencies; Python corrects the file name in the byte code when it
    imports a module from another place. A module that does not compile is left as it is.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for path in site.rglob("*.py"):
        source = path.read_bytes()
        name = hashlib.sha256(path.relative_to(site).as_posix().encode() + b"\0" + source).hexdigest()
        kept = cache / name[:2] / name
        if kept.is_file():
            code = kept.read_bytes()
        else:
            try:
                code = marshal.dumps(compile(source, str(path), "exec", dont_inherit=True))
            except (SyntaxError, ValueError):
                continue
            kept.parent.mkdir(exist_ok=True)
            new = kept.with_suffix(f".{os.getpid()}")
            new.write_bytes(code)
            new.rename(kept)
        status = path.stat()
        target = Path(importlib.util.cache_from_source(str(path)))
        target.parent.mkdir(exist_ok=True)
        stamp = struct.pack("<III", 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
        target.write_bytes(importlib.util.MAGIC_NUMBER + stamp + code)


def heads(folder: Path) -> list[str]:
    """The revisions no other revision of `folder` follows, read without running them."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in folder.rglob("*.py"):
        names = dict(assignments(path))
        if isinstance(names.get("revision"), str):
            revisions.add(str(names["revision"]))
            followed.update(flat(names.get("down_revision")))
    return sorted(revisions - followed)


def assignments(path: Path) -> Iterator[tuple[str, object]]:
    """The constants a revision's module assigns at its top."""
    for node in ast.parse(path.read_bytes()).body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        try:
            value = ast.literal_eval(node.value)
        except ValueError:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                yield target.id, value


def flat(value: object) -> set[str]:
    if isinstance(value, str):
        return {value}
    return {str(each) for each in value} if isinstance(value, (tuple, list)) else set()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
