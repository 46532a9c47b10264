"""The watcher: sweeps and file-system events of all libraries."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Self

from ..files.rules import Rules
from ..models import FileEvent
from ..runtime.tasks import cancel_and_wait, supervise
from ..settings import Settings
from ..states import FolderState, Health
from .debounce import WriteDebouncer
from .root import EventSink, WatchContext, WatchedRoot


class Watcher:
    """Watches the libraries while its context is open. A failing folder does not affect the others.

    Parameters
    ----------
    settings : Settings
    sink : EventSink
        Receives files seen and gone.
    health : Health
        Reports tasks that fail.
    on_change : callable, optional
        Called when the state of a folder changed.
    rules : Rules, optional
        Built from the settings by default.
    """

    def __init__(
        self,
        settings: Settings,
        sink: EventSink,
        health: Health,
        on_change: Callable[[], None] = lambda: None,
        rules: Rules | None = None,
    ) -> None:
        self._sink = sink
        self._health = health
        roots = [os.fsencode(folder) for folder in settings.libraries]
        self.rules = rules or Rules.from_settings(settings)
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="auralis-walk")
        self.debouncer = WriteDebouncer(settings.settle_sec, self.rules, self._report_settled)
        self._context = WatchContext(settings, self.rules, sink, self.debouncer, on_change)
        self._roots = [WatchedRoot(root, self._context) for root in roots]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.callback(self.threads.shutdown, wait=False, cancel_futures=True)
        self._start(self._stack, "debouncing of writes", self.debouncer.run)
        for root in self._roots:
            self._open(root)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for root in self._roots:
            await root.tasks.aclose()
        await self._stack.aclose()

    def _open(self, root: WatchedRoot) -> None:
        name = os.fsdecode(root.path)
        self._start(root.tasks, f"sweep of {name}", root.sweep_forever)
        self._start(root.tasks, f"mounts of {name}", root.watch_mounts)
        if self._context.settings.watching != "off":
            self._start(root.tasks, f"broken links of {name}", root.broken_links.run)
        if self._context.settings.watching in {"auto", "events"}:
            self._start(root.tasks, f"events of {name}", root.follow_events)

    def _start(self, stack: AsyncExitStack, name: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(supervise(name, work, self._health), name=name)
        stack.callback(self._health.mark_up, name)
        stack.push_async_callback(cancel_and_wait, task)

    async def set_roots(self, paths: Sequence[bytes]) -> None:
        """Replace the watched libraries; those that stay are not interrupted."""
        await asyncio.get_running_loop().run_in_executor(self.threads, self.rules.set_roots, paths)
        kept = {root.path: root for root in self._roots if root.path in paths}
        removed = [root for root in self._roots if root.path not in paths]
        added = [WatchedRoot(path, self._context) for path in paths if path not in kept]
        self._roots = [*kept.values(), *added]
        for root in removed:
            await root.tasks.aclose()
            self.debouncer.forget(root.path)
        for root in added:
            self._open(root)
        self._context.on_change()

    def folders(self) -> tuple[FolderState, ...]:
        """Return the state of each library."""
        return tuple(root.state for root in self._roots)

    @property
    def scanned_once(self) -> bool:
        """True once every online library has been swept."""
        return all(root.state.last_scan is not None or not root.state.online for root in self._roots)

    def scan(self, folder: bytes | None = None) -> bool:
        """Request a sweep of all libraries, or of the one that holds *folder*; return False if there is none."""
        chosen = [root for root in self._roots if folder is None or root.holds(folder)]
        for root in chosen:
            root.request_sweep()
        return bool(chosen)

    async def _report_settled(self, events: Sequence[FileEvent]) -> None:
        """Report debounced events; a removal counts only while its library is mounted."""
        reported = []
        for event in events:
            root = self.root_of(event.path)
            if event.stamp is None and root is not None:
                await root.note_broken_link(event.path)
            if event.stamp is not None or (root is not None and await root.is_removal(event.path)):
                reported.append(event)
            elif root is not None:
                root.request_sweep()
        if reported:
            await self._sink.observe(reported)

    def root_of(self, path: bytes) -> WatchedRoot | None:
        """Return the library that holds *path*."""
        return next((root for root in self._roots if root.holds(path)), None)
