"""The answers of APIs in what is logged, whoever logs them: method, path and status.

    "POST /v3/volumes HTTP/1.1" status: 500 …                   eventlet's servers, within a line of oslo.log
    "POST /v2.1/servers HTTP/1.1" 500 212 …                     Apache, nginx
    POST /v2.1/servers => generated 9 bytes in 20 msecs (HTTP/1.1 500) …         uWSGI
    192.0.2.7:41000 [15/Jan/2026:10:05:48.123] front nova-api/<NOSRV> 0/-1/-1/-1/0 503 … "POST /v2.1/servers HTTP/1.1"

The last is HAProxy's `option httplog` (source: HAProxy 2.6 Configuration Manual, 8.2.3 HTTP log format; read
2026-11-27).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LOOKED_AT = 5000
"""Characters of an event in which an answer is looked for."""

BALANCED = (
    r"\S{1,100}:\d{1,5} \[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]{8,15}\] \S{1,200} "
    r"(?P<backend>[^\s/]{1,200})/\S{1,200} [\d+\-]{1,12}(?:/[\d+\-]{1,12}){4} (?P<status>\d{3}) "
)
"""How HAProxy's line of a request begins, up to the status; a connection of TCP has fewer times, and none."""

_BALANCED = re.compile(BALANCED + r'[^"\n]{0,2000}"(?P<method>[A-Z]{3,8}) (?P<path>[^\s"]{1,2000})')
_QUOTED = re.compile(
    r'"(?P<method>[A-Z]{3,8}) (?P<path>[^\s"]{1,2000})(?: HTTP/[\d.]+)?" (?:status: )?(?P<status>\d{3})'
)
_GENERATED = re.compile(
    r"(?P<method>[A-Z]{3,8}) (?P<path>\S{1,2000}) => generated \d{1,15} bytes in \d{1,10} msecs "
    r"\(HTTP/[\d.]{1,5} (?P<status>\d{3})\)"
)
_SERVER = re.compile(r"^https?://[^/]+(?=/)")


@dataclass(frozen=True)
class Answered:
    """An API's answer: ``path`` without its query; ``backend`` is what a load balancer calls those that answer, empty
    where the API itself told."""

    method: str
    path: str
    status: int
    backend: str = ""


def answer_in(text: str) -> Answered | None:
    """The answer that an event tells of; None when it tells of none."""
    found = _QUOTED.search(text, 0, LOOKED_AT)
    backend = ""
    if found is None and " => generated " in text[:LOOKED_AT]:
        found = _GENERATED.search(text, 0, LOOKED_AT)
    if found is None and " [" in text[:110] and (found := _BALANCED.match(text)) is not None:
        backend = found["backend"]
    if found is None:
        return None
    path = _SERVER.sub("", found["path"].partition("?")[0])
    return Answered(found["method"], path, int(found["status"]), backend)
