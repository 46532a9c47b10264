"""How many files are worked on at once, for how long, and who is to blame when a worker dies.

A slot is one single-process executor. A crash or a time-out then costs the one file the slot is on, names it, and the
slot is rebuilt; nobody else's work is touched. A semaphore bounds the slots; who waits for an answer goes first.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, Self

from ..models import Analysed, Rejected, WorkerState
from ..settings import Settings
from .pidfiles import PidFiles
from .sandbox import NOT_STARTED, init_worker
from .spawn import GuestContext
from .tasks import analyse_file, warm_up

log = logging.getLogger(__name__)

MEMORY_PER_WORKER: Final = 300 << 20  # bytes; twice what one was measured to need
START_LIMIT_SEC: Final = 120.0  # imports from a cold, slow disk
CHECK_EVERY_SEC: Final = 1.0
WARM_AFTER_SEC: Final = 0.5  # the host's own start goes first
RENEW_AFTER: Final = 1000  # files; whatever a decoder leaks, it does not add up


def choose_workers(settings: Settings) -> int:
    """Return the number of slots: as set, or one for each processor this process may use, if memory allows."""
    if settings.workers:
        return settings.workers
    import psutil  # noqa: PLC0415 - only needed here

    by_memory = int(psutil.virtual_memory().available // 2 // MEMORY_PER_WORKER)
    return max(1, min(_processors(), by_memory, 16))


def _processors() -> int:
    """Processors this process may use: its affinity, and the quota of its control group."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        available = min(available, max(1, int(quota) // int(period)))  # "max" is no number: no quota
    return available


class Slot:
    """One place where a file is worked on: a process that is rebuilt when it is lost."""

    def __init__(self, number: int, settings: Settings, pid_files: PidFiles | None = None) -> None:
        self.number = number
        self._settings = settings
        self._pid_files = pid_files
        self._context = GuestContext()
        self._progress = self._context.RawArray("d", 2)
        self._launcher = ThreadPoolExecutor(1, thread_name_prefix=f"auralis-slot-{number}")
        self._executor: ProcessPoolExecutor | None = None
        self._process: multiprocessing.process.BaseProcess | None = None
        self._path: bytes | None = None
        self._started_at: float | None = None
        self._files = 0  # worked on by the present process
        self._given_up: Rejected | None = None

    def state(self) -> WorkerState:
        """Return what this slot is doing."""
        return WorkerState(
            slot=self.number,
            state="working" if self._path is not None else "idle" if self._process else "starting",
            pid=self._process.pid if self._process else None,
            path=os.fsdecode(self._path) if self._path is not None else None,
            started_at=self._started_at,
            decoded_sec=max(0.0, self._progress[0]),
            duration_sec=self._progress[1] or None,
        )

    async def start(self) -> None:
        """Bring up the process, imports done; nothing happens if it is up and alive.

        Raises
        ------
        BrokenProcessPool
            The process ended, or was not ready in time, or the system has no room for one.
        """
        alive = self._process is not None and not wait([self._process.sentinel], 0)  # is_alive() errs while another
        if alive and self._files < RENEW_AFTER:  # thread collects the process
            return
        await self.stop()
        loop = asyncio.get_running_loop()
        try:
            ready = await loop.run_in_executor(self._launcher, self._launch)
            async with asyncio.timeout(START_LIMIT_SEC):
                await asyncio.wrap_future(ready)
        except TimeoutError:
            await self.stop()
            raise BrokenProcessPool("not ready in time") from None
        except OSError as error:
            await self.stop()
            raise BrokenProcessPool(f"the system refuses it: {error.strerror}") from error
        except BrokenProcessPool:
            await self.stop()
            raise
        except Exception as error:  # what it imports is not there, or does not fit
            await self.stop()
            log.exception("worker of slot %d", self.number)
            raise BrokenProcessPool(f"the analysis cannot be loaded ({type(error).__name__}: {error})") from error
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        self._process = self._context.newest

    def _launch(self) -> "Future[int]":
        """Begin a process; called off the event loop, which this would hold up."""
        self._executor = ProcessPoolExecutor(
            1,
            mp_context=self._context,
            initializer=init_worker,
            initargs=(self._progress, self._settings.memory_limit_mb),
        )
        ready = self._executor.submit(warm_up)
        process = self._context.newest
        if self._pid_files is not None and process is not None and process.pid is not None:
            self._pid_files.write(process.pid)
        return ready

    async def run(self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = ()) -> Analysed | Rejected:
        """Work on one file. The slot is ready for the next when this returns, whatever happened.

        Parameters
        ----------
        path : bytes
            The file, as the operating system spells it.
        patience : float
            Factor of the time it may take.
        bounds : sequence of bytes
            Folders, free of links, one of which the file must lie below when it is opened; none: anywhere.

        Returns
        -------
        Analysed or Rejected
            A file that killed its worker, or took too long, is ``Rejected`` at stage ``worker``; so it is with code
            ``unavailable`` if no worker could be started, for which the file is not to blame.
        """
        outcome = await self._attempt(path, patience, bounds)
        if outcome is None:  # the process had ended before it came to this file, which is not to blame
            outcome = await self._attempt(path, patience, bounds)
        return outcome or Rejected("worker", "unavailable", "Two processes ended before they came to the file.")

    async def _attempt(self, path: bytes, patience: float, bounds: Sequence[bytes]) -> Analysed | Rejected | None:
        """Work on one file; None if the process ended before it began to."""
        try:
            await self.start()
        except BrokenProcessPool as error:
            return Rejected("worker", "unavailable", f"No process to analyse the file could be started: {error}.")
        try:
            self._path, self._started_at, self._given_up = path, time.time(), None
            self._files += 1
            self._progress[0], self._progress[1] = NOT_STARTED, 0.0
            assert self._executor is not None  # noqa: S101 - start() made it
            job = asyncio.wrap_future(self._executor.submit(analyse_file, path, tuple(bounds)))
            outcome = await self._watch(job, patience)
        except BrokenProcessPool:
            return await self._lost()
        except asyncio.CancelledError:
            if self._given_up is None:
                await asyncio.shield(self.stop())
                raise
            return self._given_up  # its future was cancelled, not we
        finally:
            self._path = self._started_at = None
        if isinstance(outcome, Rejected) and outcome.code == "out_of_memory":
            await self.stop()  # what is left of its memory may be in pieces
        return outcome

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """End the work on *path*, whose answer becomes *why*; say whether it was being worked on."""
        if self._path != path:
            return False
        self._given_up = why
        await self.stop()
        return True

    async def _watch(self, job: "asyncio.Future[Analysed | Rejected]", patience: float) -> Analysed | Rejected:
        """Wait for the worker's answer for as long as this file may take."""
        started = time.monotonic()
        try:
            while not (await asyncio.wait({job}, timeout=CHECK_EVERY_SEC))[0]:
                limit = self._limit() * patience
                if time.monotonic() - started > limit:
                    await self.stop()
                    return Rejected("worker", "timeout", f"Analysis did not finish within {limit:.0f} seconds.")
            return job.result()
        finally:
            job.cancel()  # given up: nobody asks how it ended

    def _limit(self) -> float:
        """Seconds the file at hand may take: grows with its length, as declared or as decoded so far."""
        return self._settings.time_limit_sec + self._settings.time_limit_factor * float(max(self._progress))

    async def _lost(self) -> Rejected | None:
        """Say how the worker ended, and clear away what is left of it; None if it had not come to the file."""
        if self._given_up is not None:
            return self._given_up
        process, begun = self._process, self._progress[0] != NOT_STARTED
        await self.stop()
        if not begun:
            return None
        code = process.exitcode if process is not None else None
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            seen = f"ended by {name}"
        else:
            seen = f"ended with exit code {code}"
        log.warning("worker of slot %d %s", self.number, seen)
        return Rejected("worker", "crashed", f"The process analysing this file {seen}.")

    async def stop(self) -> None:
        """End the process, finished or not, and wait until it is gone."""
        self._process = None
        self._files = 0
        self._progress[0] = self._progress[1] = 0.0
        await asyncio.get_running_loop().run_in_executor(self._launcher, self._end)

    def _end(self) -> None:
        """End what was launched; called where it was, so after a launch that may just be going on."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        process = self._context.newest
        pid = process.pid if process is not None else None
        if process is not None and pid is not None:
            process.kill()
        executor.shutdown(wait=True, cancel_futures=True)
        if self._pid_files is not None and pid is not None:
            self._pid_files.remove(pid)

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        self._launcher.shutdown(wait=False)


class WorkerPool:
    """The slots, and the order in which callers get one.

    Use as an asynchronous context manager; on exit every process is gone.

    Parameters
    ----------
    settings : Settings
    on_change : callable, optional
        Called when a slot begins or ends its work.
    pid_files : PidFiles, optional
        Where the processes are noted, for the case that this one is killed.
    """

    def __init__(
        self,
        settings: Settings,
        on_change: Callable[[], None] | None = None,
        pid_files: PidFiles | None = None,
    ) -> None:
        self._slots = [Slot(number, settings, pid_files) for number in range(choose_workers(settings))]
        self._free = list(reversed(self._slots))
        self._semaphore = asyncio.Semaphore(len(self._slots))
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()
        self._waiting = 0
        self._loner = asyncio.Lock()
        self._nobody_alone = asyncio.Event()
        self._nobody_alone.set()
        self._on_change = on_change or (lambda: None)
        self._stack = AsyncExitStack()

    @property
    def size(self) -> int:
        """Number of slots."""
        return len(self._slots)

    def states(self) -> tuple[WorkerState, ...]:
        """Return what each slot is doing."""
        return tuple(slot.state() for slot in self._slots)

    def pids(self) -> list[int]:
        """Return the ids of the processes that there are."""
        return [state.pid for state in self.states() if state.pid is not None]

    async def __aenter__(self) -> Self:
        for slot in self._slots:
            self._stack.push_async_callback(slot.close)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """End the work on *path*, whose answer becomes *why*; say whether it was being worked on."""
        for slot in self._slots:
            if await slot.give_up(path, why):
                return True
        return False

    @asynccontextmanager
    async def lease(self, *, interactive: bool = False, alone: bool = False) -> AsyncIterator[Slot]:
        """Have a slot to oneself, its process up.

        Parameters
        ----------
        interactive : bool
            Somebody waits for the answer: goes before all background work that has no slot yet.
        alone : bool
            No background work goes on beside it.
        """
        async with AsyncExitStack() as stack:
            if alone:
                await stack.enter_async_context(self._alone())
            else:
                await self._acquire(interactive=interactive)
                stack.callback(self._semaphore.release)
            slot = self._free.pop()
            stack.callback(self._on_change)
            stack.callback(self._free.append, slot)
            with contextlib.suppress(BrokenProcessPool):  # run() starts it again, and reports a second failure
                await slot.start()
            self._on_change()
            yield slot

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold a permit that was got when all slots were free, and keep background work from the others."""
        async with self._loner:
            self._nobody_alone.clear()
            held = 0
            try:
                for _ in self._slots:
                    await self._acquire(interactive=False, alone=True)
                    held += 1
                while held > 1:  # who waits for an answer may have the others
                    self._semaphore.release()
                    held -= 1
                yield
            finally:
                for _ in range(held):
                    self._semaphore.release()
                self._nobody_alone.set()

    async def warm(self) -> None:
        """Bring up one slot's process, unless there is one, so that the first request need not wait for its imports."""
        await asyncio.sleep(WARM_AFTER_SEC)
        if all(slot.state().pid is None for slot in self._slots):
            async with self.lease():
                pass

    async def _acquire(self, *, interactive: bool, alone: bool = False) -> None:
        if interactive:
            self._waiting += 1
            self._nobody_waits.clear()
            try:
                await self._semaphore.acquire()
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._nobody_waits.set()
            return
        while True:
            await self._nobody_waits.wait()
            if not alone:
                await self._nobody_alone.wait()
            await self._semaphore.acquire()
            if not self._waiting and (alone or self._nobody_alone.is_set()):
                return
            self._semaphore.release()
