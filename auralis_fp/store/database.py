"""The SQLite database: opening, migrating, and one writer that commits in groups."""

import asyncio
import contextlib
import logging
import os
import re
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from ..errors import StorageError
from ..runtime.tasks import see_through
from .lock import hold_lock
from .recovery import damaged, ended_badly

log = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]
"""What is done in a transaction; it runs in the writer's thread, from beginning to end."""

_Waiting = tuple[Operation[Any], "asyncio.Future[Any]"]
_Outcome = tuple[Any, Exception | None]

OPEN_LIMIT_MS: Final = 10_000  # another program may hold the database for a moment
BUSY_TRY_MS: Final = 250  # then that is shown; nothing can cut a single wait short
BUSY_LIMIT_SEC: Final = 60.0  # then who waits is told
GROUP: Final = 256  # operations committed together at most
LOCKED: Final = "Another program holds the database; results wait and are stored when it lets go."
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {OPEN_LIMIT_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = NORMAL",  # with WAL: a power cut may cost the last commits, never the database
    "PRAGMA temp_store = MEMORY",
)


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return the numbered migrations in order: version they lead to, SQL."""
    folder = files(__package__) / "migrations"
    scripts = [entry for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)]
    return tuple(
        (int(entry.name[:4]), entry.read_text(encoding="utf-8"))
        for entry in sorted(scripts, key=lambda entry: entry.name)
    )


class _Writer:
    """The connection that writes, in a thread of its own: a transaction is one way there and back."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="auralis-database")
        self._path = path
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what *work* does with the connection."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._do, work)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
        return work(self._connection)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        finally:
            self._thread.shutdown(wait=False)

    def _end(self) -> None:
        """Close what was opened; called where it was, so after what may just be going on."""
        if self._connection is not None:
            self._connection.close()


class Database:
    """One writing and one reading connection to a database that is up to date.

    Made by ``open_database``.
    """

    def __init__(self, writer: _Writer | None, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self.trouble: Callable[[str | None], None] = lambda _: None
        """Told why nothing can be written at the moment, and None when that is over."""

    async def read(self, sql: str, parameters: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query.

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
        """Have *operation* run in a transaction and return what it returns, once it is committed.

        Operations that wait at the same time are committed together; one that fails undoes only itself.

        Raises
        ------
        StorageError
            The disk is full, or the database cannot be written; nothing of the operation remains.
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
        """Commit what is waiting, in groups, until closed and nothing waits any more."""
        while self._waiting or not self._closed:
            await self._wake.wait()
            if not self._closed:
                self._wake.clear()
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
                await self._see_through([item for item in group if not item[1].done()])

    def close(self) -> None:
        """Refuse what comes from now on, and have the writer end with what is waiting."""
        self._closed = True
        self._wake.set()

    async def _see_through(self, group: list[_Waiting]) -> None:
        """Commit a group, one by one if that fails together, as soon as no other program is in the midst of writing."""
        since = time.monotonic()
        while group:
            try:
                outcomes = await self._transaction([operation for operation, _ in group])
            except _NotBegunError as failed:
                error = failed.error
                impatient = self._closed or time.monotonic() - since > BUSY_LIMIT_SEC
                if not impatient and error.sqlite_errorname.startswith("SQLITE_BUSY"):
                    self.trouble(LOCKED)
                    continue
                if self._closed:  # nobody can wait any longer
                    group += self._waiting
                    self._waiting.clear()
                _tell(group, [(None, error)] * len(group))
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                self.trouble(None)
                if len(group) > 1:
                    for item in group:
                        await self._see_through([item])
                else:
                    _tell(group, [(None, error)])
            else:
                self.trouble(None)
                _tell(group, outcomes)
            return

    async def _transaction(self, operations: Sequence[Operation[Any]]) -> list[_Outcome]:
        assert self._writer is not None  # noqa: S101 - write() refuses otherwise
        return await self._writer.run(lambda connection: _transact(connection, operations))


class _NotBegunError(Exception):
    """A transaction could not even begin."""

    def __init__(self, error: sqlite3.Error) -> None:
        super().__init__(str(error))
        self.error = error


def _transact(connection: sqlite3.Connection, operations: Sequence[Operation[Any]]) -> list[_Outcome]:
    """Run operations in one transaction, each of several behind a savepoint of its own."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise _NotBegunError(error) from error
    outcomes: list[_Outcome] = []
    try:
        for operation in operations:
            if len(operations) == 1:
                outcomes.append((operation(connection), None))
                break
            connection.execute("SAVEPOINT operation")
            try:
                outcomes.append((operation(connection), None))
            except Exception as error:
                if not connection.in_transaction:  # so bad that the database gave up the whole of it
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


def _tell(group: list[_Waiting], outcomes: Sequence[_Outcome]) -> None:
    """Tell those who wait what came of it."""
    for (_, future), (value, error) in zip(group, outcomes, strict=True):
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(storage_error(error))


def storage_error(error: Exception) -> Exception:
    """Return *error* as the storage error it stands for, or as it is."""
    if not isinstance(error, sqlite3.Error):
        return error
    name = getattr(error, "sqlite_errorname", "")
    code = {
        "SQLITE_FULL": "disk_full",
        "SQLITE_CORRUPT": "corrupt_database",
        "SQLITE_NOTADB": "corrupt_database",
        "SQLITE_READONLY": "unwritable",
        "SQLITE_BUSY": "locked",
    }.get(name, "storage_failed")
    advice = "; start again with --rebuild" if code == "corrupt_database" else ""
    return StorageError(code, f"the database could not be used: {error}{advice}")


@asynccontextmanager
async def open_database(path: Path, *, read_only: bool = False) -> AsyncIterator[Database]:
    """Open (and if need be create or migrate) the database.

    Parameters
    ----------
    path : Path
        The database file; its folder is made if it is not there.
    read_only : bool
        For looking while another program may be writing. The database must exist.

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
    """Open both connections and start the writer; *stack* ends them."""
    writer = None
    await asyncio.to_thread(migrations)
    if read_only:
        if not await asyncio.to_thread(path.exists):
            raise StorageError("no_database", f"there is no database at {path} yet")
    else:
        held = stack.enter_context(contextlib.ExitStack())
        suspicious = await see_through(asyncio.to_thread(_take_possession, held, path))
        writer = _Writer(path)
        stack.push_async_callback(writer.close)
        await writer.run(lambda connection: _prepare(connection, path, suspicious=suspicious))
    reader = await stack.enter_async_context(_connect(path))
    (row,) = await reader.execute_fetchall("PRAGMA user_version")
    await reader.execute_fetchall("SELECT count(*) FROM sqlite_master")
    _check_version(int(row[0]), path, complete=True)
    await reader.execute("PRAGMA query_only = ON")
    database = Database(writer, reader)
    if writer is not None:
        task = asyncio.create_task(database.run_writer(), name="database writer")
        stack.push_async_callback(_stop_writer, database, task, writer)
    return database


@asynccontextmanager
async def _connect(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    connection = aiosqlite.connect(path, isolation_level=None)
    try:
        await see_through(connection)
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
        yield connection
    finally:
        await connection.close()


def _prepare(connection: sqlite3.Connection, path: Path, *, suspicious: bool) -> None:
    """Bring a database up to date, each migration and its version number in one transaction."""
    _check_version(_version(connection), path)
    connection.execute("PRAGMA journal_mode = WAL")
    for version, sql in migrations():
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version > _version(connection):
                for statement in _statements(sql):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    if suspicious:
        _examine(connection, path)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TRY_MS}")


def _examine(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database whose pages do not fit together, as after a power cut on a disk that lies."""
    (row,) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if row[0] != "ok":
        raise damaged(path, row[0])


def _check_version(version: int, path: Path, *, complete: bool = False) -> None:
    """Refuse what cannot be used; with *complete* also a database that is yet to be brought up to date."""
    newest = migrations()[-1][0]
    if version > newest:
        raise StorageError(
            "newer_database",
            f"the database {path} was made by a newer version of this program"
            f" (its layout is {version}, this program knows up to {newest})",
        )
    if complete and version < newest:
        raise StorageError("outdated_database", f"the database {path} is of an older version; a scan brings it up")


def _version(connection: sqlite3.Connection) -> int:
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # a file that is no database says so here
    (row,) = connection.execute("PRAGMA user_version").fetchall()
    return int(row[0])


def _statements(script: str) -> Iterable[str]:
    """Split a script into its statements; ``executescript`` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _take_possession(held: contextlib.ExitStack, path: Path) -> bool:
    """Make the database's folder and file, lock them, and say whether it ended badly the last time. Blocks."""
    _make_private_folder(path.parent)
    held.enter_context(hold_lock(path.parent / "lock"))
    path.touch(mode=0o600, exist_ok=True)
    return ended_badly(path)


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "no permission to write there")
    except OSError as error:
        raise StorageError("unwritable", f"the data folder {folder} cannot be used: {error.strerror}") from error


async def _stop_writer(database: Database, task: "asyncio.Task[None]", writer: _Writer) -> None:
    database.close()
    await task
    with contextlib.suppress(sqlite3.OperationalError):  # another program reads: its end will do it
        await writer.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
