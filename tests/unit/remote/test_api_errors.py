"""Every exception class of the API libraries is mapped to one of ours."""

from __future__ import annotations

import inspect

import pytest
import requests
from keystoneauth1 import exceptions as auth
from openstack import exceptions as sdk

from ostler.commands import ApiRequest
from ostler.errors import AccessDenied, ApiError
from ostler.remote.api_errors import _table, api_error

REQUEST = ApiRequest("compute", "GET", "/servers")


def exception_classes() -> list[type[BaseException]]:
    found = {
        thing
        for module in (auth, sdk, requests.exceptions)
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, Exception) and not issubclass(thing, Warning)
    }
    theirs = (kind for kind in found if kind.__module__.startswith(("keystoneauth1", "openstack", "requests")))
    return sorted(theirs, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", exception_classes(), ids=lambda kind: kind.__qualname__)
def test_every_exception_is_mapped(kind: type[BaseException]) -> None:
    assert any(issubclass(kind, kinds) for kinds, _ in _table())


def test_there_are_exceptions_to_map() -> None:
    assert len(exception_classes()) > 60


def test_a_refused_login_is_access_denied() -> None:
    assert isinstance(api_error(REQUEST, auth.Unauthorized("no")), AccessDenied)


def test_a_connection_that_breaks_is_status_0() -> None:
    error = api_error(REQUEST, auth.ConnectFailure("refused"))
    assert isinstance(error, ApiError)
    assert error.status == 0


def test_a_bug_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError):
        api_error(REQUEST, KeyError("a bug"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("certificate verify failed: certificate has expired (_ssl.c:992)", "api.certificate-expired"),
        ("certificate verify failed: unable to get local issuer certificate (_ssl.c:992)", "api.certificate"),
    ],
)
def test_an_expired_certificate_is_told_from_one_that_nobody_trusts(said: str, code: str) -> None:
    error = api_error(REQUEST, auth.SSLError(f"SSL exception connecting to https://192.0.2.1: [SSL] {said}"))
    assert isinstance(error, ApiError)
    assert error.code == code
