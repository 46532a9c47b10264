"""Reading all results of a database, also of one with damaged pages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from ..errors import CORRUPT, StorageError
from .damaged_pages import highest_id
from .database import Database
from .transfer import Page

PAGE: Final = 2_000


class _HasPath(Protocol):
    @property
    def path(self) -> bytes: ...


T = TypeVar("T", bound=_HasPath)
Read = Callable[[Database, str, Sequence[object]], Awaitable[Page[T]]]
"""Reads the results that fulfil an SQL condition over ``files f``: ``results_where`` or ``exported_where``."""


async def all_results(
    database: Database, read: Read[T], on_lost: Callable[[bytes | int], None]
) -> AsyncIterator[list[T]]:
    """Yield all stored results, in order of path as long as the pages of the database are sound.

    After the first damaged page the rest is read in order of file ids, in ranges that are halved around the damage.

    Parameters
    ----------
    database : Database
    read : callable
        Reads results.
    on_lost : callable
        Called with the path of each result that cannot be read, or with the id of its file if the path cannot be read.

    Raises
    ------
    StorageError
        The database cannot be read at all.
    """
    last = b""
    try:
        while any(page := await read(database, "f.path > ? ORDER BY f.path LIMIT ?", (last, PAGE))):
            last = max((*(result.path for result in page.results), *page.damaged))
            for path in page.damaged:
                on_lost(path)
            yield page.results
    except StorageError as error:
        if error.code != CORRUPT:
            raise
        async for found in _salvage(database, read, last, on_lost, error):
            yield found


async def _salvage(
    database: Database, read: Read[T], after: bytes, on_lost: Callable[[bytes | int], None], error: StorageError
) -> AsyncIterator[list[T]]:
    """Yield the readable results of paths after *after*; raise *error* if nothing can be read."""
    highest = await highest_id(database)
    if highest is None:
        raise error
    ranges = [(start, min(start + PAGE - 1, highest)) for start in range(highest // PAGE * PAGE, -1, -PAGE)]
    while ranges:
        first, last = ranges.pop()
        try:
            page = await read(database, "f.id BETWEEN ? AND ? AND f.path > ?", (first, last, after))
        except StorageError as damage:
            if damage.code != CORRUPT:
                raise
            middle = (first + last) // 2
            if first < last:
                ranges += [(middle + 1, last), (first, middle)]
            else:
                await _report(database, first, after, on_lost)
        else:
            for path in page.damaged:
                on_lost(path)
            yield page.results


async def _report(database: Database, file_id: int, after: bytes, on_lost: Callable[[bytes | int], None]) -> None:
    """Report the result of a file as lost, unless the file is unknown or its result was read before the damage."""
    try:
        rows = await database.read("SELECT path FROM files WHERE id = ?", (file_id,))
    except StorageError:
        on_lost(file_id)
        return
    for row in rows:
        if row["path"] > after:
            on_lost(row["path"])
