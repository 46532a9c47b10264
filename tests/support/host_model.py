"""A library database like the player's, with the tables and columns that are read, and a backend like the player's."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

UI = "http://localhost:8765"  # the origin of the player's web interface
RATE = 20  # requests for similar tracks

_TABLES = """
CREATE TABLE artists (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL UNIQUE);
CREATE TABLE genres (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL UNIQUE);
CREATE TABLE albums (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL, artist_id INTEGER REFERENCES artists (id));
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY, title VARCHAR NOT NULL, filepath VARCHAR NOT NULL UNIQUE, album_id INTEGER,
    track_number INTEGER, disc_number INTEGER, year INTEGER
);
CREATE TABLE track_artist (track_id INTEGER, artist_id INTEGER);
CREATE TABLE track_genre (track_id INTEGER, genre_id INTEGER);
CREATE TABLE user_settings (id INTEGER PRIMARY KEY, scan_folders TEXT);
INSERT INTO user_settings VALUES (1, NULL);
"""
_BY_NAME = {
    "artists": ("SELECT id FROM artists WHERE name = ?", "INSERT INTO artists (name) VALUES (?)"),
    "genres": ("SELECT id FROM genres WHERE name = ?", "INSERT INTO genres (name) VALUES (?)"),
    "albums": ("SELECT id FROM albums WHERE title = ?", "INSERT INTO albums (title) VALUES (?)"),
}


def player_library(folder: Path, name: str = "library.db") -> sqlite3.Connection:
    """Create a library in *folder*, and return the player's own connection to it."""
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / name)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(_TABLES)
    return database


def add_track(
    database: sqlite3.Connection,
    number: int | None,
    path: Path | str,
    *,
    title: str | None = None,
    artists: Sequence[str] = (),
    album: str | None = None,
    genres: Sequence[str] = (),
) -> int:
    """Add a track as a scan does; return its id, the least free one if omitted."""
    album_id = None if album is None else _id_of(database, "albums", album)
    cursor = database.execute(
        "INSERT INTO tracks (id, title, filepath, album_id) VALUES (?, ?, ?, ?)",
        (number, title or Path(path).stem, str(path), album_id),
    )
    track_id = cursor.lastrowid
    assert track_id is not None
    for name in artists:
        database.execute("INSERT INTO track_artist VALUES (?, ?)", (track_id, _id_of(database, "artists", name)))
    for name in genres:
        database.execute("INSERT INTO track_genre VALUES (?, ?)", (track_id, _id_of(database, "genres", name)))
    database.commit()
    return track_id


def scan_folders(database: sqlite3.Connection, *folders: Path) -> None:
    """Register music folders."""
    database.execute("UPDATE user_settings SET scan_folders = ?", (json.dumps([str(folder) for folder in folders]),))
    database.commit()


def reset(database: sqlite3.Connection) -> None:
    """Delete all tracks, albums and artists, as the player's reset does; ids are then used again."""
    database.executescript(
        "DELETE FROM track_artist; DELETE FROM track_genre; DELETE FROM tracks; DELETE FROM albums;"
        " DELETE FROM artists; DELETE FROM genres;"
    )


def _id_of(database: sqlite3.Connection, table: str, name: str) -> int:
    find, add = _BY_NAME[table]
    row = database.execute(find, (name,)).fetchone()
    if row is not None:
        return int(row[0])
    found = database.execute(add, (name,)).lastrowid
    assert found is not None
    return found


def player_backend() -> FastAPI:
    """Return a backend like the player's, with its order of construction, middleware, own routes and catch-all route.

    Its lifespan replaces the executor of the event loop and shuts it down. Its own routes answer with ``host``.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        executor = ThreadPoolExecutor(4)
        asyncio.get_running_loop().set_default_executor(executor)
        yield
        executor.shutdown(wait=False)

    app = FastAPI(title="Auralis Web API", lifespan=lifespan)
    app.add_middleware(_RateLimit)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])
    app.add_middleware(_OriginCheck)
    app.add_middleware(_SecurityHeaders)
    app.add_middleware(CORSMiddleware, allow_origins=[UI], allow_credentials=True)

    @app.get("/api/tracks/{number}/fingerprint")
    @app.get("/api/albums/{number}/fingerprint")
    async def fingerprint(number: int) -> dict[str, int]:
        return {"host": number}

    @app.get("/api/similarity/tracks/{number}/similar")
    async def similar(number: int, limit: Annotated[int, Query(ge=1, le=100)] = 10) -> dict[str, int]:
        return {"host": number, "limit": limit}

    @app.get("/api/similarity/tracks/{number}/compare/{second}")
    @app.get("/api/similarity/tracks/{number}/explain/{second}")
    async def pair(number: int, second: int) -> dict[str, int]:
        return {"host": number, "second": second}

    @app.get("/api/library/fingerprints/status")
    async def status() -> dict[str, str]:
        return {"host": "status"}

    @app.post("/api/similarity/fingerprint-queue/enqueue-all")
    async def enqueue(request: Request) -> dict[str, str]:
        return {"host": (await request.body()).decode()}

    @app.api_route("/api/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    async def nothing(path: str) -> JSONResponse:
        return JSONResponse({"detail": "Not Found", "path": path}, 404)

    return app


class _SecurityHeaders(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Add a header to every response."""
        response = await call_next(request)
        response.headers["X-Frame-Options"] = "DENY"
        return response


class _OriginCheck(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Refuse changes from other origins."""
        if request.method != "GET" and request.headers.get("Origin", UI) != UI:
            return JSONResponse({"detail": "Untrusted origin"}, 403)
        return await call_next(request)


class _RateLimit(BaseHTTPMiddleware):
    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self._requests = 0

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Answer 429 after some requests for similar tracks."""
        self._requests += request.url.path.startswith("/api/similarity")
        if self._requests > RATE:
            return JSONResponse({"detail": "Too many requests"}, 429, {"Retry-After": "60"})
        return await call_next(request)
