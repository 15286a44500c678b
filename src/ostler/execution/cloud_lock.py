"""One run at a time on a cloud, for everybody on every machine: a file on each controller that can be reached.

Its holder touches it again and again; one that was not touched for a while, by the controller's own clock, is stale.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace

from ostler.cloud.model import Cloud
from ostler.commands import Command, read
from ostler.errors import OutsideError
from ostler.execution.lock import Holder, cloud_busy, holder_to_json, read_holder
from ostler.remote.protocol import Transport

LOCK_PATH = "/var/lib/ostler-lock.json"
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
        """Make the lock file, which only one of several can; a stale one is moved out of the way first."""
        holder, now = read_lock(self._transport, host)
        if holder is not None and not self._is_free(holder, now):
            raise cloud_busy(self._cloud.name, holder)
        mine = f"{LOCK_PATH}.{self._holder.machine}.{self._holder.pid}"
        self._put(host, mine, now)
        try:
            if holder is not None:
                self._transport.run(host, Command(("rm", "-f", "--", LOCK_PATH)))
            made = self._transport.run(host, Command(("ln", "-T", "--", mine, LOCK_PATH)))
        finally:
            self._transport.run(host, Command(("rm", "-f", "--", mine)))
        if made.exit_code != 0:
            raise cloud_busy(self._cloud.name, read_lock(self._transport, host)[0])

    def _is_free(self, holder: Holder, now: float) -> bool:
        return holder.is_gone or holder.is_same_process(self._holder) or now - holder.at > STALE_AFTER_S

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
                    self._transport.run(host, Command(("rm", "-f", "--", LOCK_PATH)))
        self._held = []


def lock_hosts(cloud: Cloud) -> tuple[str, ...]:
    """The hosts that hold the lock: the controllers, or the first host of a cloud without."""
    controllers = tuple(host.name for host in cloud.hosts_with("controller"))
    return controllers or tuple(cloud.hosts)[:1]


def read_lock(transport: Transport, host: str) -> tuple[Holder | None, float]:
    """Who holds the lock on a host (None: nobody), and the time by that host's clock. Raises OutsideError."""
    clock, lock = transport.run_batch(host, [read("date", "+%s"), read("cat", "--", LOCK_PATH)])
    holder = read_holder(lock.stdout) if lock.exit_code == 0 else None
    return holder, float(clock.stdout.strip() or 0)
