"""Priority and isolation of callers that share a fixed number of slots."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Self

from ..models import Rejected
from ..states import MachineState, WorkerState
from .protocol import Slot, WorkerUnavailableError

LONG_SEC: Final = 1.0  # a background analysis that takes longer makes way for a request
CHECK_EVERY_SEC: Final = 0.1
RESERVED_SEC: Final = 5.0  # after a request took over a slot
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
        self.may_interrupt: Callable[[bytes], bool] = lambda _path: True
        self._background: set[Slot] = set()  # slots leased to background jobs
        self._interrupting: set[Slot] = set()
        self._reserved_until = 0.0
        self._stack = AsyncExitStack()

    @property
    def size(self) -> int:
        """Number of slots."""
        return len(self._slots)

    @property
    def callers(self) -> int:
        """Number of callers that keep all slots busy: while one stores its result, another has the slot."""
        return 2 * self.size

    async def more_callers(self, number: int) -> int:
        """Return the number of callers that keep all slots busy, as soon as it is above *number*: it is fixed."""
        if self.callers <= number:
            await asyncio.Event().wait()
        return self.callers

    def machines(self) -> tuple[MachineState, ...]:
        """Return the other machines: none."""
        return ()

    def states(self) -> tuple[WorkerState, ...]:
        """Return what each slot is doing."""
        return tuple(slot.state() for slot in self._slots)

    def pids(self) -> list[int]:
        """Return the ids of the local worker processes."""
        return [state.pid for state in self.states() if state.pid is not None]

    def lacking(self) -> list[str]:
        """Return the protections against malicious files that the workers lack, in words."""
        return sorted({protection for slot in self._slots for protection in slot.lacking})

    def kernels(self) -> list[str]:
        """Return the names of the kernels that the workers compute with; none before the first start of a worker."""
        return sorted({slot.kernels for slot in self._slots if slot.kernels})

    async def __aenter__(self) -> Self:
        for slot in self._slots:
            self._stack.push_async_callback(slot.close)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    async def give_up(self, path: bytes, why: Rejected) -> bool:
        """Abort the analysis of a file, see ``protocol.Pool``."""
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
            if interactive:
                stack.callback(self._reserve)
            else:
                self._background.add(slot)
                stack.callback(self._background.discard, slot)
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
            taking = asyncio.create_task(self._take_over(), name="take over") if self._semaphore.locked() else None
            try:
                await self._semaphore.acquire()
            finally:
                if taking is not None:
                    taking.cancel()
                self._interactive_waiters -= 1
                if not self._interactive_waiters:
                    self._no_interactive.set()
            return
        while True:
            await self._no_interactive.wait()
            if not alone:
                await self._no_serial.wait()
            if (pause := self._reserved_sec()) > 0:
                await asyncio.sleep(pause)
                continue
            await self._semaphore.acquire()
            if not self._interactive_waiters and (alone or self._no_serial.is_set()) and self._reserved_sec() <= 0:
                return
            self._semaphore.release()

    async def _take_over(self) -> None:
        """Interrupt a background analysis whenever no slot will be free soon; runs until cancelled."""
        while self._semaphore.locked():
            slot = self._longest()
            if slot is not None:
                self._interrupting.add(slot)
                try:
                    await asyncio.shield(slot.interrupt())
                finally:
                    self._interrupting.discard(slot)
                self._reserved_until = time.monotonic() + RESERVED_SEC
            await asyncio.sleep(CHECK_EVERY_SEC)

    def _longest(self) -> Slot | None:
        """Return the slot with the longest remaining background analysis; None if any slot is free soon."""
        left = {slot: _remaining_sec(slot.state(), time.time()) for slot in self._slots}
        if self._interrupting or min(left.values()) < LONG_SEC:
            return None
        able = [slot for slot in self._background if self.may_interrupt(os.fsencode(slot.state().path or ""))]
        return max(able, key=lambda slot: left[slot], default=None)

    def _reserve(self) -> None:
        """Keep the slot that was taken over free of background jobs for longer: requests rarely come alone."""
        if self._reserved_until:
            self._reserved_until = time.monotonic() + RESERVED_SEC

    def _reserved_sec(self) -> float:
        """Return how long the next background job must wait, so that one slot is left to requests."""
        if len(self._background) < len(self._slots) - 1:
            return 0.0
        left = self._reserved_until - time.monotonic()
        if left <= 0:
            self._reserved_until = 0.0
        return left


def _remaining_sec(state: WorkerState, now: float) -> float:
    """Return the estimated time that an analysis will still take; as long as it has taken if nothing is known."""
    if state.path is None or state.started_at is None:
        return 0.0
    elapsed = now - state.started_at
    if state.duration_sec is None or state.decoded_sec <= 0:
        return elapsed
    return elapsed * max(0.0, state.duration_sec - state.decoded_sec) / state.decoded_sec
