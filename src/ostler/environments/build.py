"""Build environments in a build root and put them into the store.

Nothing half is left behind: an archive is in the store complete or not at all, and an environment left in
the build root by an interrupted build is removed before the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

import zstandard

from ostler.deployment.paths import MANIFEST_NAME
from ostler.environments.build_root import CACHE, BuildRoot
from ostler.environments.manifest import Manifest
from ostler.environments.recipe import FINISHING, FINISHING_OLD, AddedPackage, PipMade, Recipe
from ostler.environments.store import ARCHIVE, MANIFEST, EnvironmentStore, StoredEnvironment
from ostler.errors import CommandFailed, InputError

UV = "/usr/local/bin/uv"
WORK = "/var/tmp/ostler-build"
TOOLS = f"{WORK}/tools"
VIRTUALENV = "virtualenv==20.21.1"
"""The last one that makes environments of Python 2.7 and 3.6."""

INSTALL_TIMEOUT_S = 900
COMPRESSION_LEVEL = 3
PASSED_ON = ("PIP_INDEX_URL", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
CERTIFICATES = "SSL_CERT_FILE"


@dataclass(frozen=True)
class Builder:
    """Builds environments. `built_at` is written into their manifests; `report` gets a line per archive."""

    root: BuildRoot
    store: EnvironmentStore
    built_at: datetime
    report: Callable[[str], None]
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def build(self, recipes: Iterable[Recipe]) -> list[StoredEnvironment]:
        """Return the archive of each recipe, in order, building those the store does not have yet.

        Raises CommandFailed when one cannot be installed; what was finished before stays in the store.
        """
        wanted = list(recipes)
        if any(self.store.find(recipe) is None for recipe in wanted):
            with self.store.building():
                self._build_missing([r for r in wanted if self.store.find(r) is None])
        return [found for recipe in wanted if (found := self.store.find(recipe)) is not None]

    def _build_missing(self, missing: list[Recipe]) -> None:
        if not missing:
            return
        self._prepare_root()
        if any(recipe.pip for recipe in missing):
            self._uv("venv", "--python", "/usr/bin/python3", TOOLS)
            self._uv("pip", "install", "--python", f"{TOOLS}/bin/python", VIRTUALENV)
        added = {package for recipe in missing for package in recipe.added}
        wheels = {package: self._wheel(package) for package in added}
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for done in [pool.submit(self._build_one, recipe, wheels) for recipe in missing]:
                done.result()

    def _build_one(self, recipe: Recipe, wheels: Mapping[AddedPackage, str]) -> None:
        started = time.monotonic()
        environment = self.root.path / recipe.path.lstrip("/")
        shutil.rmtree(environment, ignore_errors=True)
        try:
            self._install(recipe, [wheels[package] for package in recipe.added])
            manifest = self._finish(recipe)
            (environment / MANIFEST_NAME).write_text(manifest.to_json())
            with self.store.adding(recipe) as folder:
                digest, size = _archive(self.root.path, recipe.path, folder / ARCHIVE)
                (folder / MANIFEST).write_text(manifest.with_archive(digest, size).to_json())
        finally:
            shutil.rmtree(environment, ignore_errors=True)
        seconds = time.monotonic() - started
        self.report(f"built {recipe.project} {recipe.version} ({size // 2**20} MiB, {seconds:.0f} s)")

    def _install(self, recipe: Recipe, wheels: list[str]) -> None:
        constraints = f"{WORK}/{recipe.project}-{recipe.release}.txt"
        (self.root.path / constraints.lstrip("/")).write_text(recipe.constraints)
        if recipe.pip:
            self._install_with_pip(recipe, recipe.pip, constraints)
            return
        self._uv("venv", "--python", recipe.interpreter, recipe.path)
        newest = ["--exclude-newer", recipe.newest] if recipe.newest else []
        self._uv(
            "pip", "install", "--python", f"{recipe.path}/bin/python", "--constraints", constraints,
            *newest, *recipe.requirements, *wheels,
        )  # fmt: skip

    def _install_with_pip(self, recipe: Recipe, made: PipMade, constraints: str) -> None:
        root = self.root.showing(made.interpreter.prefix)
        env = self._passed_on() | {"PIP_CACHE_DIR": f"{CACHE}/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        if CERTIFICATES in env:
            env["PIP_CERT"] = env[CERTIFICATES]
        apart = ["--app-data", f"{CACHE}/virtualenv", "--no-periodic-update"]
        pip = [f"{recipe.path}/bin/python", "-m", "pip", "--quiet", "install"]
        for argv in (
            [f"{TOOLS}/bin/virtualenv", "--quiet", "--python", recipe.interpreter, *apart, recipe.path],
            [*pip, *made.seeds],
            [*pip, *made.resolver, "--constraint", constraints, *recipe.requirements],
        ):
            root.run(argv, env=env, timeout_s=INSTALL_TIMEOUT_S)

    def _finish(self, recipe: Recipe) -> Manifest:
        argv = [f"{recipe.path}/bin/python", "-B", f"{WORK}/finishing.py", f"{CACHE}/bytecode"]
        root = self.root
        if recipe.pip:
            argv = ["/usr/bin/python3", "-B", f"{WORK}/{FINISHING_OLD.name}", recipe.path]
            root = root.showing(recipe.pip.interpreter.prefix)
        found = json.loads(root.run(argv, timeout_s=INSTALL_TIMEOUT_S).stdout)
        return Manifest(
            project=recipe.project,
            release=recipe.release,
            version=recipe.version,
            path=recipe.path,
            python=recipe.python,
            address=recipe.address(),
            packages=found["packages"],
            heads={database: tuple(heads) for database, heads in found["heads"].items()},
            unpacked_bytes=found["unpacked_bytes"],
            built_at=self.built_at.isoformat(timespec="seconds"),
            interpreter=recipe.interpreter if recipe.pip else "",
        )

    def _prepare_root(self) -> None:
        work = self.root.path / WORK.lstrip("/")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        shutil.copy2(_uv_program(), self.root.path / UV.lstrip("/"))
        for program in (FINISHING, FINISHING_OLD):
            shutil.copy(program, work / program.name)
        certificates = self.environ.get(CERTIFICATES)
        if certificates:
            shutil.copy(certificates, work / "certificates.crt")

    def _wheel(self, package: AddedPackage) -> str:
        """Build a local package once; its wheel's path inside the build root."""
        inside = f"{WORK}/{package.name}"
        shutil.copytree(package.source, self.root.path / inside.lstrip("/"))
        self._uv("build", "--wheel", "--python", "/usr/bin/python3", "--out-dir", f"{inside}/dist", inside)
        built = next((self.root.path / inside.lstrip("/") / "dist").glob("*.whl"))
        return f"{inside}/dist/{built.name}"

    def _uv(self, *arguments: str) -> None:
        env = self._passed_on()
        env |= {name: value for name, value in self.environ.items() if name.startswith("UV_")}
        env |= {"UV_CACHE_DIR": f"{CACHE}/uv", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
        # Hard links would let one build's removal change files another one packs: tar calls that a failure.
        env["UV_LINK_MODE"] = "copy"
        self.root.run([UV, "--quiet", *arguments], env=env, timeout_s=INSTALL_TIMEOUT_S)

    def _passed_on(self) -> dict[str, str]:
        """How to reach a package index, as this machine does."""
        env = {name: value for name in PASSED_ON if (value := self.environ.get(name))}
        if self.environ.get(CERTIFICATES):
            env[CERTIFICATES] = f"{WORK}/certificates.crt"
        return env


def _uv_program() -> str:
    """The uv program of this installation. Raises InputError where it was left out."""
    try:
        import uv  # late: only building needs it
    except ModuleNotFoundError:
        raise InputError(
            "environments.no-uv",
            "building environments needs uv, which is not installed beside Ostler",
            do_next="install it into Ostler's own environment: pip install uv",
        ) from None
    return uv.find_uv_bin()


def _archive(root: Path, path: str, target: Path) -> tuple[str, int]:
    """Pack an environment; its archive's digest and size. Members are sorted and owned by root."""
    argv = [
        "tar", "--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner",
        f"--directory={root}", path.lstrip("/"),
    ]  # fmt: skip
    with target.open("wb") as file, subprocess.Popen(argv, stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        digest = _compress(tar.stdout, file)
        if tar.wait() != 0:
            raise CommandFailed(
                "environments.archive-failed",
                f"tar could not pack {path}",
                do_next="see what tar printed above, and whether the store's disk has room; then build it again",
            )
        file.flush()
        os.fsync(file.fileno())
    return digest, target.stat().st_size


def _compress(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).read_to_iter(source, read_size=2**20):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()
