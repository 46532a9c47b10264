"""``analyze``: fingerprints of files as JSON lines."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..models import Analysed, Rejected
from ..runtime.serialization import outcome_record, to_json
from ..settings import Settings
from ..workers.process import local_pool
from ..workers.protocol import Pool
from .progress import file_progress


async def analyze(files: Sequence[str], settings: Settings) -> int:
    """Print the results of files in their order; nothing is stored.

    Parameters
    ----------
    files : sequence of str
    settings : Settings

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed.
    """
    async with local_pool(settings) as pool:
        try:
            return 1 if await _print_all(files, pool) else 0
        except ExceptionGroup as group:  # only printing raises: outcomes of tasks are values
            if group.subgroup(BrokenPipeError) is None:
                raise
            raise BrokenPipeError from group


async def _print_all(files: Sequence[str], pool: Pool) -> int:
    """Print the outcome of every file, and return the number of failures."""
    failed = 0
    ahead = asyncio.Semaphore(2 * pool.size)  # bounds the results that are held back by an earlier file

    async def one(name: str) -> Analysed | Rejected:
        async with pool.lease() as slot:
            return await slot.run(_absolute(name))

    async with asyncio.TaskGroup() as group:
        started: asyncio.Queue[tuple[str, asyncio.Task[Analysed | Rejected]] | None] = asyncio.Queue()

        async def start() -> None:
            for name in files:
                await ahead.acquire()
                started.put_nowait((name, group.create_task(one(name))))
            started.put_nowait(None)

        group.create_task(start())
        with file_progress("Analysing", len(files), visible=not sys.stdout.isatty()) as advance:
            while (item := await started.get()) is not None:
                outcome = await item[1]
                ahead.release()
                failed += isinstance(outcome, Rejected)
                print(to_json(outcome_record(item[0], outcome)), flush=True)
                advance(item[0])
    return failed


def _absolute(name: str) -> bytes:
    """Return the absolute path of a file; workers may run in another directory."""
    return os.fsencode(Path(name).absolute())
