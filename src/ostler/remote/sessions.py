"""One command on its way over a connection: started in a session of its own on the host, and never left there."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import asyncssh

from ostler.errors import AccessDenied, CommandTimedOut, HostUnreachable
from ostler.remote import scripts
from ostler.remote.connections import Line
from ostler.remote.errors_map import host_error

END_TIMEOUT_S = scripts.END_GRACE_S + 5.0
REFUSED_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass
class Running:
    """A command that was started: its process as seen from here, and its session on the host once that is known.

    ``noise`` is what the host said on standard error before the command itself began.
    """

    host: str
    line: Line
    process: asyncssh.SSHClientProcess[bytes]
    session: int | None = None
    noise: bytearray = field(default_factory=bytearray)

    async def begun(self) -> None:
        """Wait until the command's session is known, or its standard error has ended without telling.

        Raises AccessDenied when sudo refused.
        """
        while self.session is None:
            said = await self.process.stderr.readline()
            if not said:
                self._check_sudo()
                return
            self.session = scripts.session_in(said)
            if self.session is None:
                self.noise += said

    def feed(self, data: bytes) -> None:
        """Give the command its whole input; one that has ended before it read all of it is left in peace."""
        with contextlib.suppress(BrokenPipeError, OSError):
            if data:
                self.process.stdin.write(data)
            self.process.stdin.write_eof()

    async def ended(self) -> tuple[int, bytes, bytes]:
        """Wait for the command's end; return its exit code (128 + signal when one ended it) and its output.

        Raises HostUnreachable when the connection broke: whether the command ended is not known then.
        """
        out, err = await self.process.communicate()
        return self.exit_code(), out or b"", bytes(self.noise) + (err or b"")

    def exit_code(self) -> int:
        """Return the exit code of a command that has ended. Raises HostUnreachable when none was told."""
        code = self.process.returncode
        if code is None:
            raise host_error(self.host, asyncssh.ConnectionLost("the connection ended before the command did"))
        return 128 - code if code < 0 else code

    def _check_sudo(self) -> None:
        said = self.noise.decode(errors="replace").strip()
        if not self.line.is_root and said.startswith("sudo:"):
            raise AccessDenied(
                "remote.sudo-refused",
                f"the login on {self.host} may not use sudo without a password",
                found=said[:300],
                do_next="let the login run commands with `sudo -n` (NOPASSWD in sudoers), or log in as root",
            )


async def start(host: str, line: Line, argv: Sequence[str]) -> Running:
    """Start a wrapped command on a connection. Raises what asyncssh raises.

    A host that has too many sessions for the moment is asked again for a while: nothing was started there.
    """
    login = [] if line.is_root else ["sudo", "-n", "--"]
    text = shlex.join([*login, *argv])
    for pause_s in REFUSED_PAUSES_S:
        try:
            return Running(host, line, await line.connection.create_process(text, encoding=None))
        except asyncssh.ChannelOpenError as error:
            if error.code != asyncssh.OPEN_CONNECT_FAILED or not line.is_open:
                raise
        await asyncio.sleep(pause_s)
    return Running(host, line, await line.connection.create_process(text, encoding=None))


@contextlib.asynccontextmanager
async def none_left(running: Running, what: str, limit_s: float | None) -> AsyncIterator[None]:
    """See to it that a command is over when the block ends, in time or not, and with it all its processes.

    Raises CommandTimedOut after ``limit_s`` seconds (None: no limit), HostUnreachable when the connection broke.
    """
    try:
        async with asyncio.timeout(limit_s):
            yield
    except TimeoutError:
        await _end(running)
        if not running.line.is_open:
            raise host_error(running.host, asyncssh.ConnectionLost("the connection was lost")) from None
        raise CommandTimedOut(
            "remote.command-timed-out",
            f"on {running.host}, {what} was still running at its limit and was ended",
            expected=f"at most {limit_s:g} s" if limit_s else "",
            do_next="see why it hangs (its log, the host's load), then resume",
        ) from None
    except (asyncssh.Error, OSError) as error:
        await _end(running)
        raise host_error(running.host, error) from None
    except BaseException:
        await _end(running)
        raise
    finally:
        running.process.close()


async def _end(running: Running) -> None:
    if not running.line.is_open or (running.session and running.process.returncode is not None):
        return
    ending = asyncio.ensure_future(_end_session(running))
    with contextlib.suppress(TimeoutError, asyncssh.Error, OSError, HostUnreachable, AccessDenied):
        await asyncio.shield(asyncio.wait_for(ending, END_TIMEOUT_S))


async def _end_session(running: Running) -> None:
    await running.begun()
    if running.session is None:
        return
    ender = await start(running.host, running.line, scripts.end_session(running.session))
    ender.feed(b"")
    await ender.process.communicate()
