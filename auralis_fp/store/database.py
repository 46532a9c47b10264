"""The SQLite database: one writer that commits in groups, a reader, and another reader for long queries."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from ..errors import StorageError
from ..runtime.tasks import see_through
from .lock import hold_lock
from .recovery import damaged, ended_badly
from .upgrade import check_version, migrations, upgrade
from .writer import PRAGMAS, NotBegunError, Operation, Outcome, Writer, decode_text, storage_error, transact

T = TypeVar("T")
_Waiting = tuple[Operation[Any], "asyncio.Future[Any]"]

BUSY_TRY_MS: Final = 250  # a single wait for a lock cannot be interrupted, so it is short and repeated
BUSY_LIMIT_SEC: Final = 60.0  # after which waiting callers get the error
SHORT_READS_KIB: Final = 16_000  # page cache, used as needed: the files of a library of 100,000 to sort 2,000 failures
LONG_READS_KIB: Final = 2_000  # each page is read once
GROUP: Final = 256  # most operations per transaction
LOCKED: Final = "Another program holds the database; results are stored when it is free."


class Database:
    """A writing and two reading connections to a database of the present layout. Created by ``open_database``.

    ``bulk`` reads through a connection of its own, so that short reads do not wait for streams and downloads.
    ``trouble`` is called with the reason while writes are blocked, and with None when they succeed again.
    """

    def __init__(self, writer: Writer | None, reader: aiosqlite.Connection, bulk: "Database | None" = None) -> None:
        self._writer = writer
        self._reader = reader
        self.bulk: Database = bulk or self
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self.trouble: Callable[[str | None], None] = lambda _: None

    async def read(self, sql: str, parameters: Iterable[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query.

        Parameters
        ----------
        sql : str
        parameters : iterable, optional

        Raises
        ------
        StorageError
            The database cannot be read.
        """
        try:
            return list(await self._reader.execute_fetchall(sql, parameters))
        except sqlite3.Error as error:
            raise storage_error(error) from error

    async def write(self, operation: Operation[T]) -> T:
        """Run *operation* in a transaction and return its result once it is committed.

        Operations waiting at the same time share a transaction; one that fails is rolled back alone.

        Raises
        ------
        StorageError
            The disk is full or the database cannot be written; nothing of the operation remains.
        """
        if self._writer is None:
            raise StorageError("read_only", "the database was opened for reading only")
        if self._closed:
            raise StorageError("closed", "the database is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future))
        self._wake.set()
        return await future

    async def run_writer(self) -> None:
        """Commit waiting operations in groups until closed and none are left."""
        while self._waiting or not self._closed:
            await self._wake.wait()
            if not self._closed:
                self._wake.clear()
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
                await self._commit([item for item in group if not item[1].done()])

    def close(self) -> None:
        """Refuse new operations and let the writer finish the waiting ones."""
        self._closed = True
        self._wake.set()

    async def _commit(self, group: list[_Waiting]) -> None:
        """Commit a group, or its operations one by one if that fails; retry while another program holds the lock."""
        since = time.monotonic()
        while group:
            try:
                outcomes = await self._transaction([operation for operation, _ in group])
            except NotBegunError as failed:
                error = failed.error
                impatient = self._closed or time.monotonic() - since > BUSY_LIMIT_SEC
                if not impatient and error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    self.trouble(LOCKED)
                    continue
                if self._closed:  # the program is ending: fail everything that waits
                    group += self._waiting
                    self._waiting.clear()
                _resolve(group, [(None, error)] * len(group))
            except Exception as error:  # noqa: BLE001 - passed on to the waiting callers
                self.trouble(None)
                if len(group) > 1:
                    for item in group:
                        await self._commit([item])
                else:
                    _resolve(group, [(None, error)])
            else:
                self.trouble(None)
                _resolve(group, outcomes)
            return

    async def _transaction(self, operations: Sequence[Operation[Any]]) -> list[Outcome]:
        if self._writer is None:
            raise StorageError("read_only", "the database was opened for reading only")
        return await self._writer.run(lambda connection: transact(connection, operations))


def _resolve(group: list[_Waiting], outcomes: Sequence[Outcome]) -> None:
    """Hand each waiting caller the outcome of its operation."""
    for (_, future), (value, error) in zip(group, outcomes, strict=True):
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(storage_error(error))


@asynccontextmanager
async def open_database(path: Path, *, read_only: bool = False) -> AsyncIterator[Database]:
    """Open the database; create or upgrade it if needed.

    Parameters
    ----------
    path : Path
        The database file; its folder is created if it does not exist.
    read_only : bool
        Open an existing database beside a program that may be writing.

    Raises
    ------
    StorageError
        ``unwritable``, ``in_use``, ``newer_database``, ``corrupt_database``, ``locked``,
        ``outdated_database`` or ``no_database``.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            database = await _open(stack, path, read_only=read_only)
        except sqlite3.OperationalError as error:
            code = "locked" if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY" else "unwritable"
            raise StorageError(code, f"the database {path} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise damaged(path, error) from error
        yield database


async def _open(stack: contextlib.AsyncExitStack, path: Path, *, read_only: bool) -> Database:
    """Open the connections and start the writer; *stack* closes them."""
    writer = None
    await asyncio.to_thread(migrations)
    if read_only:
        if not await asyncio.to_thread(path.exists):
            raise StorageError("no_database", f"there is no database at {path} yet")
        await asyncio.to_thread(_check_complete, path)
    else:
        held = stack.enter_context(contextlib.ExitStack())
        suspicious = await see_through(asyncio.to_thread(_take_possession, held, path))
        writer = Writer(path)
        stack.push_async_callback(writer.close)
        await writer.run(lambda connection: _prepare(connection, path, suspicious=suspicious))
    reader, bulk_reader = [
        await stack.enter_async_context(_connect_reader(path, cache)) for cache in (SHORT_READS_KIB, LONG_READS_KIB)
    ]
    database = Database(writer, reader, Database(None, bulk_reader))
    if writer is not None:
        task = asyncio.create_task(database.run_writer(), name="database writer")
        stack.push_async_callback(_stop_writer, database, task, writer)
    return database


@asynccontextmanager
async def _connect_reader(path: Path, cache_kib: int) -> AsyncIterator[aiosqlite.Connection]:
    connection = aiosqlite.connect(path, isolation_level=None)
    try:
        await see_through(connection)
        connection.row_factory = sqlite3.Row
        connection.text_factory = decode_text
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        await connection.execute("PRAGMA query_only = ON")
        await connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        yield connection
    finally:
        await connection.close()


def _check_complete(path: Path) -> None:
    """Refuse a database that this program cannot read as it is. Blocking."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        check_version(connection, path, complete=True)


def _prepare(connection: sqlite3.Connection, path: Path, *, suspicious: bool) -> None:
    """Upgrade the database; if *suspicious*, check its pages too."""
    check_version(connection, path, complete=False)
    connection.execute("PRAGMA journal_mode = WAL")
    upgrade(connection, path)
    if suspicious:
        _check_pages(connection, path)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TRY_MS}")


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database with inconsistent pages, as after a power cut on a disk that reorders writes."""
    (row,) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if row[0] != "ok":
        raise damaged(path, row[0])


def _take_possession(held: contextlib.ExitStack, path: Path) -> bool:
    """Create and lock the data folder and the file; return True if the last run did not close it. Blocking."""
    _make_private_folder(path.parent)
    held.enter_context(hold_lock(path.parent / "lock"))
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StorageError("unwritable", f"the database {path} cannot be created: {error.strerror}") from error
    return ended_badly(path)


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "no permission to write there")
    except OSError as error:
        reason = "it is not a folder" if isinstance(error, FileExistsError) else error.strerror
        raise StorageError("unwritable", f"the data folder {folder} cannot be used: {reason}") from error


async def _stop_writer(database: Database, task: "asyncio.Task[None]", writer: Writer) -> None:
    database.close()
    await task
    with contextlib.suppress(sqlite3.OperationalError):  # another program reads: its close will checkpoint
        await writer.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
