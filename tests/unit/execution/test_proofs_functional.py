"""The functional table, against a cloud behind the Api protocol."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_api import FakeApi

from ostler.cloud.model import Cloud, Host
from ostler.commands import ApiRequest
from ostler.execution.clock import Clock
from ostler.execution.proofs import PROOF_PREFIX, ProofContext, ProofResult, prove, read_results

CLOUD = Cloud("c", "2024.1", "venv", {"cmp1": Host("cmp1", "10.0.0.1", ("compute",))})


def instant_clock() -> Clock:
    """A clock on which waiting takes no time."""
    now = [0.0]
    return Clock(lambda: 1000.0 + now[0], lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))


@pytest.fixture
def context(tmp_path: Path) -> ProofContext:
    return ProofContext(CLOUD, None, FakeApi("cmp1", "cmp2"), tmp_path, 1000.0, clock=instant_clock())  # type: ignore[arg-type]


def api_of(context: ProofContext) -> FakeApi:
    assert isinstance(context.api, FakeApi)
    return context.api


def row(result: ProofResult, words: str) -> tuple[bool, str]:
    found = [row for row in result.rows if words in row.name]
    assert len(found) == 1, result.rows
    return found[0].ok, found[0].detail


def test_on_a_good_cloud_every_row_holds_and_nothing_is_left(context: ProofContext) -> None:
    result = prove(context, "functional", "2024.1")
    assert result.ok, result.detail
    assert row(result, "ACTIVE on cmp1") == (True, "ACTIVE")
    assert row(result, "ACTIVE on cmp2") == (True, "ACTIVE")
    assert row(result, "moves to another host") == (True, "cmp1 → cmp2")
    assert api_of(context).names() == []
    assert api_of(context).ever and all(name.startswith(PROOF_PREFIX) for name in api_of(context).ever)


def test_an_image_that_comes_back_altered_fails_its_row_alone(context: ProofContext) -> None:
    api_of(context).data = lambda content: content[:-1] + b"!"
    result = prove(context, "functional", "2024.1")
    assert not result.ok
    assert "sha256" in row(result, "comes back equal")[1]
    assert [r.name for r in result.rows if not r.ok] == ["an image is uploaded and comes back equal"]


def test_rows_that_need_what_failed_are_not_tried_and_say_so(context: ProofContext) -> None:
    api_of(context).fault = lambda request: 503 if request.path == "/v2.0/networks" else None
    result = prove(context, "functional", "2024.1")
    assert row(result, "ACTIVE on cmp1") == (False, "not tried: there is no network")
    assert row(result, "volume becomes available") == (True, "1 GiB, available")
    assert api_of(context).names() == []


def test_an_enabled_compute_that_is_down_is_a_failure_though_others_work(context: ProofContext) -> None:
    api_of(context).down = {"cmp2"}
    result = prove(context, "functional", "2024.1")
    told = "1 up and enabled; enabled, but down: cmp2; only one, so that no server can be moved"
    assert row(result, "compute hosts are up") == (False, told)
    assert row(result, "ACTIVE on cmp1") == (True, "ACTIVE")


def test_a_disabled_compute_is_told_and_no_failure(context: ProofContext) -> None:
    api_of(context).statuses = {"cmp2": "disabled"}
    result = prove(context, "functional", "2024.1")
    assert result.ok
    assert "disabled: cmp2" in row(result, "compute hosts are up")[1]


def test_of_many_computes_only_some_are_booted_on(context: ProofContext) -> None:
    api_of(context).computes = tuple(f"cmp{number}" for number in range(1, 21))
    result = prove(context, "functional", "2024.1")
    assert sum("ACTIVE on" in row.name for row in result.rows) == 8
    assert "20 up and enabled; tried on 8 of them" in row(result, "compute hosts are up")[1]


def test_a_server_in_error_fails_with_novas_words_and_is_deleted(context: ProofContext) -> None:
    api_of(context).boots_to = "ERROR"
    result = prove(context, "functional", "2024.1")
    assert row(result, "ACTIVE on cmp1")[1].startswith("the server went to ERROR")
    assert api_of(context).names() == []


def test_a_server_that_never_starts_is_waited_for_only_so_long(context: ProofContext) -> None:
    api_of(context).boots_to = "BUILD"
    result = prove(context, "functional", "2024.1")
    assert row(result, "ACTIVE on cmp1")[1] == "the server is ACTIVE: not after 180 s"


def test_what_cannot_be_deleted_is_told(context: ProofContext) -> None:
    def fault(request: ApiRequest) -> int | None:
        return 500 if request.method == "DELETE" and request.service == "volumev3" else None

    api_of(context).fault = fault
    result = prove(context, "functional", "2024.1")
    ok, detail = row(result, "everything is deleted again")
    assert not ok and "volumev3 /volumes/" in detail
    assert [name for name in api_of(context).names() if not name.endswith("volume")] == []


def test_booting_on_one_host_asks_for_that_host_and_leaves_nothing(context: ProofContext) -> None:
    result = prove(context, "boot-on:cmp2", "2024.1")
    assert (result.ok, result.detail) == (True, "a server became ACTIVE on cmp2 and was deleted")
    assert api_of(context).names() == []


def test_a_failed_boot_leaves_nothing_either(context: ProofContext) -> None:
    api_of(context).boots_to = "ERROR"
    result = prove(context, "boot-on:cmp2", "2024.1")
    assert not result.ok and "went to ERROR" in result.detail
    assert api_of(context).names() == []


def test_without_credentials_the_proof_fails_and_says_what_to_add(context: ProofContext) -> None:
    result = prove(replace(context, api=None), "functional", "2024.1")
    assert not result.ok and "names no credentials" in result.detail


def test_results_are_kept_and_the_last_one_of_a_name_counts(context: ProofContext) -> None:
    prove(context, "boot-on:cmp1", "2024.1")
    api_of(context).boots_to = "ERROR"
    prove(context, "boot-on:cmp1", "2025.1")
    results = read_results(context.folder)
    assert [(r.name, r.ok, r.release) for r in results] == [("boot-on:cmp1", False, "2025.1")]
