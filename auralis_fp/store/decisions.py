"""The ``duplicate_decisions`` table: what a person decided about files that may hold the same recording."""

import itertools
import sqlite3
import time
from collections.abc import Sequence

from .database import Database


async def decide(database: Database, file_ids: Sequence[int], *, same: bool) -> int:
    """Store a decision about every pair of files; return the number of pairs.

    Parameters
    ----------
    database : Database
    file_ids : sequence of int
        Distinct, in ascending order.
    same : bool
        True if they hold the same recording.
    """
    now = time.time()
    pairs = [(first, second, same, now) for first, second in itertools.combinations(file_ids, 2)]

    def operation(db: sqlite3.Connection) -> int:
        db.executemany("INSERT OR REPLACE INTO duplicate_decisions VALUES (?, ?, ?, ?)", pairs)
        return len(pairs)

    return await database.write(operation)
