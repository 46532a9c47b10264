"""The main loop of the index process: one query after the other."""

import logging
import sqlite3
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np

from ..protocol import (
    CompareQuery,
    DuplicatesQuery,
    FlowQuery,
    MapQuery,
    Message,
    PathQuery,
    PlaylistQuery,
    Progress,
    Query,
    Refusal,
    SimilarQuery,
    decode_query,
    encode,
)
from .catalogue import Catalogue
from .duplicates import DuplicateFinder
from .path import flow, path
from .playlist import playlist
from .projection import MapMaker
from .similar import compare, similar
from .targets import QueryError

log = logging.getLogger(__name__)

PAGING_SEC: Final = 60.0  # after a page, during which the library is not measured again


class Server:
    """Answers queries from a catalogue that follows the database.

    Parameters
    ----------
    database, file : Path
        As `Catalogue` takes them.
    on_progress : callable
    """

    def __init__(self, database: Path, file: Path, on_progress: Callable[[], None]) -> None:
        self._catalogue = Catalogue(database, file, on_progress)
        self._duplicates = DuplicateFinder(self._catalogue, on_progress)
        self._maps = MapMaker(self._catalogue, on_progress)
        self._paged_at = -PAGING_SEC

    def answer(self, query: Query) -> Message:
        """Return the reply to a query."""
        now = time.monotonic()
        if isinstance(query, SimilarQuery) and query.generation is not None:
            self._paged_at = now
        self._catalogue.refresh(keep_generation=now - self._paged_at < PAGING_SEC)
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            return self._dispatch(query)

    def _dispatch(self, query: Query) -> Message:
        reply: Message
        match query:
            case SimilarQuery():
                reply = similar(self._catalogue, query)
            case CompareQuery():
                reply = compare(self._catalogue, query)
            case PlaylistQuery():
                reply = playlist(self._catalogue, query)
            case PathQuery():
                reply = path(self._catalogue, query)
            case FlowQuery():
                reply = flow(self._catalogue, query)
            case DuplicatesQuery():
                reply = self._duplicates.groups()
            case MapQuery():
                reply = self._maps.track_map()
        return reply


def serve(connection: Connection, database: Path, file: Path) -> None:
    """Answer queries until the other end of the connection is closed.

    Parameters
    ----------
    connection : Connection
        Carries one encoded message at a time.
    database, file : Path
        As `Catalogue` takes them.
    """
    told = time.monotonic()

    def on_progress() -> None:
        nonlocal told
        if time.monotonic() - told >= 1.0:
            told = time.monotonic()
            connection.send_bytes(encode(Progress()))

    server = Server(database, file, on_progress)
    while True:
        try:
            query = decode_query(connection.recv_bytes())
        except EOFError:
            return
        try:
            reply = server.answer(query)
        except QueryError as error:
            reply = Refusal(status=error.status, code=error.code, message=str(error))
        except sqlite3.Error as error:
            log.warning("the database cannot be read: %s", error)
            reply = Refusal(status=503, code="storage", message="The database cannot be read at the moment.")
        connection.send_bytes(encode(reply))
