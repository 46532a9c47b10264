"""The index process: started by the first query, ended when idle, replaced when lost."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Self

from ..errors import RequestError
from ..runtime.standard_streams import open_standard_descriptors
from ..workers.pidfiles import PidFiles
from ..workers.spawn import IsolatedContext, IsolatedProcess
from .entry import run
from .protocol import Progress, Query, Refusal, Reply, decode_reply, encode

log = logging.getLogger(__name__)

IDLE_SEC: Final = 300.0  # after which the process is ended
SILENCE_SEC: Final = 60.0  # without an answer or a sign of progress, and the process counts as lost
MOST_WAITING: Final = 64
FILE_NAME: Final = "similarity.index"
DOWN: Final = "The similarity index cannot be started at the moment; see the log."


class _LostError(Exception):
    """The process ended, or has been silent for too long."""


class IndexProcess:
    """Answers queries in a process of its own; use as an asynchronous context manager.

    Parameters
    ----------
    database : Path
        Database to follow; the index file lies beside it.
    pid_files : PidFiles, optional
        Where the process is recorded, in case this one is killed.
    idle_sec : float, optional
        Seconds without a query after which the process is ended.
    """

    def __init__(self, database: Path, pid_files: PidFiles | None = None, idle_sec: float = IDLE_SEC) -> None:
        self._database = database
        self._pid_files = pid_files
        self._idle_sec = idle_sec
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="auralis-similarity")
        self._context = IsolatedContext()
        self._process: IsolatedProcess | None = None
        self._connection: Connection | None = None
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._idle is not None:
            self._idle.cancel()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown(wait=False)

    async def ask(self, query: Query) -> Any:
        """Return the reply to a query; waits while the index is started.

        Raises
        ------
        RequestError
            The query cannot be answered; 503 while the index is down.
        """
        if self._waiting >= MOST_WAITING:
            raise RequestError(503, "index_busy", f"{MOST_WAITING} similarity queries wait already; try again later.")
        if self._idle is not None:
            self._idle.cancel()
        self._waiting += 1
        try:
            reply = await self._in_thread(query)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._idle = asyncio.get_running_loop().call_later(self._idle_sec, self._rest)
        if isinstance(reply, Refusal):
            raise RequestError(reply.status, reply.code, reply.message)
        return reply

    def _in_thread(self, query: Query) -> Awaitable[Reply]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self._answer, query)

    def _rest(self) -> None:
        if not self._waiting:
            self._thread.submit(self._end)

    def _answer(self, query: Query) -> Reply:
        """Return the reply, from a second process if the first is lost. Blocks."""
        for attempt in (1, 2):
            try:
                return self._round_trip(self._live(), query)
            except (_LostError, OSError, EOFError) as error:
                log.warning("the similarity index was lost (attempt %d): %s", attempt, repr(error))
                self._end()
        return Refusal(status=503, code="index_down", message=DOWN)

    def _live(self) -> Connection:
        """Return the connection to the process, started if need be."""
        if self._connection is None or self._process is None or not self._process.is_alive():
            self._end()
            open_standard_descriptors()  # so that no pipe gets the number of a standard stream
            ours, theirs = self._context.Pipe()
            process = self._context.Process(
                target=run,
                args=(theirs, self._database, self._database.with_name(FILE_NAME)),
                name="auralis-similarity",
                daemon=True,
            )
            self._connection = ours
            with contextlib.closing(theirs):
                process.start()
            self._process = process
            if self._pid_files is not None and process.pid is not None:
                self._pid_files.write(process.pid)
        return self._connection

    def _round_trip(self, connection: Connection, query: Query) -> Reply:
        connection.send_bytes(encode(query))
        heard = time.monotonic()
        while time.monotonic() - heard < SILENCE_SEC:
            if connection.poll(1.0):
                reply = decode_reply(connection.recv_bytes())
                if not isinstance(reply, Progress):
                    return reply
                heard = time.monotonic()
        raise _LostError(f"no answer within {SILENCE_SEC:.0f} s")

    def _end(self) -> None:
        """End the process, if there is one, and wait until it is gone. Blocks."""
        connection, self._connection = self._connection, None
        process, self._process = self._process, None
        if connection is not None:
            connection.close()
        if process is None:
            return
        pid = process.pid
        process.kill()
        process.join()
        process.close()
        if self._pid_files is not None and pid is not None:
            self._pid_files.remove(pid)
