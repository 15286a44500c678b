"""The image the practice hosts share: a Debian tree with the infrastructure's packages, built once.

Images lie below the cache folder, named by a digest of what they are made of, and never change once the
marker file `complete` is there. What was interrupted is built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ostler.practice import apt_sources
from ostler.practice.image_files import DISABLED_UNITS, IMAGE_FILES, MASKED_UNITS, UNWANTED_FILES
from ostler.practice.processes import run

SUITE = "bookworm"
RECIPE_VERSION = 1
BUILD_TIMEOUT_S = 1800

BASE_PACKAGES = (
    "ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "kmod", "logrotate", "nftables",
    "openssh-client", "openssh-server", "procps", "python3", "python3-venv", "rsync", "socat", "sudo",
    "systemd", "systemd-sysv", "tzdata", "zstd",
)  # fmt: skip
INFRA_PACKAGES = (
    "galera-4", "haproxy", "keepalived", "libfaketime", "mariadb-backup", "mariadb-server", "memcached",
    "python3-pymysql", "rabbitmq-server",
)  # fmt: skip
BUILD_PACKAGES = ("build-essential", "libssl-dev", "libvirt-dev", "pkg-config", "python3-dev")


@dataclass(frozen=True)
class Image:
    """What an image is made of. One that `is_bootable` is made fit to be hosts; another only holds its packages."""

    suite: str = SUITE
    packages: tuple[str, ...] = BASE_PACKAGES + INFRA_PACKAGES
    is_bootable: bool = True

    def name(self) -> str:
        """The suite and a digest of the ingredients: the same ones give the same name."""
        settled = [IMAGE_FILES, DISABLED_UNITS, MASKED_UNITS, UNWANTED_FILES] if self.is_bootable else []
        ingredients = json.dumps([RECIPE_VERSION, asdict(self), settled], sort_keys=True)
        return f"{self.suite}-{hashlib.sha256(ingredients.encode()).hexdigest()[:16]}"


HOST_IMAGE = Image()
BUILD_IMAGE = Image(packages=BASE_PACKAGES + BUILD_PACKAGES, is_bootable=False)


def tree(images_dir: Path, name: str) -> Path:
    """Where the tree of an image is."""
    return images_dir / name / "tree"


def is_complete(images_dir: Path, name: str) -> bool:
    """Whether an image was built to its end."""
    return (images_dir / name / "complete").exists()


def ensure_image(images_dir: Path, image: Image, report: Callable[[str], None]) -> Path:
    """The image's tree, built first when it is not there yet. Safe to call from several processes at once.

    Raises CommandFailed when the tree cannot be built.
    """
    images_dir.mkdir(parents=True, exist_ok=True)
    folder = images_dir / image.name()
    with (images_dir / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(images_dir, image.name()):
            report(f"building the {image.suite} image ({len(image.packages)} packages)")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _build(tree(images_dir, image.name()), image)
            (folder / "complete").touch()
    return tree(images_dir, image.name())


def _build(target: Path, image: Image) -> None:
    sources = apt_sources.practice_sources(image.suite, apt_sources.machine_sources())
    with tempfile.NamedTemporaryFile("w", suffix=".sources") as file:
        file.write(sources)
        file.flush()
        Path(file.name).chmod(0o644)
        run(
            [
                # When we are killed the build ends too, with its mounts: the next one may begin in the same folder.
                "setpriv", "--pdeathsig=KILL",
                "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                "mmdebstrap", "--mode=root", "--variant=apt",
                *_proxy_options(),
                "--aptopt=Acquire::Languages \"none\"",
                "--aptopt=Acquire::Retries \"3\"",
                "--dpkgopt=force-unsafe-io",
                "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/doc/*",
                f"--include={','.join(image.packages)}",
                image.suite, str(target), file.name,
            ],
            timeout_s=BUILD_TIMEOUT_S,
        )  # fmt: skip
    if image.is_bootable:
        _settle(target)


def _settle(target: Path) -> None:
    """Make the tree fit to be many hosts at once: nothing of its own identity, no service started unasked."""
    for pattern in UNWANTED_FILES:
        for path in target.glob(pattern):
            path.unlink()
    for name, content in IMAGE_FILES.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    present = [unit for unit in DISABLED_UNITS if _has_unit(target, unit)]
    if present:
        run(["systemctl", f"--root={target}", "disable", *present])
    run(["systemctl", f"--root={target}", "mask", *MASKED_UNITS])
    run(["systemctl", f"--root={target}", "enable", "systemd-networkd.service", "ssh.service"])


def _has_unit(target: Path, unit: str) -> bool:
    return any((target / folder / unit).exists() for folder in ("lib/systemd/system", "etc/systemd/system"))


def _proxy_options() -> list[str]:
    """This machine's own apt proxies, so that the image is built through them too."""
    dump = run(["apt-config", "dump", "--format", '%f "%v"%n', "Acquire"]).stdout
    wanted = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::http::Proxy-Auto-Detect")
    return [f"--aptopt={line}" for line in dump.splitlines() if line.split(" ")[0] in wanted]
