"""The connection that writes: one thread, one transaction for a group of operations."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from ..errors import CORRUPT, StorageError

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]
"""The body of a transaction; runs in the writer's thread."""
Outcome = tuple[Any, Exception | None]
"""What an operation returned, or the exception it raised."""

OPEN_LIMIT_MS: Final = 10_000  # another program may hold the lock briefly while the database is opened
_CODES: Final = {  # by the beginning of SQLite's (extended) error name
    "SQLITE_FULL": "disk_full",
    "SQLITE_CORRUPT": CORRUPT,
    "SQLITE_NOTADB": CORRUPT,
    "SQLITE_READONLY": "unwritable",
    "SQLITE_BUSY": "locked",
}


def decode_text(value: bytes) -> str:
    """Return a TEXT value; bytes that a damaged row holds are replaced instead of failing the whole query."""
    return value.decode("utf-8", "replace")


PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {OPEN_LIMIT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = NORMAL",  # with WAL: a power cut may lose the last commits, never the database
    "PRAGMA temp_store = MEMORY",
)


class Writer:
    """A connection in a thread of its own, so that a transaction costs one round trip between threads."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="auralis-database")
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Call *work* with the connection in the writer's thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._call, work)

    def _call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.text_factory = decode_text
            for pragma in PRAGMAS:
                self._connection.execute(pragma)
        return work(self._connection)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        finally:
            self._thread.shutdown(wait=False)

    def _close(self) -> None:
        """Close the connection; runs in the writer's thread, after any call in progress."""
        if self._connection is not None:
            self._connection.close()


class NotBegunError(Exception):
    """A transaction could not begin."""

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__(str(error))
        self.error = error


def transact(connection: sqlite3.Connection, operations: Sequence[Operation[Any]]) -> list[Outcome]:
    """Run operations in one transaction; with several, each has its own savepoint.

    Parameters
    ----------
    connection : sqlite3.Connection
    operations : sequence of Operation

    Returns
    -------
    list of Outcome
        One per operation.

    Raises
    ------
    NotBegunError
        The transaction could not begin; nothing ran.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise NotBegunError(error) from error
    outcomes: list[Outcome] = []
    try:
        for operation in operations:
            if len(operations) == 1:
                outcomes.append((operation(connection), None))
                break
            connection.execute("SAVEPOINT operation")
            try:
                outcomes.append((operation(connection), None))
            except Exception as error:
                if not connection.in_transaction:  # SQLite rolled the whole transaction back
                    raise
                connection.execute("ROLLBACK TO operation")
                outcomes.append((None, error))
            connection.execute("RELEASE operation")
        connection.commit()
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk may have rolled it back already
            connection.rollback()
        raise
    return outcomes


def storage_error(error: Exception) -> Exception:
    """Return the ``StorageError`` for an SQLite error; any other exception is returned unchanged."""
    if not isinstance(error, sqlite3.Error):
        return error
    name = getattr(error, "sqlite_errorname", "")
    code = next((code for start, code in _CODES.items() if name.startswith(start)), "storage_failed")
    advice = "; start again with --rebuild" if code == CORRUPT else ""
    return StorageError(code, f"the database could not be used: {error}{advice}")
