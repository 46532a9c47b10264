"""Tasks on many files at once, with their outcomes in the order of the files."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..models import Rejected
from ..workers.protocol import Pool, Slot
from .progress import file_progress

T = TypeVar("T")


class Names(NamedTuple):
    """Names of files, their number if it is known, and whether to show a progress bar."""

    names: Iterator[str]
    total: int | None
    bar: bool


async def in_order(
    names: Names,
    pool: Pool,
    compute: Callable[[Slot, bytes], Awaitable[T | Rejected]],
    show: Callable[[str, T | Rejected], None],
) -> int:
    """Run a task on every file, show the outcomes in the order of the files, and return the number of failures.

    Parameters
    ----------
    names : Names
    pool : Pool
    compute : callable
        The task, on a leased slot and an absolute path.
    show : callable
        Called with each name and its outcome.
    """
    failed = 0
    ahead = asyncio.Semaphore(2 * pool.size)  # bounds the results that are held back by an earlier file

    async def one(name: str) -> T | Rejected:
        async with pool.lease() as slot:
            return await compute(slot, _absolute(name))

    async with asyncio.TaskGroup() as group:
        started: asyncio.Queue[tuple[str, asyncio.Task[T | Rejected]] | None] = asyncio.Queue()

        async def start() -> None:
            async for name in _in_thread(names.names):
                await ahead.acquire()
                started.put_nowait((name, group.create_task(one(name))))
            started.put_nowait(None)

        group.create_task(start())
        with file_progress("Analysing", names.total, visible=names.bar) as advance:
            while (item := await started.get()) is not None:
                outcome = await item[1]
                ahead.release()
                failed += isinstance(outcome, Rejected)
                show(item[0], outcome)
                advance(item[0])
    return failed


async def _in_thread(names: Iterator[str]) -> AsyncIterator[str]:
    """Yield the names of a blocking iterator."""
    while (name := await asyncio.to_thread(next, names, None)) is not None:
        yield name


def _absolute(name: str) -> bytes:
    """Return the absolute path of a file; workers may run in another directory."""
    return os.fsencode(Path(name).absolute())
