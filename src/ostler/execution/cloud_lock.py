"""One run at a time on a cloud, for everybody on every machine: a file on each controller that can be reached.

Its holder touches it again and again; one that was not touched for a while, by the controller's own clock, is stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.errors import OutsideError
from ostler.execution.lock import Holder, cloud_busy, holder_to_json, read_holder
from ostler.remote.protocol import Transport

LOCK_PATH = "/var/lib/ostler-lock.json"
_LOOK = (read("date", "+%s"), read("cat", "--", LOCK_PATH))
HEARTBEAT_S = 20.0
STALE_AFTER_S = 120.0


class CloudLock:
    """The lock of one cloud for one holder. `is_lost` turns True when somebody else was found in its place."""

    def __init__(self, cloud: Cloud, transport: Transport, holder: Holder, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._cloud = cloud
        self._transport = transport
        self._holder = holder
        self._heartbeat_s = heartbeat_s
        self._held: list[str] = []
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
        clock, lock = self._transport.run_batch(host, _LOOK)
        now, holder = _seconds(clock), read_holder(lock.stdout)
        if lock.exit_code == 0 and not self._is_free(host, holder, now):
            raise cloud_busy(self._cloud.name, holder)
        mine = f"{LOCK_PATH}.{self._holder.machine}.{self._holder.pid}"
        self._put(host, mine, now)
        try:
            if lock.exit_code == 0:
                self._clear(host, mine, lock.stdout)
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
            clock, said = self._transport.run_batch(host, (read("date", "+%s"), read("cat", "--", claim)))
            other = read_holder(said.stdout)
            if said.exit_code == 0 and self._is_free(host, other, _seconds(clock), claim):
                self._remove(host, claim)
            raise cloud_busy(self._cloud.name, other)
        try:
            lock = self._transport.run_batch(host, _LOOK)[1]
            if lock.exit_code == 0 and lock.stdout == stale:
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
        return changed.exit_code == 0 and now - _seconds(changed) > STALE_AFTER_S

    def _keep(self) -> None:
        while not self._end.wait(self._heartbeat_s):
            for host in self._held:
                # A controller that does not answer now is asked again at the next beat.
                with contextlib.suppress(OutsideError):
                    self._touch(host)

    def _touch(self, host: str) -> None:
        holder, now = read_lock(self._transport, host)
        if holder is not None and not holder.is_same_process(self._holder):
            self.is_lost = True
            return
        self._put(host, LOCK_PATH, now)

    def _put(self, host: str, path: str, now: float) -> None:
        self._transport.put(host, path, holder_to_json(replace(self._holder, at=now)).encode(), mode=0o644)

    def _give_up_all(self) -> None:
        for host in self._held:
            with contextlib.suppress(OutsideError):
                holder, _ = read_lock(self._transport, host)
                if holder is not None and holder.is_same_process(self._holder):
                    self._remove(host, LOCK_PATH)
        self._held = []


def lock_hosts(cloud: Cloud) -> tuple[str, ...]:
    """The hosts that hold the lock: the controllers, or the first host of a cloud without."""
    controllers = tuple(host.name for host in cloud.hosts_with("controller"))
    return controllers or tuple(cloud.hosts)[:1]


def read_lock(transport: Transport, host: str) -> tuple[Holder | None, float]:
    """Who holds the lock on a host (None: nobody), and the time by that host's clock. Raises OutsideError."""
    clock, lock = transport.run_batch(host, _LOOK)
    holder = read_holder(lock.stdout) if lock.exit_code == 0 else None
    return holder, _seconds(clock)


def _seconds(said: CommandResult) -> float:
    return float(said.stdout.strip() or 0)
