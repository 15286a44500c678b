"""The client of a cloud's APIs, with the operator's credentials from clouds.yaml.

openstacksdk reads clouds.yaml and makes the session; endpoints come from the token's catalog. Nothing is tried
again, with one exception: a token that has expired is replaced once, as every client must.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ostler.commands import ApiRequest, ApiResponse
from ostler.errors import AccessDenied, ApiError, InputError
from ostler.remote.api_errors import api_error, refused, said_in
from ostler.remote.clouds_yaml import no_such_cloud, read_region

CONNECT_TIMEOUT_S = 10.0
LOGIN_TIMEOUT_S = 60.0

CATALOG_TYPES: Mapping[str, tuple[str, ...]] = {
    "volumev3": ("volumev3", "block-storage", "volume"),
    "compute": ("compute", "compute_legacy"),
}
"""The names under which clouds register a service; any other service has only its own."""

_VERSION_IN_URL: Mapping[str, tuple[re.Pattern[str], str]] = {
    # What an endpoint's address must end with, so that paths mean the same in every cloud.
    "compute": (re.compile(r"/v2(\.\d+)?(/[^/]+)?$"), "/v2.1"),
    "volumev3": (re.compile(r"/v\d+(/[^/]+)?$"), "/v3"),
    "identity": (re.compile(r"/v\d+(\.\d+)?$"), "/v3"),
    "image": (re.compile(r"/v\d+(\.\d+)?$"), ""),
    "network": (re.compile(r"/v\d+(\.\d+)?$"), ""),
}


class SdkApi:
    """Calls the APIs of one entry of a clouds.yaml. Nothing is read or connected before the first call.

    ``remote.protocol.Api`` says what each method promises.
    """

    def __init__(self, clouds_yaml: Path, cloud: str) -> None:
        self._clouds_yaml = clouds_yaml
        self._cloud = cloud
        self._guard = threading.Lock()
        self._opened: tuple[Any, Any] | None = None

    def call(self, request: ApiRequest) -> ApiResponse:
        began = time.monotonic()
        try:
            session, region = self._session()
            answer = session.request(
                self._endpoint(session, region, request.service) + request.path,
                request.method,
                headers={"Accept": "application/json", **_content_type(request), **request.headers},
                data=_data(request),
                raise_exc=False,
                redirect=False,
                connect_retries=0,
                status_code_retries=0,
                timeout=(CONNECT_TIMEOUT_S, request.timeout_s),
                log=False,
            )
        except (AccessDenied, ApiError, InputError):
            raise
        except Exception as error:
            raise api_error(request, error) from None
        response = ApiResponse(
            answer.status_code,
            _decoded(answer.content),
            answer.content,
            dict(answer.headers),
            time.monotonic() - began,
        )
        _demand_expected(request, response)
        return response

    def close(self) -> None:
        """End all connections; a later call opens them again."""
        with self._guard:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened[0].session.close()

    def _session(self) -> tuple[Any, Any]:
        with self._guard:
            if self._opened is None:
                self._opened = _open(self._clouds_yaml, self._cloud)
            return self._opened

    def _endpoint(self, session: Any, region: Any, service: str) -> str:
        catalog = session.auth.get_access(session).service_catalog
        for kind in CATALOG_TYPES.get(service, (service,)):
            urls = catalog.get_urls(
                service_type=kind,
                interface=region.get_interface(service) or "public",
                region_name=region.get_region_name(service),
            )
            if urls:
                return _normal(service, urls[0])
        raise ApiError(
            "api.no-endpoint",
            f"the catalog of {self._cloud} has no endpoint for {service}",
            do_next="see `openstack catalog list`, and region_name and interface in clouds.yaml",
        )


def _open(clouds_yaml: Path, cloud: str) -> tuple[Any, Any]:
    from openstack.exceptions import ConfigException  # late: importing it takes half a second

    region = read_region(clouds_yaml, cloud)
    try:
        session = region.get_session()
    except ConfigException as error:
        raise no_such_cloud(clouds_yaml, cloud, error) from None
    session.timeout = LOGIN_TIMEOUT_S
    return session, region


def _normal(service: str, url: str) -> str:
    url = url.rstrip("/")
    if service not in _VERSION_IN_URL:
        return url
    pattern, version = _VERSION_IN_URL[service]
    return url if version and pattern.search(url) else pattern.sub("", url) + version


def _content_type(request: ApiRequest) -> dict[str, str]:
    if request.content is not None:
        return {"Content-Type": "application/octet-stream"}
    return {"Content-Type": "application/json"} if request.body is not None else {}


def _data(request: ApiRequest) -> bytes | None:
    return json.dumps(request.body).encode() if request.body is not None else request.content


def _decoded(content: bytes) -> object | None:
    if content[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(content)  # type: ignore[no-any-return]
    except ValueError:
        return None


def _demand_expected(request: ApiRequest, response: ApiResponse) -> None:
    if response.status in request.expect or (not request.expect and response.status < 400):
        return
    if request.service == "identity" and response.status in (401, 403):
        raise refused(said_in(response))
    raise ApiError(
        "api.unexpected-status",
        f"{request} was answered with {response.status}",
        status=response.status,
        found=said_in(response),
        do_next="see the API's log for this request"
        + (f" ({request_id})" if (request_id := response.headers.get("x-openstack-request-id")) else ""),
    )
