"""Every exception class a library can raise at us is mapped to one of ours."""

from __future__ import annotations

import inspect
import pkgutil

import asyncssh
import pytest

from ostler.errors import NoSpace, OutsideError
from ostler.remote.errors_map import HOST_ERRORS, host_error

ONLY_RAISED_IN_SERVERS_OR_ELSEWHERE = {
    # They reach the handler of a server's session, never a client.
    "BreakReceived",
    "SignalReceived",
    "SoftEOFReceived",
    "TerminalSizeChanged",
    # Raised and handled inside the library (GSSAPI and X.509 are not used by us without it).
    "GSSError",
}


def asyncssh_errors() -> set[type[BaseException]]:
    found = set()
    for module in pkgutil.iter_modules(asyncssh.__path__):
        try:
            content = vars(__import__(f"asyncssh.{module.name}", fromlist=["x"]))
        except ImportError:
            continue  # a module for another platform or an extra that is not installed
        for thing in content.values():
            is_error = inspect.isclass(thing) and issubclass(thing, Exception)
            if is_error and thing.__module__.startswith("asyncssh"):
                found.add(thing)
    return found


def test_there_are_exceptions_to_map() -> None:
    assert len(asyncssh_errors()) > 40


@pytest.mark.parametrize("kind", sorted(asyncssh_errors(), key=lambda kind: kind.__name__), ids=lambda k: k.__name__)
def test_every_asyncssh_exception_is_mapped(kind: type[BaseException]) -> None:
    if kind.__name__ in ONLY_RAISED_IN_SERVERS_OR_ELSEWHERE:
        return
    assert any(issubclass(kind, kinds) for kinds, _ in HOST_ERRORS)


def test_an_error_of_ours_stays_as_it_is() -> None:
    ours = NoSpace("remote.no-space", "full")
    assert host_error("ctl1", ours) is ours


def test_a_bug_is_raised_as_it_is() -> None:
    with pytest.raises(KeyError):
        host_error("ctl1", KeyError("a bug"))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), asyncssh.SFTPNoSpaceOnFilesystem("full")])
def test_a_full_disk_is_no_space(error: Exception) -> None:
    assert isinstance(host_error("ctl1", error), NoSpace)


def test_what_the_user_reads_names_the_host_and_what_to_do() -> None:
    error = host_error("ctl1", ConnectionRefusedError(111, "Connection refused"))
    assert isinstance(error, OutsideError)
    assert "ctl1" in error.summary
    assert error.do_next
