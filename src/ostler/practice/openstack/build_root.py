"""The build root of practice environments: a chroot with the hosts' own Debian tree and a compiler."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ostler.commands import CommandResult
from ostler.environments.build_root import CACHE
from ostler.practice.images import BUILD_IMAGE, ensure_image
from ostler.practice.processes import run

CLEAN_ENVIRONMENT = {
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}

# The mounts are made in a mount namespace of their own, so nothing stays mounted whatever happens to the program.
ENTER = """set -eu
root=$1 downloads=$2 cache=$3 shown=$4
shift 4
mount -t proc proc "$root/proc"
mount --bind "$downloads" "$root$cache"
if [ -n "$shown" ]; then
  mkdir -p "$root$shown"
  mount --bind "$shown" "$root$shown"
  mount -o remount,bind,ro "$root$shown"
fi
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class ChrootBuildRoot:
    """A tree entered by chroot; needs root. Programs in it share this machine's network.

    `downloads` is a folder of this machine seen inside as the builder's cache; it outlives the tree. `shown` is one
    seen at the same path, not to be changed.
    """

    path: Path
    downloads: Path
    shown: Path | None = None

    def showing(self, folder: Path) -> ChrootBuildRoot:
        """The same tree with a folder of this machine in it."""
        return replace(self, shown=folder)

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        check: bool = True,
    ) -> CommandResult:
        """Run a program with the tree as its root. Raises CommandFailed, CommandTimedOut as `processes.run`."""
        enter = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"]
        environment = {**CLEAN_ENVIRONMENT, **(env or {})}
        return run(
            [*enter, str(self.path), str(self.downloads), CACHE, str(self.shown or ""), *argv],
            env=environment,
            timeout_s=timeout_s,
            check=check,
        )


def ensure_build_root(cache_dir: Path, report: Callable[[str], None]) -> ChrootBuildRoot:
    """The build root of this machine: a copy of the build image, made when it is not there yet.

    Downloaded packages are kept beside it, so that later builds are quick, also in another root.
    """
    image = ensure_image(cache_dir / "images", BUILD_IMAGE, report)
    root = cache_dir / "build-roots" / BUILD_IMAGE.name()
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_name(f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            new = root.with_name(f"{root.name}.new")
            shutil.rmtree(new, ignore_errors=True)
            run(["cp", "--archive", str(image), str(new)], timeout_s=600)
            new.rename(root)
    downloads = cache_dir / "downloads"
    for folder in (downloads, root / CACHE.lstrip("/")):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("resolv.conf", "hosts"):
        (root / "etc" / name).unlink(missing_ok=True)
        shutil.copy(Path("/etc") / name, root / "etc" / name)
    return ChrootBuildRoot(root, downloads)
