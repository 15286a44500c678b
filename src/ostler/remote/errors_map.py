"""The one place where library errors become Ostler's own: asyncssh and the operating system for hosts,
keystoneauth and requests for APIs.

Each table is read from the top; the first class that fits wins. A test fails when a library has an exception class
that fits none of them.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

import asyncssh
from asyncssh.asn1 import ASN1Error
from asyncssh.packet import PacketDecodeError
from asyncssh.saslprep import SASLPrepError

from ostler.commands import CommandResult
from ostler.errors import AccessDenied, CommandFailed, HostKeyChanged, HostUnreachable, NoSpace, OutsideError

HostError = Callable[[str, BaseException], OutsideError]
"""Makes our error from a host's name and what was raised."""

_NO_SPACE = ("No space left on device", "Disk quota exceeded")


def host_error(host: str, error: BaseException) -> OutsideError:
    """Return the error of ours that stands for what a library raised while reaching ``host``.

    An error that is already ours is returned as it is. Raises ``error`` itself when it is a bug rather than the
    outside world.
    """
    if isinstance(error, OutsideError):
        return error
    for kinds, make in HOST_ERRORS:
        if isinstance(error, kinds):
            return make(host, error)
    raise error


def full_disk(host: str, path: str, result: CommandResult) -> NoSpace | None:
    """Return NoSpace when a command's output says that it failed for want of room, else None."""
    if not any(mark in result.stderr for mark in _NO_SPACE):
        return None
    return NoSpace(
        "remote.no-space",
        f"no space is left on {host} for {path}",
        found=result.stderr.strip()[-300:],
        do_next=f"make room on {host} (df -h {path}), then go on",
    )


def failed(host: str, code: str, summary: str, result: CommandResult) -> OutsideError:
    """Return the error for a command of ours that ended with ``result``: NoSpace, or CommandFailed."""
    return full_disk(host, summary, result) or CommandFailed(
        code, f"{summary} on {host}: {result.stderr.strip()[-500:]}", found=str(result.exit_code), expected="0"
    )


def chattering(host: str, output: str) -> CommandFailed:
    """Return the error for a host that prints something else than what was asked, as a login's start-up files do."""
    return CommandFailed(
        "remote.login-prints",
        f"{host} prints something else than the answer it was asked for",
        found=repr(output[:100]),
        expected="nothing but the answer",
        do_next=f"see that the start-up files of the login on {host} (.bashrc, /etc/profile.d) print nothing when no "
        "person logs in: ssh to it with the command true, which must print nothing",
    )


def _unreachable(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.host-unreachable",
        f"no connection to {host}",
        found=_said(error),
        do_next=f"see that {host} is up, and that its address, port and way there are right in the cloud file",
    )


def _name_unknown(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.name-unknown",
        f"the address of {host} cannot be resolved",
        found=_said(error),
        do_next="give an IP address in the cloud file, or mend the name service of this machine",
    )


def _lost(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.connection-lost",
        f"the connection to {host} broke; a command running there may have gone on",
        found=_said(error),
        do_next=f"see that {host} is up, then resume: what was running is looked at first",
    )


def _too_slow(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.no-answer",
        f"{host} does not answer in time",
        found=_said(error),
        do_next=f"see that {host} is up and not overloaded",
    )


def _host_key(host: str, error: BaseException) -> OutsideError:
    return HostKeyChanged(
        "remote.host-key-changed",
        f"{host} shows another host key than the one on record",
        found=_said(error),
        do_next=f"if {host} was installed anew, replace its line in known_hosts; if not, someone may be in between",
    )


def _denied(host: str, error: BaseException) -> OutsideError:
    return AccessDenied(
        "remote.login-refused",
        f"{host} refused our login",
        found=_said(error),
        do_next="see that access: user and key in the cloud file are right, and that the key is authorized there",
    )


def _bad_key(host: str, error: BaseException) -> OutsideError:
    return AccessDenied(
        "remote.key-unusable",
        f"the SSH key or ssh_config for {host} cannot be used",
        found=_said(error),
        do_next="see that the key file is readable and unlocked (ssh-add), and that ssh_config has no mistakes",
    )


def _protocol(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.protocol",
        f"{host} and this machine find no SSH they both speak",
        found=_said(error),
        do_next="compare the ciphers and key exchanges its sshd allows with `ssh -Q`; see its sshd log",
    )


def _channel(host: str, error: BaseException) -> OutsideError:
    return HostUnreachable(
        "remote.channel-refused",
        f"{host} opened a connection but no session on it",
        found=_said(error),
        do_next=f"raise MaxSessions in sshd_config of {host}, or see whether it is out of processes",
    )


def _files(host: str, error: BaseException) -> OutsideError:
    return CommandFailed(
        "remote.file-transfer",
        f"a file could not be copied to or from {host}",
        found=_said(error),
        do_next=f"see that {host} has the SFTP subsystem in sshd_config, and room and rights where the file goes",
    )


def _disk(host: str, error: BaseException) -> OutsideError:
    return NoSpace(
        "remote.no-space", f"no space is left while copying to or from {host}", found=_said(error), do_next="make room"
    )


def _operating_system(host: str, error: BaseException) -> OutsideError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk(host, error)
    names_a_file = isinstance(error, OSError) and error.filename is not None
    return _bad_key(host, error) if names_a_file else _unreachable(host, error)


def _said(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:300]


HOST_ERRORS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], HostError], ...] = (
    (asyncssh.HostKeyNotVerifiable, _host_key),
    ((asyncssh.PermissionDenied, asyncssh.IllegalUserName, asyncssh.PasswordChangeRequired), _denied),
    ((asyncssh.KeyImportError, asyncssh.KeyEncryptionError, asyncssh.KeyExportError), _bad_key),
    ((asyncssh.KeyGenerationError, asyncssh.ConfigParseError, ASN1Error, SASLPrepError), _bad_key),
    ((asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported, asyncssh.CompressionError), _protocol),
    ((asyncssh.ProtocolError, asyncssh.MACError, PacketDecodeError), _protocol),
    ((asyncssh.ConnectionLost, asyncssh.ServiceNotAvailable, asyncssh.DisconnectError), _lost),
    ((asyncssh.ChannelOpenError, asyncssh.ChannelListenError), _channel),
    (asyncssh.SFTPNoSpaceOnFilesystem, _disk),
    (asyncssh.SFTPQuotaExceeded, _disk),
    (asyncssh.SFTPError, _files),
    (asyncssh.TimeoutError, _too_slow),
    (asyncssh.Error, _lost),
    ((TimeoutError, asyncio.TimeoutError), _too_slow),
    (socket.gaierror, _name_unknown),
    (OSError, _operating_system),
)
