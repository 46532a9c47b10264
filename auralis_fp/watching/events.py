"""File-system events below a folder, in batches.

A thread waits for them. Entering the context returns once the system delivers events, so a sweep begun after that
misses nothing.
"""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Final, Self

from watchfiles import Change
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from .inotify import check_watch_capacity

log = logging.getLogger(__name__)

DEBOUNCE_MS: Final = 400  # longest time over which a batch is gathered
STEP_MS: Final = 100  # a batch ends after such a time without events
REOPEN_SEC: Final = 0.5  # pause before reopening after an undecodable name

Batch = list[tuple[Change, bytes]]


class FileSystemEvents:
    """Events below *folder*, as an asynchronous context manager.

    Parameters
    ----------
    folder : bytes
        An existing folder.

    Raises
    ------
    OSError, RuntimeError, ValueError
        On entering, or from ``next``, if the system does not deliver events.
    """

    def __init__(self, folder: bytes) -> None:
        self._folder = folder
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._batches: asyncio.Queue[Batch | Exception] = asyncio.Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="auralis-events", daemon=True)

    async def __aenter__(self) -> Self:
        self._thread.start()
        try:
            await self._ready
        except BaseException:
            self._stop.set()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    async def next(self) -> Batch:
        """Return the next batch. *folder* itself as a path means that something unnamed changed below it."""
        batch = await self._batches.get()
        if isinstance(batch, Exception):
            raise batch
        return batch

    def end(self) -> None:
        """Report *folder* as removed: something else is mounted there, and these events end."""
        self._batches.put_nowait([(Change.deleted, self._folder)])

    def _run(self) -> None:
        """Run the thread."""
        try:
            while not self._stop.is_set():
                self._follow()
                self._stop.wait(REOPEN_SEC)
        except (OSError, RuntimeError, ValueError) as error:  # ValueError: a path that is not UTF-8
            self._call(self._resolve_ready, error)
            self._call(self._batches.put_nowait, error)

    def _follow(self) -> None:
        """Deliver events until stopped, or until one has a name that is not UTF-8, which loses those after it."""
        with RustNotify([os.fsdecode(self._folder)], False, False, 0, True, True) as notify:  # noqa: FBT003 - its API
            if self._ready.done():  # reopened: events in between are lost
                self._call(self._batches.put_nowait, [(Change.modified, self._folder)])
            check_watch_capacity(self._folder)
            self._call(self._resolve_ready, None)
            try:
                while isinstance(seen := notify.watch(DEBOUNCE_MS, STEP_MS, 0, self._stop), set):
                    batch = [(Change(kind), os.fsencode(name)) for kind, name in seen]
                    self._call(self._batches.put_nowait, batch)
                    if any(change is Change.added and os.path.isdir(path) for change, path in batch):
                        check_watch_capacity(self._folder)
            except WatchfilesRustInternalError as error:
                if "decode path" not in str(error):
                    raise
                log.debug("events reopened: %s", error)

    def _call(self, function: Callable[[Any], None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(function, value)

    def _resolve_ready(self, error: Exception | None) -> None:
        if self._ready.done():
            return
        if error is None:
            self._ready.set_result(None)
        else:
            self._ready.set_exception(error)
