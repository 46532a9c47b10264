"""One watched library: its sweeps and its file-system events."""

import asyncio
import contextlib
import errno
import itertools
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from watchfiles import Change

from ..files.omissions import Omissions
from ..files.paths import is_same_or_below
from ..files.rules import Rules
from ..files.scanner import is_sidecar_name, walk
from ..files.temporary_names import is_temporary
from ..models import FileEvent
from ..runtime.tasks import happens_within
from ..settings import Settings
from ..states import FolderState
from .broken_links import BrokenLinks
from .debounce import WriteDebouncer
from .events import FileSystemEvents
from .inotify import describe_watch_error
from .reconcile import HANG_LIMIT_SEC, Verdict

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH: Final = 500  # files reported at once
POLL_EVERY_SEC: Final = 60.0  # pause between sweeps without events
POLL_SHARE: Final = 20  # such sweeps take at most one part in so many of the time
OFFLINE_RETRY_SEC: Final = 5.0
CONFIRM_SEC: Final = 5.0  # pause before a sweep that confirms another
MOUNT_CHECK_SEC: Final = 2.0
EVENTS_RETRY_SEC: Final = 600.0  # after a refusal: the limit may have been raised
OPENING_LIMIT_SEC: Final = 30.0  # how long the first sweep waits for events to be open
_LINKED: Final = "Changes may not be announced, because {} leads to another folder of it; swept frequently."
FLOOD: Final = 4096  # in a batch of so many changes the kernel may have dropped some


class EventSink(Protocol):
    """Receives what the watcher finds."""

    async def observe(self, events: Sequence[FileEvent], *, walk: bool = False) -> None:
        """Handle files seen or gone. *walk* marks those of a sweep."""

    async def begin_sweep(self, root: bytes) -> None:
        """Start recording which files of *root* a sweep sees."""

    async def end_sweep(self, root: bytes, found: int, strays: Sequence[bytes] = ()) -> Verdict:
        """Mark files of *root* that the sweep did not see as gone, and judge the state of the library."""

    async def set_online(self, root: bytes, *, online: bool) -> None:
        """Handle whether *root* can be read."""


@dataclass(frozen=True, slots=True)
class WatchContext:
    """What the watched libraries share.

    Parameters
    ----------
    settings : Settings
    rules : Rules
    sink : EventSink
    debouncer : WriteDebouncer
        Takes changed paths until they stop changing.
    on_change : callable
        Called when a ``FolderState`` changed.
    sweep_lock : asyncio.Lock
        Allows one sweep at a time; parallel ones compete for disks and the database.
    """

    settings: Settings
    rules: Rules
    sink: EventSink
    debouncer: WriteDebouncer
    on_change: Callable[[], None]
    sweep_lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class WatchedRoot:
    """Sweeps one library and follows its events."""

    def __init__(self, path: bytes, context: WatchContext) -> None:
        self.path = path
        self.tasks = AsyncExitStack()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="auralis-walk")
        self.tasks.callback(self._threads.shutdown, wait=False, cancel_futures=True)
        self.broken_links = BrokenLinks(self._threads, self._touch)
        self._context = context
        self._events: FileSystemEvents | None = None
        self._events_refused = ""  # why there are no events
        self._events_doubtful = ""  # why some may be missing
        self._omissions = Omissions()  # of the last sweep
        self._verdict = Verdict()
        self._sweep_took_sec = 0.0
        self._requested = asyncio.Event()
        self._opened = asyncio.Event()  # events are open, or unavailable
        mode = context.settings.watching if context.settings.watching in {"polling", "off"} else "starting"
        if mode != "starting":
            self._opened.set()
        self.state = FolderState(path=os.fsdecode(path), mode=mode)

    def holds(self, path: bytes) -> bool:
        """Return True if *path* is this folder or lies below it."""
        return is_same_or_below(path, self.path)

    def request_sweep(self) -> None:
        """Request a sweep soon."""
        self._requested.set()

    async def is_removal(self, path: bytes) -> bool:
        """Return True if a missing path is really gone: the disk it lay on is mounted."""
        return await self._in_thread(self._context.rules.away_folder, path) is None

    async def note_broken_link(self, path: bytes) -> None:
        """Wait for the target of *path*, if it is a link without one."""
        if await self._in_thread(os.path.islink, path):
            self.broken_links.add([path])

    async def sweep_forever(self) -> None:
        """Sweep at start, at the interval, on request, and when the folder comes back."""
        await happens_within(self._opened, OPENING_LIMIT_SEC)
        while True:
            self._requested.clear()
            await self.sweep()
            pause = self._pause_sec()
            self._set(next_scan=None if pause is None else time.time() + pause)
            await happens_within(self._requested, pause)

    async def sweep(self) -> None:
        """Walk through the library and report every music file."""
        context = self._context
        async with context.sweep_lock:
            self._set(scanning=True)
            started = time.time()
            try:
                await context.sink.begin_sweep(self.path)
                found = await self._report_files()
                self._verdict = await context.sink.end_sweep(self.path, found, self._omissions.strays)
            except OSError as error:
                self._verdict = Verdict(online=False, reason=f"The folder cannot be read: {error.strerror}.")
            finally:
                self._set(scanning=False)
            if self._verdict.online:
                self._sweep_took_sec = time.time() - started
                last_scan = self.state.last_scan if self._verdict.confirm else started
                self._set(online=True, files=found, last_scan=last_scan, reason=self._reason())
            else:
                self._set(online=False, reason=self._verdict.reason)
            self._log_sweep(time.time() - started)
            await context.sink.set_online(self.path, online=self._verdict.online)

    async def watch_mounts(self) -> None:
        """Sweep, and reopen the events, whenever something is mounted or unmounted at or below the library."""
        signature = None
        while True:
            before, signature = signature, await self._in_thread(self._context.rules.places.signature, self.path)
            if before not in (None, signature):
                self.request_sweep()
                if self._events is not None:
                    self._events.end()
            await asyncio.sleep(MOUNT_CHECK_SEC)

    async def follow_events(self) -> None:
        """Follow the system's events for as long as they are available."""
        while True:
            if await self._is_readable():
                await self._judge_mount()
                try:
                    await self._follow()
                except (OSError, RuntimeError, ValueError) as error:
                    if await self._is_readable():
                        self._poll(describe_watch_error(error))
                        await asyncio.sleep(EVENTS_RETRY_SEC)
                        continue
            else:
                self._opened.set()  # the sweep reports that the folder is missing
            await asyncio.sleep(OFFLINE_RETRY_SEC)

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._context.on_change()

    async def _report_files(self) -> int:
        found = 0
        recent = self.state.mode == "polling" and self.state.last_scan is not None
        omissions = Omissions()
        files = walk(self.path, self.path, self._context.rules, omissions)
        while batch := await self._in_thread(lambda: list(itertools.islice(files, BATCH))):
            found += len(batch)
            settled = [event for event in batch if not self._context.debouncer.defer(event, self.path, recent=recent)]
            await self._context.sink.observe(settled, walk=True)
        if self._events is not None and self._omissions.inner_links - omissions.inner_links:
            self._events.end()  # with a link, the system may have dropped the folder that it led to
        self._omissions = omissions
        self.broken_links.replace(omissions.broken_links)
        self._set(left_out=omissions.summary())
        return found

    def _reason(self) -> str:
        """Return what is worth saying about an online library."""
        return " ".join(text for text in (self._events_refused, self._doubt, self._verdict.reason) if text)

    @property
    def _doubt(self) -> str:
        """Why the events of some changes may be missing; empty if there is no reason to think so."""
        links = self._omissions.inner_links if self._events is not None else None
        return self._events_doubtful or (_LINKED.format(os.fsdecode(min(links))) if links else "")

    def _log_sweep(self, seconds: float) -> None:
        problem = self._verdict.reason or None
        fields = {"folder": self.state.path, "files": self.state.files, "seconds": seconds, "problem": problem}
        summary = problem or f"{self.state.files} files in {seconds:.1f} s"
        log.info("sweep of %r: %s", self.path, summary, extra=fields)

    def _pause_sec(self) -> float | None:
        """Seconds until the next scheduled sweep; None if sweeps are manual only."""
        if not self.state.online:
            return OFFLINE_RETRY_SEC
        if self._verdict.confirm:
            return CONFIRM_SEC
        if self.state.mode == "off":
            return None
        interval = self._context.settings.sweep_interval_sec
        if self.state.mode == "events" and not self._doubt and not self._omissions.interrupted:
            return interval
        return min(max(POLL_EVERY_SEC, POLL_SHARE * self._sweep_took_sec), interval)

    async def _is_readable(self) -> bool:
        with contextlib.suppress(OSError):
            return await self._in_thread(os.path.isdir, self.path)
        return False

    async def _judge_mount(self) -> None:
        """Find out whether the file system announces changes; where that is doubtful, sweeps are frequent."""
        self._events_doubtful = ""
        if self._context.settings.watching == "auto":
            kinds = await self._in_thread(self._context.rules.places.doubtful_kinds, self.path)
            if kinds:
                self._events_doubtful = f"Changes on {', '.join(kinds)} may not be announced; swept frequently."

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        """Run what blocks in a thread of this library, so that a share that hangs affects no other library."""
        try:
            async with asyncio.timeout(HANG_LIMIT_SEC):
                return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        except TimeoutError:
            raise OSError(errno.ETIMEDOUT, "it does not answer") from None

    def _poll(self, reason: str) -> None:
        """Fall back to sweeps, for *reason*."""
        self._events_refused = reason
        self._set(mode="polling", reason=reason)
        self._opened.set()
        log.warning("%s: polling. %s", self.state.path, reason)

    async def _follow(self) -> None:
        """Follow the events until the folder is gone."""
        async with FileSystemEvents(self.path) as events:
            self._events, self._events_refused = events, ""
            self._set(mode="events", reason=self._reason() if self.state.online else self.state.reason)
            if self._opened.is_set():  # reopened: changes in between had no events
                self.request_sweep()
            self._opened.set()
            replaced = False
            while not replaced and await self._is_readable():
                batch = await events.next()
                for _, path in batch:
                    self._handle(path)
                if len(batch) >= FLOOD:
                    self.request_sweep()
                replaced = any(path == self.path and change is not Change.modified for change, path in batch)
            self._events = None
            self.request_sweep()

    def _handle(self, path: bytes) -> None:
        if path == self.path:
            self.request_sweep()
        elif self._is_relevant(path):
            self._touch(path)

    def _touch(self, path: bytes) -> None:
        self._context.debouncer.touch(path, self.path)

    def _is_relevant(self, path: bytes) -> bool:
        """Return True for music and for what may be, or have been, a folder; False for our own files."""
        rules = self._context.rules
        if not rules.admits_path(path, self.path):
            return False
        return rules.admits_file(path) or not (is_temporary(path) or is_sidecar_name(path))
