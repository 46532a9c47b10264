"""The system's events below a folder, as they come.

They are waited for in a thread of their own, which tells when they are open: a sweep begun after that misses nothing.
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

DEBOUNCE_MS: Final = 400  # events are gathered for at most this long
STEP_MS: Final = 100  # or until nothing happened for this long
REOPEN_SEC: Final = 0.5  # before the events are opened once more

Batch = list[tuple[Change, bytes]]


class FileSystemEvents:
    """Events below *folder*; an asynchronous context manager whose entering means that from now on none is missed.

    Parameters
    ----------
    folder : bytes
        Must exist.

    Raises
    ------
    OSError, RuntimeError, ValueError
        On entering, or from ``next``: there are no events to be had.
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
        """Return what happened next; *folder* itself stands for something in it that cannot be named."""
        batch = await self._batches.get()
        if isinstance(batch, Exception):
            raise batch
        return batch

    def _run(self) -> None:
        """Wait for events, in the thread, until told to stop."""
        try:
            while not self._stop.is_set():
                self._follow()
                self._stop.wait(REOPEN_SEC)
        except (OSError, RuntimeError, ValueError) as error:  # ValueError: a name that is not text
            self._call(self._opened, error)
            self._call(self._batches.put_nowait, error)

    def _follow(self) -> None:
        """Hand on events until told to stop, or until one has a name that is not text: what follows is lost then."""
        with RustNotify([os.fsdecode(self._folder)], False, False, 0, True, True) as notify:  # noqa: FBT003 - its way
            if self._ready.done():  # opened once more: only a look at the whole folder tells what happened
                self._call(self._batches.put_nowait, [(Change.modified, self._folder)])
            check_watch_capacity(self._folder)
            self._call(self._opened, None)
            try:
                while isinstance(seen := notify.watch(DEBOUNCE_MS, STEP_MS, 0, self._stop), set):
                    batch = [(Change(kind), os.fsencode(name)) for kind, name in seen]
                    self._call(self._batches.put_nowait, batch)
                    if any(change is Change.added and os.path.isdir(path) for change, path in batch):
                        check_watch_capacity(self._folder)
            except WatchfilesRustInternalError as error:
                if "decode path" not in str(error):
                    raise
                log.debug("opened once more: %s", error)

    def _call(self, function: Callable[[Any], None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(function, value)

    def _opened(self, error: Exception | None) -> None:
        if self._ready.done():
            return
        if error is None:
            self._ready.set_result(None)
        else:
            self._ready.set_exception(error)
