"""The client of the APIs, against a small OpenStack over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_openstack import FakeOpenStack

from ostler.commands import ApiRequest
from ostler.errors import AccessDenied, ApiError, InputError
from ostler.remote.api import SdkApi


@pytest.fixture
def cloud() -> Iterator[FakeOpenStack]:
    fake = FakeOpenStack()
    yield fake
    fake.stop()


@pytest.fixture
def api(cloud: FakeOpenStack, tmp_path: Path) -> Iterator[SdkApi]:
    client = SdkApi(cloud.clouds_yaml(tmp_path), "fake")
    yield client
    client.close()


@pytest.mark.parametrize(
    ("service", "path", "arrives_at"),
    [
        ("compute", "/servers", "/compute/v2.1/servers"),
        ("image", "/v2/images", "/image/v2/images"),
        ("network", "/v2.0/networks", "/network/v2.0/networks"),
        ("volumev3", "/volumes", "/volume/v3/project-id/volumes"),
        ("placement", "/resource_providers", "/placement/resource_providers"),
        ("identity", "/users", "/v3/users"),
    ],
)
def test_a_path_arrives_at_the_endpoint_of_the_tokens_catalog(
    api: SdkApi, service: str, path: str, arrives_at: str
) -> None:
    assert api.call(ApiRequest(service, "GET", path)).body == {"path": arrives_at}


def test_body_headers_and_content_arrive_as_given(api: SdkApi, cloud: FakeOpenStack) -> None:
    version = {"OpenStack-API-Version": "compute 2.53"}
    api.call(ApiRequest("compute", "POST", "/servers", body={"server": {"name": "é"}}, headers=version))
    api.call(ApiRequest("image", "PUT", "/v2/images/x/file", content=b"\x00\xff"))
    first, second = cloud.seen
    assert first["content"] == b'{"server": {"name": "\\u00e9"}}'
    assert first["headers"]["OpenStack-API-Version"] == "compute 2.53"
    assert (second["content"], second["headers"]["Content-Type"]) == (b"\x00\xff", "application/octet-stream")


def test_many_threads_share_one_token(api: SdkApi, cloud: FakeOpenStack) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: api.call(ApiRequest("compute", "GET", "/servers")), range(24)))
    assert cloud.tokens == 1


def test_a_token_that_has_expired_is_replaced_once(api: SdkApi, cloud: FakeOpenStack) -> None:
    api.call(ApiRequest("compute", "GET", "/servers"))
    cloud.valid = "another"
    assert api.call(ApiRequest("compute", "GET", "/servers")).status == 200
    assert cloud.tokens == 2


def test_an_error_is_not_tried_again_and_says_what_the_api_said(api: SdkApi, cloud: FakeOpenStack) -> None:
    cloud.answers["/compute/v2.1/servers"] = (503, {"badRequest": {"message": "no cells", "code": 503}})
    with pytest.raises(ApiError) as caught:
        api.call(ApiRequest("compute", "GET", "/servers"))
    assert (caught.value.status, caught.value.found) == (503, "no cells")
    assert len(cloud.seen) == 1


def test_a_status_that_was_expected_is_no_error(api: SdkApi, cloud: FakeOpenStack) -> None:
    cloud.answers["/compute/v2.1/servers/x"] = (404, {"itemNotFound": {"message": "gone"}})
    assert api.call(ApiRequest("compute", "DELETE", "/servers/x", expect=(204, 404))).status == 404
    with pytest.raises(ApiError):
        api.call(ApiRequest("compute", "GET", "/servers", expect=(202,)))


@pytest.mark.parametrize("status", [401, 403])
def test_identity_that_refuses_is_access_denied(api: SdkApi, cloud: FakeOpenStack, status: int) -> None:
    cloud.answers["/v3/users"] = (status, {"error": {"message": "no"}})
    with pytest.raises(AccessDenied):
        api.call(ApiRequest("identity", "GET", "/users"))


def test_a_wrong_password_is_access_denied_and_not_shown(api: SdkApi, cloud: FakeOpenStack) -> None:
    cloud.password = "changed"
    with pytest.raises(AccessDenied) as caught:
        api.call(ApiRequest("compute", "GET", "/servers"))
    assert caught.value.code == "api.credentials-refused"
    assert "right" not in caught.value.found


def test_nothing_listening_is_no_answer(cloud: FakeOpenStack, tmp_path: Path) -> None:
    path = cloud.clouds_yaml(tmp_path)
    path.write_text(path.read_text().replace(cloud.url, "http://127.0.0.1:1"))
    with pytest.raises(ApiError) as caught:
        SdkApi(path, "fake").call(ApiRequest("compute", "GET", "/servers"))
    assert (caught.value.status, caught.value.code) == (0, "api.no-answer")


def test_an_answer_that_takes_too_long_is_given_up(api: SdkApi, cloud: FakeOpenStack) -> None:
    api.call(ApiRequest("compute", "GET", "/servers"))
    cloud.delay_s = 0.2
    with pytest.raises(ApiError) as caught:
        api.call(ApiRequest("compute", "GET", "/servers", timeout_s=0.05))
    assert (caught.value.status, caught.value.code) == (0, "api.too-slow")


def test_a_service_the_catalog_does_not_have_is_told(api: SdkApi) -> None:
    with pytest.raises(ApiError, match="no endpoint for dns"):
        api.call(ApiRequest("dns", "GET", "/zones"))


def test_a_missing_file_or_entry_is_wrong_input(cloud: FakeOpenStack, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        SdkApi(tmp_path / "none.yaml", "fake").call(ApiRequest("compute", "GET", "/"))
    with pytest.raises(InputError, match="no usable entry 'other'"):
        SdkApi(cloud.clouds_yaml(tmp_path), "other").call(ApiRequest("compute", "GET", "/"))
