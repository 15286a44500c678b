"""Let oslo.messaging look for RPC replies every 20 ms where it looks every half second.

oslo.messaging of 2024.2 to 2026.1 waits for a reply by polling with `time.sleep(0.5)` (Launchpad 2035113),
so that every operation of nova and cinder takes several times as long. When its module is imported, the
one method that waits is replaced. The file `ostler_practice.pth` has Python import this module when it
starts; until oslo.messaging is imported, it costs a few microseconds.
"""

import importlib.abc
import importlib.util
import inspect
import queue
import sys
import time

PATCHED = "oslo_messaging._drivers.amqpdriver"
SLOW_WAIT = "time.sleep(0.5)"
POLL_S = 0.02


class ReplyFinder(importlib.abc.MetaPathFinder):
    """Finds the one module as usual and has it changed after it was executed."""

    def find_spec(self, name, path, target=None):
        if name != PATCHED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                quicken(module)

            spec.loader.exec_module = exec_module
        return spec


def quicken(module):
    """Replace ReplyWaiters.get of a version that polls slowly; leave any other version alone."""
    waiters = module.ReplyWaiters
    if SLOW_WAIT not in inspect.getsource(waiters.get):
        return

    def get(self, msg_id, timeout):
        deadline = None if timeout is None else time.monotonic() + timeout
        while deadline is None or time.monotonic() < deadline:
            try:
                return self._queues[msg_id].get(block=False)
            except queue.Empty:
                time.sleep(POLL_S)
        raise module.oslo_messaging.MessagingTimeout(f"Timed out waiting for a reply to message ID {msg_id}")

    waiters.get = get


sys.meta_path.insert(0, ReplyFinder())
