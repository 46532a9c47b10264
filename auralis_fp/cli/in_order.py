"""Tasks on many files at once, with their outcomes in the order of the files."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from ..models import Rejected
from ..runtime.tasks import first_error
from ..runtime.threads import iterated
from ..settings import Settings
from ..workers.local import local_pool
from ..workers.protocol import Pool, Slot
from .inputs import Inputs, expand
from .progress import file_progress

T = TypeVar("T")


class Names(NamedTuple):
    """Names of files, their number if it is known, and whether to show a progress bar."""

    names: Iterator[str]
    total: int | None
    bar: bool

    @classmethod
    async def of(cls, inputs: Inputs, settings: Settings, *, bar: bool) -> Self:
        """Return the names that a command is given.

        Parameters
        ----------
        inputs : Inputs
        settings : Settings
            Which files of folders count.
        bar : bool

        Raises
        ------
        InputError
            A list or a folder cannot be read; from a list on standard input, names raise it as they are read.
        """
        names = expand(inputs.names, inputs.lists, settings, null=inputs.null)
        if inputs.streamed:
            return cls(names, None, bar)
        known = await asyncio.to_thread(list, names)
        return cls(iter(known), len(known), bar)


async def in_order(
    names: Names,
    settings: Settings,
    compute: Callable[[Slot, bytes], Awaitable[T | Rejected]],
    show: Callable[[str, T | Rejected], None],
) -> int:
    """Run a task on every file, show the outcomes in the order of the files, and return the number of failures.

    Parameters
    ----------
    names : Names
    settings : Settings
        Of the workers; nothing but the outcome is computed.
    compute : callable
        The task, on a leased slot and an absolute path.
    show : callable
        Called with each name and its outcome.
    """
    async with local_pool(settings, plain=True) as pool:
        with first_error():  # outcomes of tasks are values: only input and output raise
            return await _in_order(names, pool, compute, show)


async def _in_order(
    names: Names,
    pool: Pool,
    compute: Callable[[Slot, bytes], Awaitable[T | Rejected]],
    show: Callable[[str, T | Rejected], None],
) -> int:
    failed = 0
    ahead = asyncio.Semaphore(2 * pool.size)  # bounds the results that are held back by an earlier file

    async def one(name: str) -> T | Rejected:
        async with pool.lease() as slot:
            return await compute(slot, _absolute(name))

    async with asyncio.TaskGroup() as group:
        started: asyncio.Queue[tuple[str, asyncio.Task[T | Rejected]] | None] = asyncio.Queue()

        async def start() -> None:
            async for name in iterated(names.names):
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


def _absolute(name: str) -> bytes:
    """Return the absolute path of a file; workers may run in another directory."""
    return os.fsencode(Path(name).absolute())
