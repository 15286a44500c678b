"""After a way back, every recorded file is compared, and one checksum per host is told."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.proofs.model import ProofContext
from ostler.execution.proofs.recorded_bytes import prove_bytes
from ostler.execution.proofs.registry import PROOFS
from ostler.execution.records import SavedFile
from ostler.facts.model import FactRequest, Unknown
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
A, B = "a" * 64, "b" * 64
CONF, KEY, NEW = "/etc/nova/nova.conf", "/etc/nova/key", "/etc/systemd/system/new.service"
BEFORE = hashlib.sha256(f"{B}  {KEY}\n{A}  {CONF}\n".encode()).hexdigest()


@pytest.fixture
def context(tmp_path: Path) -> ProofContext:
    """A way back whose run recorded two files and that a third was not there."""
    home, plan = Home(tmp_path), plan_upgrade(RECORDED, UpgradeRequest(target="2025.1"))
    with contextlib.closing(Journal(home)) as journal:
        upgrade = journal.runs.begin(plan, "anna")
        back = journal.runs.begin(replace(plan, request={"run": upgrade}).sealed(), "anna")
        kept = ((CONF, A), (KEY, B), (NEW, None))
        journal.files.add(upgrade, [SavedFile("ctl1", path, sha256, *[None] * 3, 0.0) for path, sha256 in kept])
    return ProofContext(RECORDED.cloud, None, None, home.run_folder(back), 0.0)  # type: ignore[arg-type]


def proved(context: ProofContext, now: dict[str, str] | Unknown) -> Any:
    def read(cloud: Any, transport: Any, api: Any, requests: Iterable[FactRequest]) -> Any:
        files = now if isinstance(now, Unknown) else {path: {"sha256": sha256} for path, sha256 in now.items()}
        return dict.fromkeys(requests, files)

    return prove_bytes(replace(context, read=read), "2024.1")


def test_the_checksum_of_each_host_is_told_when_every_file_has_its_bytes(context: ProofContext) -> None:
    result = proved(context, {CONF: A, KEY: B})
    says = "2 recorded files on 1 host have their bytes from before; sha256 of each host's, before and now"
    assert (result.ok, result.detail) == (True, f"{says}: ctl1 {BEFORE}")
    assert result.rows[0].detail == f"3 recorded paths: sha256 {BEFORE} before, {BEFORE} now"
    assert "bytes" in PROOFS


@pytest.mark.parametrize(
    ("now", "differs"),
    [({CONF: B, KEY: B}, CONF), ({CONF: A}, KEY), ({CONF: A, KEY: B, NEW: A}, NEW)],
)
def test_a_file_that_is_otherwise_or_gone_or_new_is_named(
    context: ProofContext, now: dict[str, str], differs: str
) -> None:
    result = proved(context, now)
    assert not result.ok
    assert result.detail.endswith(f"not as before: {differs}")
    assert f"sha256 {BEFORE} before" in result.detail
    assert f"{BEFORE} now" not in result.detail


def test_files_that_cannot_be_read_prove_nothing(context: ProofContext) -> None:
    result = proved(context, Unknown("no answer"))
    assert (result.ok, result.detail) == (False, "ctl1: its files could not be read: no answer")
