"""Queries of the host's library database."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store.host_library import HostAlbum, HostLibrary
from auralis_fp.tags.model import Tags
from host_model import add_track, player_library

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


def test_paths_of_ids(player: sqlite3.Connection, place: Path) -> None:
    """Ids are found with the player's spelling of the path; a path that is not text belongs to no track."""
    library = HostLibrary([place])
    assert library.path_of(7) == MUSIC
    assert library.path_of(8) is None
    player.execute("INSERT INTO tracks VALUES (8, NULL, '/music/other.flac', 2000), (9, 'Odd', x'00ff', 0)")
    assert library.path_of(8) == b"/music/other.flac"
    assert library.path_of(9) is None
    tags = {track.id: track.tags for track in library.tracks()}
    assert tags == {7: Tags(title="Song", year=1999), 8: Tags(year=2000)}


def test_tags_of_tracks(place: Path) -> None:
    """Artists in their order, album, genres and numbers; names that the player makes up count as none."""
    with closing(player_library(place.parent)) as database:
        add_track(database, 1, "/music/a.flac", title="A", artists=("Ann", "Bob"), album="Record", genres=("Jazz",))
        add_track(database, 2, "/music/b.flac", title="Unknown", artists=("Unknown Artist",), album="Record")
        database.execute("UPDATE tracks SET track_number = 3, disc_number = 2, year = 2012 WHERE id = 1")
        database.commit()
        library = HostLibrary([place.parent / "library.db"])
        one, two = library.tracks()
        assert one.tags == Tags(title="A", artist="Ann; Bob", album="Record", genre="Jazz", track=3, disc=2, year=2012)
        assert two.tags == Tags(album="Record")
        assert library.track(1) == one
        assert library.track(3) is None
        assert one.album_id is not None
        assert library.album(one.album_id) == HostAlbum("Record", (1, 2))
        assert library.album(99) is None


def test_music_folders(place: Path) -> None:
    """The player's list, as it is changed; the oldest versions have none and scan the folder around their database."""
    with closing(player_library(place.parent)) as database:
        library = HostLibrary([place.parent / "library.db"])
        assert library.folders() == []
        for listed, expected in (
            (["/music", "/more"], [Path("/music"), Path("/more")]),
            (["relative", 7, "/music"], [Path("/music")]),
            ("no list", []),
        ):
            database.execute("UPDATE user_settings SET scan_folders = ?", (json.dumps(listed),))
            database.commit()
            assert library.folders() == expected
        database.execute("UPDATE user_settings SET scan_folders = 'not JSON'")
        database.commit()
        assert library.folders() == []
    old = place.parent / "Music" / "Auralis"
    with closing(player_library(old, "auralis_library.db")):
        assert HostLibrary([old / "auralis_library.db"]).folders() == [place.parent / "Music"]


def test_the_database_that_was_written_last(place: Path) -> None:
    """Of the databases of two versions, the one in use is read; each write changes the version."""
    old, new = place.parent / "old", place.parent / "new"
    places = [new / "library.db", old / "library.db"]
    library = HostLibrary(places)
    assert library.version() == ()
    with pytest.raises(StorageError) as caught:
        library.tracks()
    assert caught.value.code == "no_host_library"
    with closing(player_library(old)) as database:
        add_track(database, 1, "/music/old.flac")
        first = library.version()
        assert library.path_of(1) == b"/music/old.flac"
    with closing(player_library(new)) as database:
        add_track(database, 1, "/music/new.flac")
        assert library.version() != first
        assert library.path_of(1) == b"/music/new.flac"
        before = library.version()
        add_track(database, 2, "/music/more.flac")
        assert library.version() != before


def test_nothing_is_held_or_left(player: sqlite3.Connection, place: Path) -> None:
    """The host can lock its database between queries, and no files of ours remain beside it."""
    library = HostLibrary([place])
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
    assert HostLibrary([place]).path_of(7) == MUSIC
    with closing(sqlite3.connect(place)) as again:  # the player starts again
        assert again.execute("SELECT count(*) FROM tracks").fetchone() == (1,)


def test_a_lock_is_told_from_a_fault(player: sqlite3.Connection, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that outlasts the timeout has its own error code."""
    monkeypatch.setattr("auralis_fp.store.host_library.PATIENCE_SEC", 0.01)
    player.execute("PRAGMA journal_mode = DELETE")
    player.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="locked") as caught:
        HostLibrary([place]).path_of(7)
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
    with pytest.raises(StorageError) as caught:
        HostLibrary([path]).path_of(7)
    assert caught.value.code == ("no_host_library" if kind == "missing" else "host_library")
    assert path.exists() == (kind != "missing")


def test_odd_rows_cost_no_other_track(tmp_path: Path) -> None:
    """Text that is not UTF-8, ids that are not numbers, and relative paths; names are cleaned, paths exact."""
    with closing(player_library(tmp_path)) as database:
        add_track(database, 1, "/music/a.flac", title="A", artists=("Ann",), album="Record")
        database.executescript(
            """
            UPDATE artists SET name = cast(x'41ff' AS TEXT);
            UPDATE albums SET title = cast(x'52ff' AS TEXT);
            DROP TABLE tracks;
            CREATE TABLE tracks (id, title, filepath, album_id);
            INSERT INTO tracks VALUES (1, x'00', '/music/a.flac', 1),
                (2, cast(x'54ff' AS TEXT), cast(x'2f62ff' AS TEXT), 'x'), (3, '', 'relative.flac', 1),
                (NULL, '', '/c', 1), ('four', '', '/d', 1), (2.5, '', '/e', 1);
            """
        )
        database.execute("UPDATE user_settings SET scan_folders = ?", ("[" * 100_000,))
        database.commit()
    library = HostLibrary([tmp_path / "library.db"])
    one, two = library.tracks()
    assert (one.path, one.tags, one.album_id) == (b"/music/a.flac", Tags(artist="A", album="R"), 1)
    assert (two.path, two.tags, two.album_id) == (b"/b\xff", Tags(title="T"), None)
    assert library.path_of(2) == b"/b\xff"
    assert library.album(1) == HostAlbum("R", (1, 3))
    assert library.folders() == []
