"""Plain GETs without credentials, as any client of the cloud would send them. Nothing is followed or retried."""

from __future__ import annotations

import http.client
import ssl
import time
from urllib.parse import urlsplit

from ostler.commands import WebAnswer

TIMEOUT_S = 5.0
LONGEST_BODY = 1 << 20


def get(url: str, timeout_s: float = TIMEOUT_S) -> WebAnswer:
    """Return the status that a URL answers with, whatever it is; status 0 and a reason when nothing answers.

    A port that speaks TLS although the URL says http is asked again over TLS. Its certificate is not verified:
    nothing secret is sent, and only the status is looked at.
    """
    began = time.monotonic()
    status, reason = _ask(url, timeout_s, is_tls=url.startswith("https:"))
    if status in (0, 400) and reason in ("", "no HTTP") and url.startswith("http:"):
        over_tls, _ = _ask(url, timeout_s, is_tls=True)
        status, reason = (over_tls, "") if over_tls else (status, reason)
    return WebAnswer(status, round(time.monotonic() - began, 3), reason)


def _ask(url: str, timeout_s: float, *, is_tls: bool) -> tuple[int, str]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPSConnection(host, port, timeout=timeout_s, context=_trusting())
        if is_tls
        else http.client.HTTPConnection(host, port, timeout=timeout_s)
    )
    try:
        connection.request("GET", parts.path or "/", headers={"Connection": "close"})
        response = connection.getresponse()
        response.read(LONGEST_BODY)  # a client that leaves early is an error in the API's log
        return response.status, ""
    except ConnectionRefusedError:
        return 0, "refused"
    except TimeoutError:
        return 0, "timed out"
    except (http.client.HTTPException, ssl.SSLError, ConnectionResetError):
        return 0, "no HTTP"
    except OSError as error:
        return 0, (error.strerror or type(error).__name__).lower()
    finally:
        connection.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
