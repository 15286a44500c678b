"""Archives without our plugins never lie where practice clouds look for theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostler.practice.openstack import archives


def test_only_what_the_plugins_do_not_change_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, tuple[Path, bool]] = {}

    def ensure(*args: Any, with_plugins: bool, projects: list[str]) -> dict[str, Any]:
        asked.update(dict.fromkeys(projects, (args[4].folder, with_plugins)))
        return dict.fromkeys(projects)

    monkeypatch.setattr(archives, "ensure_archives", ensure)
    names = ["keystone", "nova", "placement", "cinder"]
    found = archives.ensure_plain_archives(tmp_path, "2025.1", datetime.now(UTC), print, names)
    assert set(found) == set(names)
    shared, own = (tmp_path / "environments", False), (tmp_path / "plain-environments", False)
    assert asked == {"keystone": shared, "placement": shared, "nova": own, "cinder": own}
