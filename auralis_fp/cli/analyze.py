"""``analyze``: fingerprints of files, folders and lists of files."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..models import Analysed, Rejected
from ..settings import Settings
from ..workers.local import local_pool
from ..workers.protocol import Pool
from .inputs import STANDARD_INPUT, expand
from .progress import file_progress
from .report import Details, JsonLines, Report, Rows

Format = Literal["json", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What to analyse: files and folders, lists of them, and whether names in lists end with NUL."""

    names: Sequence[str]
    lists: Sequence[str] = ()
    null: bool = False

    @property
    def streamed(self) -> bool:
        """Names arrive on standard input, so their number is not known."""
        return STANDARD_INPUT in (*self.names, *self.lists)


async def analyze(inputs: Inputs, settings: Settings, output: Format | None = None) -> int:
    """Print the results of files in their order; nothing is stored.

    Parameters
    ----------
    inputs : Inputs
    settings : Settings
    output : str, optional
        ``json`` or ``table``. Default: a table on a terminal, else JSON lines.

    Returns
    -------
    int
        Exit code: 0 success, 1 some files failed.

    Raises
    ------
    InputError
        A list or a folder cannot be read.
    """
    names = expand(inputs.names, inputs.lists, settings, null=inputs.null)
    known = None if inputs.streamed else await asyncio.to_thread(list, names)
    as_table = output == "table" or (output is None and sys.stdout.isatty())
    report: Report = JsonLines() if not as_table else Details() if known is not None and len(known) == 1 else Rows()
    async with local_pool(settings, plain=True) as pool:  # only fingerprints are printed
        try:
            total = None if known is None else len(known)
            return 1 if await _print_all(names if known is None else iter(known), total, pool, report) else 0
        except ExceptionGroup as group:  # outcomes of tasks are values: only input and output raise
            raise group.exceptions[0] from group


async def _print_all(names: Iterator[str], total: int | None, pool: Pool, report: Report) -> int:
    """Print the outcome of every file, and return the number of failures."""
    failed = 0
    ahead = asyncio.Semaphore(2 * pool.size)  # bounds the results that are held back by an earlier file

    async def one(name: str) -> Analysed | Rejected:
        async with pool.lease() as slot:
            return await slot.run(_absolute(name))

    async with asyncio.TaskGroup() as group:
        started: asyncio.Queue[tuple[str, asyncio.Task[Analysed | Rejected]] | None] = asyncio.Queue()

        async def start() -> None:
            async for name in _in_thread(names):
                await ahead.acquire()
                started.put_nowait((name, group.create_task(one(name))))
            started.put_nowait(None)

        group.create_task(start())
        with file_progress("Analysing", total, visible=not sys.stdout.isatty()) as advance:
            while (item := await started.get()) is not None:
                outcome = await item[1]
                ahead.release()
                failed += isinstance(outcome, Rejected)
                report.add(item[0], outcome)
                advance(item[0])
    return failed


async def _in_thread(names: Iterator[str]) -> AsyncIterator[str]:
    """Yield the names of a blocking iterator."""
    while (name := await asyncio.to_thread(next, names, None)) is not None:
        yield name


def _absolute(name: str) -> bytes:
    """Return the absolute path of a file; workers may run in another directory."""
    return os.fsencode(Path(name).absolute())
