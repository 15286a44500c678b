"""One run at a time on a cloud, for everybody on every machine: a file on each controller that can be reached.

Its holder touches it again and again; one that was not touched for a while, by the controller's own clock, is stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.errors import CommandFailed, OutsideError
from ostler.execution.lock import Holder, cloud_busy, holder_to_json, read_holder
from ostler.remote.protocol import Transport

LOCK_PATH = "/var/lib/ostler-lock.json"
NO_SUCH_FILE = 1
HEARTBEAT_S = 20.0
STALE_AFTER_S = 120.0


class CloudLock:
    """The lock of one cloud for one holder. `is_lost` turns True when somebody else was found in its place, or may have
    been there while no controller could be reached."""

    def __init__(self, cloud: Cloud, transport: Transport, holder: Holder, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._cloud = cloud
        self._transport = transport
        self._holder = holder
        self._heartbeat_s = heartbeat_s
        self._held: list[str] = []
        self._touched_at = _since_boot_s()
        self._end = threading.Event()
        self.is_lost = False

    def say(self, holder: Holder) -> None:
        """Tell everybody who this process is working for."""
        self._holder = holder
        for host in self._held:
            with contextlib.suppress(OutsideError):
                self._touch(host)

    @contextlib.contextmanager
    def held(self) -> Iterator[CloudLock]:
        """Hold the cloud. Raises Refused `execution.cloud-busy` when somebody else does, OutsideError when no
        controller can be reached."""
        self._take_all()
        beat = threading.Thread(target=self._keep, name="lock-heartbeat", daemon=True)
        beat.start()
        try:
            yield self
        finally:
            self._end.set()
            beat.join()
            self._give_up_all()

    def _take_all(self) -> None:
        failure: OutsideError | None = None
        for host in lock_hosts(self._cloud):
            try:
                self._take(host)
                self._held.append(host)
            except OutsideError as error:
                failure = error
            except BaseException:
                self._give_up_all()
                raise
        if not self._held and failure is not None:
            raise failure

    def _take(self, host: str) -> None:
        """Make the lock file, which only one of several can; a stale one is taken out of the way first."""
        now, lock = _look(self._transport, host)
        holder = read_holder(lock or "")
        if lock is not None and not self._is_free(host, holder, now):
            raise cloud_busy(self._cloud.name, holder)
        mine = f"{LOCK_PATH}.{self._holder.machine}.{self._holder.pid}"
        self._put(host, mine, now)
        try:
            if lock is not None:
                self._clear(host, mine, lock)
            made = self._link(host, mine, LOCK_PATH)
        finally:
            self._remove(host, mine)
        if not made:
            raise cloud_busy(self._cloud.name, read_lock(self._transport, host)[0])

    def _clear(self, host: str, mine: str, stale: str) -> None:
        """Remove a lock file that still says what was found stale, as the only one who may: whoever else found the
        same would remove what the first had just made. Leaves a later one alone."""
        claim = f"{LOCK_PATH}.stale-{hashlib.sha256(stale.encode()).hexdigest()[:16]}"
        if not self._link(host, mine, claim):
            now, said = _look(self._transport, host, claim)
            other = read_holder(said or "")
            if said is not None and self._is_free(host, other, now, claim):
                self._remove(host, claim)
            raise cloud_busy(self._cloud.name, other)
        try:
            if _look(self._transport, host)[1] == stale:
                self._remove(host, LOCK_PATH)
        finally:
            self._remove(host, claim)

    def _link(self, host: str, path: str, name: str) -> bool:
        """Give a file another name; False when there is one of that name already."""
        return self._transport.run(host, Command(("ln", "-T", "--", path, name))).exit_code == 0

    def _remove(self, host: str, path: str) -> None:
        self._transport.run(host, Command(("rm", "-f", "--", path)))

    def _is_free(self, host: str, holder: Holder | None, now: float, path: str = LOCK_PATH) -> bool:
        """Whether a lock file may be taken away. One that names nobody may just be being written, until it is old."""
        if holder is not None:
            return holder.is_gone or holder.is_same_process(self._holder) or now - holder.at > STALE_AFTER_S
        changed = self._transport.run(host, read("stat", "-c", "%Y", "--", path))
        return changed.exit_code == 0 and now - _seconds(host, changed) > STALE_AFTER_S

    def _keep(self) -> None:
        try:
            while not self._end.wait(self._heartbeat_s):
                for host in self._held:
                    # A controller that does not answer now is asked again at the next beat.
                    with contextlib.suppress(OutsideError):
                        self._touch(host)
        except Exception:
            self.is_lost = True  # nobody touches it any more, so it will be stale
            raise

    def _touch(self, host: str) -> None:
        holder, now = read_lock(self._transport, host)
        is_anothers = holder is not None and not holder.is_same_process(self._holder)
        was_stale = _since_boot_s() - self._touched_at > STALE_AFTER_S
        if is_anothers or (holder is None and was_stale):
            self.is_lost = True
            return
        self._put(host, LOCK_PATH, now)
        self._touched_at = _since_boot_s()

    def _put(self, host: str, path: str, now: float) -> None:
        self._transport.put(host, path, holder_to_json(replace(self._holder, at=now)).encode(), mode=0o644)

    def _give_up_all(self) -> None:
        for host in self._held:
            with contextlib.suppress(OutsideError):
                holder, _ = read_lock(self._transport, host)
                if holder is not None and holder.is_same_process(self._holder):
                    self._remove(host, LOCK_PATH)
        self._held = []


def _since_boot_s() -> float:
    """Seconds that pass also while this machine sleeps, as the controllers' clocks do."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def lock_hosts(cloud: Cloud) -> tuple[str, ...]:
    """The hosts that hold the lock: the controllers, also those of a control plane that takes over or was taken over
    from (they have no role), or the first host of a cloud without."""
    controllers = tuple(host.name for host in cloud.hosts.values() if "controller" in host.roles or not host.roles)
    return controllers or tuple(cloud.hosts)[:1]


def read_lock(transport: Transport, host: str) -> tuple[Holder | None, float]:
    """Who holds the lock on a host (None: nobody), and the time by that host's clock. Raises OutsideError."""
    now, lock = _look(transport, host)
    return read_holder(lock or ""), now


def holder_now(cloud: Cloud, transport: Transport) -> Holder | None:
    """Who works on a cloud at present, on any machine, as far as its controllers can be asked; None: nobody they know
    of. One that lives no more, or was not heard of for long, does not count."""
    for host in lock_hosts(cloud):
        # What a controller that cannot be reached would say, another one says too.
        with contextlib.suppress(OutsideError):
            holder, now = read_lock(transport, host)
            if holder is not None and not holder.is_gone and now - holder.at <= STALE_AFTER_S:
                return holder
    return None


def _look(transport: Transport, host: str, path: str = LOCK_PATH) -> tuple[float, str | None]:
    """The time by a host's clock, and what a lock file says (None: there is none). Raises OutsideError, also when one
    of both could not be read: that it could not be read does not make a lock free."""
    clock, lock = transport.run_batch(host, (read("date", "+%s"), read("cat", "--", path)))
    is_absent = lock.exit_code == NO_SUCH_FILE and lock.stderr.rstrip().endswith("No such file or directory")
    if lock.exit_code and not is_absent:
        raise _unreadable(host, path, lock)
    return _seconds(host, clock), lock.stdout if lock.exit_code == 0 else None


def _seconds(host: str, said: CommandResult) -> float:
    try:
        return float(said.stdout)
    except ValueError:
        raise _unreadable(host, "the clock", said) from None


def _unreadable(host: str, what: str, said: CommandResult) -> CommandFailed:
    return CommandFailed(
        "execution.lock-not-read",
        f"{what} could not be read on {host}, so nobody knows whether the cloud is free",
        found=f"exit code {said.exit_code}: {(said.stderr or said.stdout).strip()[-300:]}",
        do_next=f"see that {host} is not overloaded and its disk can be read, then try again",
    )
