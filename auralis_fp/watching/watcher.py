"""What changes in the music folders: a first scan, the system's events, and sweeps that catch what those missed."""

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, Self

from watchfiles import Change

from ..files.mounts import is_network_mount
from ..files.paths import is_same_or_below
from ..files.scanner import UNFINISHED, Rules, walk
from ..models import FileEvent, FolderState, Health
from ..runtime.tasks import cancel_and_wait, happens_within, supervise
from ..settings import Settings
from .debounce import WriteDebouncer
from .events import FileSystemEvents, event_problem

log = logging.getLogger(__name__)

BATCH: Final = 500  # files handed over at once
POLL_EVERY_SEC: Final = 60.0  # sweeps, where there are no events
OFFLINE_RETRY_SEC: Final = 5.0
OURS_AND_UNFINISHED: Final = (b".25d", *UNFINISHED)
EVENTS_RETRY_SEC: Final = 600.0  # where they were refused: the limit may have been raised meanwhile
FLOOD: Final = 4096  # changes at once, among which the system may have dropped some
POLL_SHARE: Final = 20  # sweeps of a folder without events may take one part in so many of the time
OPENING_LIMIT_SEC: Final = 30.0  # the first sweep waits for the events to be open, but not for ever


class Sink(Protocol):
    """Who wants to know."""

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Take note of files seen and gone; *walk* marks those of a sweep."""

    async def begin_sweep(self) -> None:
        """Take note that a walk through a whole library begins."""

    async def end_sweep(self, root: bytes, found: int) -> str | None:
        """Judge what the sweep of *root* did not see; return why it cannot be judged, if so."""

    async def attend(self, root: bytes, *, online: bool) -> None:
        """Take note of whether *root* can be read."""


class Watcher:
    """Watches the libraries for as long as its context lasts; one bad folder never disables the others."""

    def __init__(
        self,
        settings: Settings,
        sink: Sink,
        health: Health,
        on_change: Callable[[], None] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._settings = settings
        self._sink = sink
        self._health = health
        self._on_change = on_change or (lambda: None)
        roots = [os.fsencode(folder) for folder in settings.libraries]
        self.rules = rules or Rules(roots, settings.ignore)
        self._roots = [_Root(root, self) for root in roots]
        self._sweeping = asyncio.Lock()  # one walk at a time: disks and the store like it better
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="auralis-walk")
        self.settling = WriteDebouncer(settings.settle_sec, self.rules, self._observe_online, self.threads)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.callback(self.threads.shutdown, wait=False, cancel_futures=True)
        self._start(self._stack, "settling", self.settling.run)
        for root in self._roots:
            self._open(root)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for root in self._roots:
            await root.tasks.aclose()
        await self._stack.aclose()

    def _open(self, root: "_Root") -> None:
        name = os.fsdecode(root.path)
        self._start(root.tasks, f"sweep of {name}", root.sweep_for_ever)
        if self._settings.watching in {"auto", "events"}:
            self._start(root.tasks, f"events of {name}", root.follow_events)

    def _start(self, stack: AsyncExitStack, name: str, work: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(supervise(name, work, self._health), name=name)
        stack.callback(self._health.mark_up, name)
        stack.push_async_callback(cancel_and_wait, task)

    async def set_roots(self, paths: Sequence[bytes]) -> None:
        """Watch these libraries from now on; those that were watched before go on undisturbed."""
        await asyncio.get_running_loop().run_in_executor(self.threads, self.rules.set_roots, paths)
        staying = {root.path: root for root in self._roots if root.path in paths}
        leaving = [root for root in self._roots if root.path not in paths]
        coming = [_Root(path, self) for path in paths if path not in staying]
        self._roots = [*staying.values(), *coming]
        for root in leaving:
            await root.tasks.aclose()
            self.settling.forget(root.path)
        for root in coming:
            self._open(root)
        self._on_change()

    def folders(self) -> tuple[FolderState, ...]:
        """Return how each library is doing."""
        return tuple(root.state for root in self._roots)

    @property
    def scanned_once(self) -> bool:
        """Whether every library that is online has been walked through."""
        return all(root.state.last_scan is not None or not root.state.online for root in self._roots)

    def scan(self, folder: bytes | None = None) -> bool:
        """Ask for a sweep, of all libraries or of the one that *folder* lies in; say whether there is one."""
        chosen = [root for root in self._roots if folder is None or root.holds(folder)]
        for root in chosen:
            root.ask()
        return bool(chosen)

    async def sweep(self, root: "_Root") -> None:
        """Walk through one library and hand over what is there."""
        async with self._sweeping:
            root.set(scanning=True)
            started = time.time()
            try:
                await self._sink.begin_sweep()
                found = await self._hand_over(root.path, root.path)
                problem = await self._sink.end_sweep(root.path, found)
            except OSError as error:
                problem = f"The folder cannot be read: {error.strerror}."
            finally:
                root.set(scanning=False)
            if problem is None:
                root.sweep_took_sec = time.time() - started
                root.set(online=True, files=found, last_scan=started, reason=root.event_problem)
            else:
                root.set(online=False, reason=problem)
            self._log_sweep(root, time.time() - started, problem)
            await self._sink.attend(root.path, online=problem is None)

    @staticmethod
    def _log_sweep(root: "_Root", seconds: float, problem: str | None) -> None:
        fields = {"folder": root.state.path, "files": root.state.files, "seconds": seconds, "problem": problem}
        said = problem or f"{root.state.files} files in {seconds:.1f} s"
        log.info("%r looked through: %s", root.path, said, extra=fields)

    async def _hand_over(self, folder: bytes, root: bytes) -> int:
        found = 0
        files = walk(folder, root, self.rules)
        loop = asyncio.get_running_loop()
        while batch := await loop.run_in_executor(self.threads, lambda: list(itertools.islice(files, BATCH))):
            found += len(batch)
            await self._sink.observe(batch, walk=True)
        return found

    async def _observe_online(self, events: Sequence[FileEvent]) -> None:
        """Hand over settled events; what is gone counts only while its library can be read."""
        believed = []
        for event in events:
            root = self.root_of(event.path)
            if event.stamp is not None or (root is not None and await root.stands()):
                believed.append(event)
            elif root is not None:
                root.ask()  # the sweep will tell what has become of it
        if believed:
            await self._sink.observe(believed)

    def root_of(self, path: bytes) -> "_Root | None":
        """Return the library that *path* lies in."""
        return next((root for root in self._roots if root.holds(path)), None)

    def changed(self) -> None:
        """Tell whoever shows the folders that there is something new."""
        self._on_change()

    @property
    def sweep_interval_sec(self) -> float:
        """Seconds between sweeps."""
        return self._settings.sweep_interval_sec

    @property
    def watching(self) -> str:
        """How changes are noticed, as set."""
        return self._settings.watching


class _Root:
    """One library: how it is doing, and the two loops that follow it."""

    def __init__(self, path: bytes, watcher: Watcher) -> None:
        self.path = path
        self.event_problem = ""
        self.sweep_took_sec = 0.0
        self.tasks = AsyncExitStack()
        self._watcher = watcher
        self._asked = asyncio.Event()
        self._opened = asyncio.Event()  # events are open, or will not be
        mode = watcher.watching if watcher.watching in {"polling", "off"} else "starting"
        if mode != "starting":
            self._opened.set()
        self.state = FolderState(path=os.fsdecode(path), mode=mode)

    def set(self, **values: object) -> None:
        """Change what is shown."""
        self.state = replace(self.state, **values)  # type: ignore[arg-type]
        self._watcher.changed()

    def holds(self, path: bytes) -> bool:
        """Say whether *path* is this folder or lies in it."""
        return is_same_or_below(path, self.path)

    def ask(self) -> None:
        """Ask for a sweep soon."""
        self._asked.set()

    async def readable(self) -> bool:
        """Say whether the folder is there now."""
        return await asyncio.get_running_loop().run_in_executor(self._watcher.threads, os.path.isdir, self.path)

    async def stands(self) -> bool:
        """Say whether it can be told from the folder what is gone from it."""
        return await asyncio.get_running_loop().run_in_executor(
            self._watcher.threads, self._watcher.rules.stands, self.path
        )

    async def sweep_for_ever(self) -> None:
        """Sweep at start, at the interval, when asked, and when the folder comes back."""
        await happens_within(self._opened, OPENING_LIMIT_SEC)
        while True:
            self._asked.clear()
            await self._watcher.sweep(self)
            wait = self._pause_sec()
            self.set(next_scan=None if wait is None else time.time() + wait)
            await happens_within(self._asked, wait)

    def _pause_sec(self) -> float | None:
        """Return the seconds until the next sweep; None for no other but those asked for."""
        if not self.state.online:
            return OFFLINE_RETRY_SEC
        if self.state.mode == "off":
            return None
        interval = self._watcher.sweep_interval_sec
        if self.state.mode == "events":
            return interval
        return min(max(POLL_EVERY_SEC, POLL_SHARE * self.sweep_took_sec), interval)

    async def follow_events(self) -> None:
        """Follow the system's events for as long as there are any to be had."""
        if self._watcher.watching == "auto" and await self._on_network():
            self._no_events("On a network mount, where changes by other machines are not announced.")
            return
        while True:
            if await self.readable():
                try:
                    await self._follow()
                except (OSError, RuntimeError, ValueError) as error:
                    if await self.readable():
                        self._no_events(event_problem(error))
                        await asyncio.sleep(EVENTS_RETRY_SEC)
                        continue
            else:
                self._opened.set()  # the sweep will say that it is not there
            await asyncio.sleep(OFFLINE_RETRY_SEC)

    async def _on_network(self) -> bool:
        folder = Path(os.fsdecode(self.path))
        return await asyncio.get_running_loop().run_in_executor(self._watcher.threads, is_network_mount, folder)

    def _no_events(self, reason: str) -> None:
        self.event_problem = reason
        self.set(mode="polling", reason=reason)
        self._opened.set()
        log.warning("%s: polling. %s", self.state.path, reason)

    async def _follow(self) -> None:
        """Follow the events until the folder is gone."""
        async with FileSystemEvents(self.path) as changes:
            self.event_problem = ""
            self.set(mode="events", reason=self.state.reason if not self.state.online else "")
            if self._opened.is_set():  # it was away: what happened meanwhile nobody has told
                self.ask()
            self._opened.set()
            replaced = False
            while not replaced and await self.readable():
                batch = await changes.next()
                for _, path in batch:
                    self._take(path)
                if len(batch) >= FLOOD:
                    self.ask()
                replaced = any(path == self.path and change is not Change.modified for change, path in batch)
            self.ask()

    def _take(self, path: bytes) -> None:
        if path == self.path:
            self.ask()
        elif self._interesting(path):
            self._watcher.settling.touch(path, self.path)

    def _interesting(self, path: bytes) -> bool:
        """Let through music, and what may be a folder or have been one; never what we write."""
        if not self._watcher.rules.admits_path(path, self.path):
            return False
        return self._watcher.rules.admits_file(path) or not path.lower().endswith(OURS_AND_UNFINISHED)
