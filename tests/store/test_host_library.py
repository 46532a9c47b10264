"""Queries of the host's library database."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store.host_library import HostLibrary

MUSIC = b"/music/caf\xc3\xa9?#%20 'x'.flac"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the path of the database, with characters that a URI must escape."""
    return tmp_path / "the player?#%41" / "library.db"


@pytest.fixture
def player(place: Path) -> Iterator[sqlite3.Connection]:
    """Return the host's own connection, in WAL mode."""
    place.parent.mkdir()
    with closing(sqlite3.connect(place, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY, title TEXT, filepath TEXT UNIQUE, year INTEGER)")
        database.execute("INSERT INTO tracks VALUES (7, 'Song', ?, 1999)", (os.fsdecode(MUSIC),))
        yield database


def test_ids_and_titles(player: sqlite3.Connection, place: Path) -> None:
    """Ids are found by path in the player's spelling; names that are not valid text have none."""
    library = HostLibrary(place)
    assert library.path_of(7) == MUSIC
    assert library.path_of(8) is None
    assert library.titles([MUSIC, b"/music/other.flac", b"/music/\xff.flac"]) == {MUSIC: "Song"}
    player.execute("INSERT INTO tracks VALUES (8, NULL, '/music/other.flac', 2000), (9, 'Odd', x'00ff', 0)")
    assert library.path_of(8) == b"/music/other.flac"
    assert library.path_of(9) is None
    assert library.titles([b"/music/other.flac"]) == {}


def test_many_paths(player: sqlite3.Connection, place: Path) -> None:
    """More paths than fit into one query."""
    paths = [f"/music/{number}.flac" for number in range(1234)]
    player.executemany("INSERT INTO tracks (title, filepath) VALUES ('t', ?)", [(path,) for path in paths])
    assert len(HostLibrary(place).titles([os.fsencode(path) for path in paths])) == 1234


def test_nothing_is_held_or_left(player: sqlite3.Connection, place: Path) -> None:
    """The host can lock its database between queries, and no files of ours remain beside it."""
    library = HostLibrary(place)
    assert library.path_of(7) == MUSIC
    player.execute("BEGIN EXCLUSIVE")
    assert library.path_of(7) == MUSIC  # readers of a write-ahead log do not wait
    player.execute("ROLLBACK")
    player.execute("PRAGMA journal_mode = DELETE")  # needs the database to itself
    assert sorted(path.name for path in place.parent.iterdir()) == ["library.db"]
    before = place.read_bytes()
    assert library.path_of(7) == MUSIC
    assert place.read_bytes() == before


def test_the_player_is_not_running(player: sqlite3.Connection, place: Path) -> None:
    """The database is in WAL mode, without a log file."""
    player.close()
    assert HostLibrary(place).path_of(7) == MUSIC
    with closing(sqlite3.connect(place)) as again:  # the player starts again
        assert again.execute("SELECT count(*) FROM tracks").fetchone() == (1,)


def test_a_lock_is_told_from_a_fault(player: sqlite3.Connection, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that outlasts the timeout has its own error code."""
    monkeypatch.setattr("auralis_fp.store.host_library.PATIENCE_SEC", 0.01)
    player.execute("PRAGMA journal_mode = DELETE")
    player.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="locked") as caught:
        HostLibrary(place).path_of(7)
    assert caught.value.code == "host_library_busy"


@pytest.mark.parametrize("kind", ["missing", "folder", "no database", "another schema"])
def test_whatever_else_lies_there(tmp_path: Path, kind: str) -> None:
    """Other files cause an error and are not changed."""
    path = tmp_path / "library.db"
    if kind == "folder":
        path.mkdir()
    elif kind == "no database":
        path.write_bytes(b"no database" * 1000)
    elif kind == "another schema":
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE tracks (id INTEGER, file TEXT)")
    with pytest.raises(StorageError, match="cannot be read") as caught:
        HostLibrary(path).path_of(7)
    assert caught.value.code == "host_library"
    assert path.exists() == (kind != "missing")
