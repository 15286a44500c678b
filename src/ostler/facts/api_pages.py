"""Lists as the APIs give them: the items of all pages, taken with suspicion.

A list that is longer than one page comes as several responses in order; whoever asks follows `next_page`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.model import JsonValue

PAGE = 1000


def list_of(service: str, path: str, *, version: str = "") -> ApiRequest:
    """Return the request for the first page of a list. `version` is a microversion as the header takes it."""
    headers = {"OpenStack-API-Version": version} if version else {}
    return ApiRequest(service, "GET", path, headers=headers, expect=(200,), timeout_s=30)


def items(responses: Sequence[ApiResponse], key: str) -> list[dict[str, Any]]:
    """Return the items of all pages. Raises ValueError when one is not a list of objects under `key`."""
    found: list[dict[str, Any]] = []
    for response in responses:
        if not isinstance(response.body, dict) or not isinstance(response.body.get(key), list):
            raise ValueError(f"the API gave no list of {key} (status {response.status})")
        for item in response.body[key]:
            if not isinstance(item, dict):
                raise ValueError(f"the API's list of {key} holds something that is no object")
            found.append(item)
    return found


def by_key(
    found: Sequence[dict[str, Any]],
    key: Callable[[dict[str, Any]], object],
    value: Callable[[dict[str, Any]], JsonValue],
) -> dict[str, JsonValue]:
    """Return {key(item): value(item)}. Raises ValueError naming a field that an item lacks."""
    try:
        return {str(key(item)): value(item) for item in found}
    except KeyError as missing:
        raise ValueError(f"the API left out {missing}") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the API gave an item of another form: {error}") from None


def next_page(request: ApiRequest, response: ApiResponse) -> ApiRequest | None:
    """Return the request for the page after this one; None when it was the last.

    The API's own link is used only for its `marker`: the endpoint in it may be one that cannot be reached from here.
    """
    marker = _marker(response.body)
    if marker is None:
        return None
    path = urlsplit(request.path)
    query = [(name, value) for name, value in parse_qsl(path.query) if name != "marker"]
    following = path._replace(query=urlencode([*query, ("marker", marker)])).geturl()
    if following == request.path:
        raise ValueError(f"the API gives the same page of {path.path} again and again")
    return ApiRequest(request.service, request.method, following, None, None, request.headers, request.expect)


def _marker(body: object) -> str | None:
    if not isinstance(body, dict):
        return None
    links = [body["next"]] if isinstance(body.get("next"), str) else []
    for key, value in body.items():
        if key.endswith("_links") and isinstance(value, list):
            links += [link.get("href") for link in value if isinstance(link, dict) and link.get("rel") == "next"]
    for link in links:
        for name, value in parse_qsl(urlsplit(str(link)).query):
            if name == "marker":
                return value
    return None
