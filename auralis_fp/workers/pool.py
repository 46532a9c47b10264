"""Priority and isolation of callers that share a fixed number of slots."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Self

from ..models import Rejected
from ..states import WorkerState
from .protocol import Slot, WorkerUnavailableError

WARM_AFTER_SEC: Final = 0.5  # leaves the processors to the host while it starts


class WorkerPool:
    """Leases slots: interactive callers before background jobs, serial jobs without company.

    Use as an asynchronous context manager; on exit every worker is gone.

    Parameters
    ----------
    slots : sequence of Slot
    on_change : callable, optional
        Called when a slot starts or finishes a lease.
    """

    def __init__(self, slots: Sequence[Slot], on_change: Callable[[], None] | None = None) -> None:
        self._slots = slots
        self._free = list(reversed(slots))
        self._semaphore = asyncio.Semaphore(len(slots))
        self._interactive_waiters = 0
        self._no_interactive = asyncio.Event()
        self._no_interactive.set()
        self._serial_lock = asyncio.Lock()
        self._no_serial = asyncio.Event()
        self._no_serial.set()
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
        """Return the ids of the local worker processes."""
        return [state.pid for state in self.states() if state.pid is not None]

    def lacking(self) -> list[str]:
        """Return the protections against malicious files that the workers lack, in words."""
        return sorted({protection for slot in self._slots for protection in slot.lacking})

    async def __aenter__(self) -> Self:
        for slot in self._slots:
            self._stack.push_async_callback(slot.close)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file.

        Parameters
        ----------
        path : bytes
        why : Rejected
            The outcome of the analysis.

        Returns
        -------
        bool
            True if the file was being analysed.
        """
        for slot in self._slots:
            if await slot.give_up(path, why):
                return True
        return False

    @asynccontextmanager
    async def lease(self, *, interactive: bool = False, alone: bool = False) -> AsyncIterator[Slot]:
        """Lease a slot whose worker is running.

        Parameters
        ----------
        interactive : bool
            A request waits for the result: takes precedence over background jobs that have no slot yet.
        alone : bool
            Run no other background job meanwhile.
        """
        async with AsyncExitStack() as stack:
            if alone:
                await stack.enter_async_context(self._serial())
            else:
                await self._acquire(interactive=interactive)
                stack.callback(self._semaphore.release)
            slot = self._free.pop()
            stack.callback(self._on_change)
            stack.callback(self._free.append, slot)
            with contextlib.suppress(WorkerUnavailableError):  # run() starts it again and reports a second failure
                await slot.start()
            self._on_change()
            yield slot

    @asynccontextmanager
    async def _serial(self) -> AsyncIterator[None]:
        """Hold one permit, acquired while all slots were free, and keep background jobs from the others."""
        async with self._serial_lock:
            self._no_serial.clear()
            permits = 0
            try:
                for _ in self._slots:
                    await self._acquire(interactive=False, alone=True)
                    permits += 1
                while permits > 1:  # interactive callers may use the others
                    self._semaphore.release()
                    permits -= 1
                yield
            finally:
                for _ in range(permits):
                    self._semaphore.release()
                self._no_serial.set()

    async def warm(self) -> None:
        """Start one worker unless one is running, so that the first request does not wait for its imports."""
        await asyncio.sleep(WARM_AFTER_SEC)
        if all(slot.state().pid is None for slot in self._slots):
            async with self.lease():
                pass

    async def _acquire(self, *, interactive: bool, alone: bool = False) -> None:
        if interactive:
            self._interactive_waiters += 1
            self._no_interactive.clear()
            try:
                await self._semaphore.acquire()
            finally:
                self._interactive_waiters -= 1
                if not self._interactive_waiters:
                    self._no_interactive.set()
            return
        while True:
            await self._no_interactive.wait()
            if not alone:
                await self._no_serial.wait()
            await self._semaphore.acquire()
            if not self._interactive_waiters and (alone or self._no_serial.is_set()):
                return
            self._semaphore.release()
