"""The one place where the errors of keystoneauth, openstacksdk and requests become Ostler's own.

What a server answered is judged in ``api``; here is what happens when there is no answer, or no token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ostler.commands import ApiRequest, ApiResponse
from ostler.errors import AccessDenied, ApiError, OstlerError

LONGEST_WORDS = 300

ApiErrorMaker = Callable[[ApiRequest, BaseException], OstlerError]


def api_error(request: ApiRequest, error: BaseException) -> OstlerError:
    """Return the error of ours that stands for what a library raised on the way to an API.

    Raises ``error`` itself when it is a bug rather than the outside world.
    """
    for kinds, make in _table():
        if isinstance(error, kinds):
            return make(request, error)
    raise error


def refused(said: str) -> AccessDenied:
    """Return the error for credentials that the identity service refused."""
    return AccessDenied(
        "api.credentials-refused",
        "the identity service refused the credentials of clouds.yaml",
        found=said,
        do_next="see that user, password, project and domains in clouds.yaml are right, and that the user is an admin",
    )


def said_in(response: ApiResponse) -> str:
    """Return the message of an error answer: OpenStack wraps it in one of three ways; else its first words."""
    body = response.body
    if isinstance(body, Mapping):
        errors = body.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else next(iter(body.values()), None)
        if isinstance(first, Mapping):
            said = first.get("message") or first.get("detail") or first.get("title")
            if isinstance(said, str):
                return said[:LONGEST_WORDS]
    return response.content[:LONGEST_WORDS].decode(errors="replace")


def _no_answer(request: ApiRequest, error: BaseException) -> OstlerError:
    return ApiError(
        "api.no-answer",
        f"{request.service} did not answer: {request}",
        found=_said(error),
        do_next="see whether the virtual address and the API's backends are up: ostler status",
    )


def _too_slow(request: ApiRequest, error: BaseException) -> OstlerError:
    return ApiError(
        "api.too-slow",
        f"{request.service} did not answer within {request.timeout_s:g} s: {request}",
        found=_said(error),
        do_next="see the API's log and load; whether the request was carried out is not known",
    )


def _tls(request: ApiRequest, error: BaseException) -> OstlerError:
    if "certificate has expired" in str(error):
        return ApiError(
            "api.certificate-expired",
            f"the certificate of {request.service} has expired",
            found=_said(error),
            do_next="put a new one in its place, at the load balancer or wherever it is shown, and reload that",
        )
    return ApiError(
        "api.certificate",
        f"the certificate of {request.service} is not trusted",
        found=_said(error),
        do_next="give the authority's certificate as cacert in clouds.yaml",
    )


def _refused(request: ApiRequest, error: BaseException) -> OstlerError:
    return refused(_said(error))


def _incomplete(request: ApiRequest, error: BaseException) -> OstlerError:
    return AccessDenied(
        "api.credentials-incomplete",
        "the entry in clouds.yaml is not enough to log in with",
        found=_said(error),
        do_next="compare it with the entry that the openstack client works with",
    )


def _identity_status(request: ApiRequest, error: BaseException) -> OstlerError:
    status = getattr(error, "http_status", 0) or getattr(error, "status_code", 0) or 0
    return ApiError(
        "api.identity-failed",
        f"no token could be had for {request}: the identity service answered with {status}",
        status=int(status),
        found=_said(error),
        do_next="see keystone's log and its database: ostler status",
    )


def _discovery(request: ApiRequest, error: BaseException) -> OstlerError:
    return ApiError(
        "api.no-identity",
        "the identity service does not say which versions it speaks",
        found=_said(error),
        do_next="see auth_url in clouds.yaml, and whether keystone answers there",
    )


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:LONGEST_WORDS]


def _table() -> tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], ApiErrorMaker], ...]:
    import requests
    from keystoneauth1 import exceptions as auth
    from openstack import exceptions as sdk

    return (
        ((auth.ConnectTimeout, requests.Timeout), _too_slow),
        ((auth.SSLError, requests.exceptions.SSLError), _tls),
        ((auth.RetriableConnectionFailure, auth.ConnectionError, requests.ConnectionError), _no_answer),
        ((auth.Unauthorized, auth.Forbidden, sdk.ForbiddenException), _refused),
        ((auth.DiscoveryFailure, auth.VersionNotAvailable, auth.ImpliedVersionMismatch), _discovery),
        (sdk.ServiceDiscoveryException, _discovery),
        ((auth.HttpError, sdk.HttpException), _identity_status),
        ((auth.CatalogException, auth.InvalidResponse), _discovery),
        ((auth.AuthPluginException, auth.AuthorizationFailure, auth.ClientException), _incomplete),
        (sdk.ConfigException, _incomplete),
        (sdk.SDKException, _no_answer),
        (requests.RequestException, _no_answer),
        (OSError, _no_answer),
    )
