"""Reading around damaged pages of the database, so that they cost only the rows that they hold."""

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from ..errors import CORRUPT, StorageError
from ..runtime.batches import isolate
from .database import Database

log = logging.getLogger(__name__)

MOST_FAILED_READS: Final = 4_000  # about a second; then the damage is too large to read around
_LISTED: Final = " IN (SELECT value FROM json_each(?))"
_HIGHEST: Final = ("SELECT max(id) AS id FROM files", "SELECT max(file_id) AS id FROM fingerprints")

Read = Callable[[Sequence[int]], Awaitable[list[sqlite3.Row]]]


class Readable(NamedTuple):
    """The rows that could be read, and the ids of the files for which that failed."""

    rows: list[sqlite3.Row]
    unreadable: list[int]


async def rows_of(database: Database, ids: Sequence[int], sql: str, parameters: Sequence[Any] = ()) -> Readable:
    """Return the rows of a query for some files.

    Parameters
    ----------
    database : Database
    ids : sequence of int
    sql : str
        A SELECT that ends with the column that holds the id of the file.
    parameters : sequence, optional
        Its parameters.

    Raises
    ------
    StorageError
        The database cannot be read, for another reason than single damaged pages.
    """
    return await _around_damage(
        ids, lambda part: database.read(f"{sql}{_LISTED}", (*parameters, json.dumps(list(part))))
    )


async def rows_between(database: Database, first: int, last: int, sql: str, parameters: Sequence[Any] = ()) -> Readable:
    """Return the rows of a query for the files whose ids lie in a range.

    Parameters
    ----------
    database : Database
    first, last : int
        Lowest and highest id.
    sql : str
        A SELECT over ``files f`` that ends within its WHERE clause.
    parameters : sequence, optional
        Its parameters.

    Raises
    ------
    StorageError
        As ``rows_of``.
    """
    return await _around_damage(
        range(first, last + 1),
        lambda part: database.read(f"{sql} AND f.id BETWEEN ? AND ?", (*parameters, part[0], part[-1])),
    )


async def rows_of_all(database: Database, sql: str, parameters: Sequence[Any] = ()) -> Readable:
    """Return the rows of a query for all files.

    Parameters
    ----------
    database : Database
    sql : str
        A SELECT over ``files f`` that ends within its WHERE clause.
    parameters : sequence, optional
        Its parameters.

    Raises
    ------
    StorageError
        As ``rows_of``.
    """
    highest = await highest_id(database)
    return await rows_between(database, 0, -1 if highest is None else highest, sql, parameters)


async def highest_id(database: Database) -> int | None:
    """Return the highest file id that can be read."""
    found: list[int] = []
    for query in _HIGHEST:
        try:
            (row,) = await database.read(query)
        except StorageError:
            continue
        if isinstance(row["id"], int):
            found.append(row["id"])
    return max(found, default=None)


async def _around_damage(ids: Sequence[int], read: Read) -> Readable:
    """Read the rows of some files, in parts that are halved around damage."""
    rows: list[sqlite3.Row] = []
    failed = 0

    async def gather(part: Sequence[int]) -> None:
        nonlocal failed
        try:
            rows.extend(await read(part))
        except StorageError as error:
            failed += 1
            if error.code == CORRUPT and failed > MOST_FAILED_READS:
                raise StorageError("too_damaged", str(error)) from error
            raise

    culprits = await isolate(ids, gather, {CORRUPT})
    if culprits:
        log.error("the rows of %d files cannot be read: %s", len(culprits), culprits[0][1])
    return Readable(rows, [file_id for file_id, _ in culprits])
