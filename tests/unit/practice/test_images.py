"""An image is named by what it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.practice import images
from ostler.practice.images import BUILD_IMAGE, HOST_IMAGE, Image, ensure_image


def test_the_same_ingredients_give_the_same_name() -> None:
    assert Image().name() == HOST_IMAGE.name()
    assert Image(packages=("curl",)).name() != HOST_IMAGE.name()
    assert HOST_IMAGE.name().startswith("bookworm-")


def test_files_of_hosts_do_not_change_the_build_image(monkeypatch: pytest.MonkeyPatch) -> None:
    host, build = HOST_IMAGE.name(), BUILD_IMAGE.name()
    monkeypatch.setattr(images, "IMAGE_FILES", {"etc/motd": "another\n"})
    assert HOST_IMAGE.name() != host
    assert BUILD_IMAGE.name() == build


def test_a_complete_image_is_not_built_again(tmp_path: Path) -> None:
    folder = tmp_path / HOST_IMAGE.name()
    (folder / "tree").mkdir(parents=True)
    (folder / "complete").touch()
    said: list[str] = []
    assert ensure_image(tmp_path, HOST_IMAGE, said.append) == folder / "tree"
    assert said == []
