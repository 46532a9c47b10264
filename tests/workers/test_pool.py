"""Leases of worker slots: precedence, isolation, start and end."""

import asyncio
import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

from auralis_fp.models import Analysed, FileStamp, Rejected
from auralis_fp.settings import Settings
from auralis_fp.states import WorkerState
from auralis_fp.workers.handover import OneFile
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.pool import WorkerPool
from auralis_fp.workers.protocol import FileTask, Slot
from auralis_fp.workers.tasks import analyse_file
from listening import until
from patience import LIMIT_SEC
from worker_slots import at_work, usable, workers_of

T = TypeVar("T")
pytest_plugins = ("worker_fixtures",)


async def test_a_cancelled_start_leaves_no_process() -> None:
    """Cancelled at any moment of the start."""
    async with local_pool(Settings(workers=1)) as pool:
        for delay in (0.0, 0.02, 0.1, 0.2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(delay), pool.lease():
                    await asyncio.Event().wait()
    await until(lambda: not workers_of(os.getpid()))


async def test_closing_the_pool_ends_its_processes(long: bytes) -> None:
    """Also those that are busy, and immediately."""
    async with local_pool(Settings(workers=2)) as pool, pool.lease() as slot:
        task = await at_work(slot, long)
        assert workers_of(os.getpid())
        task.cancel()
    assert not workers_of(os.getpid())


async def test_warming_starts_one_worker(short: bytes) -> None:
    """Its imports are done, and its slot is leased first."""
    async with local_pool(Settings(workers=2)) as pool:
        await pool.warm()
        (pid,) = (state.pid for state in pool.states() if state.pid is not None)
        await pool.warm()
        assert [worker.pid for worker in workers_of(os.getpid())] == [pid]
        async with pool.lease(interactive=True) as slot:
            assert slot.state().pid == pid
            assert await usable(slot, short)


async def test_interactive_leases_take_precedence(pool: WorkerPool) -> None:
    """However long the background queue, and in order among themselves."""
    order: list[str] = []
    begun = asyncio.Event()

    async def one(name: str, *, interactive: bool) -> None:
        async with pool.lease(interactive=interactive):
            order.append(name)
            begun.set()
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group, pool.lease():
        for number in range(3):
            group.create_task(one(f"background {number}", interactive=False))
        await asyncio.sleep(0.01)
        for number in range(2):
            group.create_task(one(f"interactive {number}", interactive=True))
        await asyncio.sleep(0.01)
        assert not begun.is_set()
    assert order[:2] == ["interactive 0", "interactive 1"]
    assert sorted(order[2:]) == [f"background {number}" for number in range(3)]


async def test_a_cancelled_waiter_blocks_no_other(pool: WorkerPool) -> None:
    """When a waiting interactive caller is cancelled, background jobs continue."""
    async with pool.lease():
        waiting = [asyncio.create_task(_pass_through(pool, interactive=one)) for one in (True, False)]
        await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.sleep(0.01)
    await asyncio.wait_for(waiting[1], LIMIT_SEC)
    assert waiting[0].cancelled()


async def _pass_through(pool: WorkerPool, *, interactive: bool) -> None:
    async with pool.lease(interactive=interactive):
        pass


class ThreadSlot:
    """A slot that analyses in a thread of this process: a second implementation of the protocol."""

    def __init__(self) -> None:
        self.path: bytes | None = None
        self.lacking = ("a process of its own",)
        self.kernels = "numpy"

    def state(self) -> WorkerState:
        """Return what the slot is doing."""
        return WorkerState(slot=0, state="idle" if self.path is None else "working", pid=os.getpid())

    async def start(self) -> None:
        """Do nothing: there is no process to start."""

    async def run(
        self, path: bytes, patience: float = 1.0, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> Analysed | Rejected:
        """Analyse one file in a thread."""
        assert stamp is None
        self.path = path
        try:
            async with asyncio.timeout(60 * patience):
                return await asyncio.to_thread(analyse_file, path, bounds)
        finally:
            self.path = None

    async def call(
        self, task: FileTask[T], path: bytes, bounds: Sequence[bytes] = (), stamp: FileStamp | None = None
    ) -> T | Rejected:
        """Run another task in a thread."""
        assert stamp is None
        return await asyncio.to_thread(task, path, bounds)

    async def call_each(self, task: FileTask[T], files: Sequence[OneFile], limit_sec: float) -> list[T | Rejected]:
        """Run another task on the first file."""
        assert limit_sec > 0
        return [await self.call(task, *files[0])]

    async def interrupt(self) -> bool:
        """Return False: the analysis in the thread continues."""
        return False

    async def give_up(self, path: bytes, why: Rejected) -> bool:  # noqa: ARG002 - a thread cannot be ended
        """Return False: the analysis in the thread continues."""
        return False

    async def close(self) -> None:
        """Do nothing."""


async def test_the_pool_accepts_any_slot(short: bytes) -> None:
    """Slots of another kind than local processes serve as well."""
    slots: list[Slot] = [ThreadSlot()]
    async with WorkerPool(slots) as pool, pool.lease() as slot:
        assert await usable(slot, short)
        assert (pool.size, pool.pids(), pool.lacking()) == (1, [os.getpid()], ["a process of its own"])
