"""An event loop in a thread of its own, so that asynchronous libraries serve callers in any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CLEAN_UP_S = 15.0
"""How long a call that is given up may take to clean up behind itself."""


class BackgroundLoop:
    """Runs coroutines in one thread, started with the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and return what it returns, or raise what it raises.

        When the waiting thread is interrupted (Ctrl-C), the coroutine is cancelled and has CLEAN_UP_S to end.
        """
        loop = self._running_loop()
        over = threading.Event()

        async def watched() -> T:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                return await work
            finally:
                self._tasks.discard(task)
                over.set()

        future = asyncio.run_coroutine_threadsafe(watched(), loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel():
                over.wait(CLEAN_UP_S)
            raise

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Cancel what still runs, run ``last``, and end the thread."""
        with self._guard:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            last.close()
            return
        asyncio.run_coroutine_threadsafe(self._finish(last), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def _finish(self, last: Coroutine[Any, Any, None]) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=CLEAN_UP_S)
        await last

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop
