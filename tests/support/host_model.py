"""A library database like the player's, with the tables and columns that are read."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

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
