"""The service with access to the host's library."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from auralis_fp.engine import host as engine_host
from host_model import add_track, player_library, reset, scan_folders
from hosting import Host, Plugin, tone_file
from patience import LIMIT_SEC


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for changes of the host's library often."""
    monkeypatch.setattr(engine_host, "CHECK_SEC", 0.05)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return the player's connection to its library."""
    with closing(player_library(tmp_path / "player")) as database:
        yield database


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the path of that library."""
    return tmp_path / "player" / "library.db"


async def until_idle(plugin: Plugin) -> dict[str, Any]:
    """Wait until all files are done."""
    return await plugin.until(lambda status: status["state"] == "idle" and status["counts"]["done"] > 0)


async def until_ids(plugin: Plugin, expected: dict[str, list[int]]) -> None:
    """Wait until the files have these track ids, by name."""
    give_up = time.monotonic() + LIMIT_SEC
    while (found := {one["name"]: one["track_ids"] for one in (await plugin.get("/files"))["items"]}) != expected:
        assert time.monotonic() < give_up, found
        await asyncio.sleep(0.02)


async def path_of(plugin: Plugin, track_id: int) -> str:
    """Return the name of the file with this track id."""
    file_id = (await plugin.get(f"/tracks/{track_id}"))["metadata"]["file_id"]
    return str((await plugin.get(f"/files/{file_id}"))["name"])


async def test_tracks_that_were_never_posted(
    host: Host, library: Path, tmp_path: Path, player: sqlite3.Connection, place: Path
) -> None:
    """They are found by the host's id; tracks outside the libraries stay unknown."""
    song, outside = tone_file(library / "a.wav"), tone_file(tmp_path / "outside.wav")
    for number, path in ((7, song), (8, outside), (9, library / "gone.wav")):
        add_track(player, number, path, title="Title")
    plugin = await host(host_database=place)
    await until_idle(plugin)
    known = await plugin.get("/tracks/7")
    assert (known["track_id"], len(known["fingerprint"])) == (7, len(schema.NAMES))
    await until_ids(plugin, {"a.wav": [7]})
    for number in (8, 9, 10):
        assert (await plugin.get(f"/tracks/{number}", status=404))["code"] == "track_not_found"
    assert (await plugin.get("/status"))["host"] == {"tracks": 3, "reset_at": None, "note": ""}


async def test_the_library_decides_what_an_id_means(
    host: Host, library: Path, player: sqlite3.Connection, place: Path
) -> None:
    """An id that a request mentions with another file is not remembered; one that is used again means the new file."""
    one, two = tone_file(library / "one.wav"), tone_file(library / "two.wav", hz=880)
    add_track(player, 1, one)
    plugin = await host(host_database=place)
    await until_idle(plugin)
    assert (await plugin.ask(two, 1))["track_id"] == 1
    assert await path_of(plugin, 1) == "one.wav"
    await plugin.ask(two, 5)
    assert (await plugin.get("/tracks/5", status=404))["code"] == "track_not_found"
    player.execute("UPDATE tracks SET filepath = ?", (str(two),))
    player.commit()
    assert await path_of(plugin, 1) == "two.wav"  # at once: the host is asked
    await until_ids(plugin, {"one.wav": [], "two.wav": [1]})


async def test_a_library_that_was_reset(
    host: Host, library: Path, player: sqlite3.Connection, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The new ids have the right fingerprints, nothing is analysed again, and the reset is shown."""
    songs = [tone_file(library / f"{name}.wav", hz=hz) for name, hz in (("a", 300), ("b", 500), ("c", 800))]
    for song in songs:
        add_track(player, None, song)
    plugin = await host(host_database=place)
    await until_idle(plugin)
    await until_ids(plugin, {"a.wav": [1], "b.wav": [2], "c.wav": [3]})
    reset(player)
    await plugin.get("/tracks/1", status=404)
    await until_ids(plugin, {"a.wav": [], "b.wav": [], "c.wav": []})
    moved = songs[0].rename(library / "moved.wav")
    await plugin.post("/scan", status=202)
    for song in (songs[2], songs[1], moved):  # the next scan finds them in another order
        add_track(player, None, song)
    assert await path_of(plugin, 1) == "c.wav"
    await until_ids(plugin, {"moved.wav": [3], "b.wav": [2], "c.wav": [1]})
    assert [await path_of(plugin, number) for number in (1, 2, 3)] == ["c.wav", "b.wav", "moved.wav"]
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == 3
    summary = (await plugin.get("/status"))["host"]
    assert summary["reset_at"] is not None
    assert "of 3 track ids, 3 are gone" in summary["note"]
    assert "was reset" in caplog.text


async def test_a_file_that_moves_keeps_its_id(
    host: Host, library: Path, player: sqlite3.Connection, place: Path
) -> None:
    """While the host still has the old path, its id means the file with the same content."""
    add_track(player, 4, tone_file(library / "before.wav"))
    plugin = await host(host_database=place)
    await until_idle(plugin)
    (library / "before.wav").rename(library / "after.wav")
    await plugin.post("/scan", status=202)
    await until_ids(plugin, {"after.wav": [4]})
    assert await path_of(plugin, 4) == "after.wav"


async def test_tags_albums_and_search(host: Host, library: Path, player: sqlite3.Connection, place: Path) -> None:
    """The host's values outrank those of the file, in listings, albums, artists and search, and are followed."""
    song = tone_file(library / "a.wav")
    add_track(player, 7, song, title="Here", artists=("Ann", "Bob"), album="Record", genres=("Jazz",))
    plugin = await host(host_database=place)
    await until_idle(plugin)

    async def until_titled(title: str) -> dict[str, Any]:
        give_up = time.monotonic() + LIMIT_SEC
        while True:
            item: dict[str, Any] = (await plugin.get("/files"))["items"][0]
            if item["title"] == title:
                return item
            assert time.monotonic() < give_up, item
            await asyncio.sleep(0.02)

    tags = (await until_titled("Here"))["tags"]
    assert (tags["artist"], tags["album"], tags["genre"]) == ("Ann; Bob", "Record", "Jazz")
    assert [album["title"] for album in (await plugin.get("/albums"))["items"]] == ["Record"]
    assert [artist["name"] for artist in (await plugin.get("/artists"))["items"]] == ["Ann; Bob"]
    assert (await plugin.get("/files", params={"q": "artist:bob"}))["matching"] == 1
    player.execute("UPDATE tracks SET title = 'There', album_id = NULL")
    player.commit()
    assert (await until_titled("There"))["tags"]["album"] is None
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == 1


async def test_the_music_folders_of_the_host(
    host: Host, tmp_path: Path, player: sqlite3.Connection, place: Path
) -> None:
    """Without libraries, the host's folders are watched, from the start and as they change."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    tone_file(one / "a.wav")
    tone_file(two / "b.wav", hz=880)
    scan_folders(player, one)
    plugin = await host(host_database=place, libraries=())
    await plugin.until(lambda status: status["counts"]["done"] == 1)
    scan_folders(player, one, two)
    await plugin.until(lambda status: status["counts"]["done"] == 2)
    scan_folders(player, two, tmp_path / "missing")
    status = await plugin.until(lambda status: status["counts"]["total"] == 1)
    assert [folder["path"] for folder in status["folders"]] == [str(two), str(tmp_path / "missing")]


async def test_a_library_that_is_created_later(host: Host, tmp_path: Path) -> None:
    """Its absence is shown, and its ids, tags and folders are used once it exists, wherever its version keeps it."""
    music = tmp_path / "Music"
    music.mkdir()
    song = tone_file(music / "a.wav")
    places = [tmp_path / ".auralis" / "library.db", music / "Auralis" / "auralis_library.db"]
    plugin = await host(host_database=places, libraries=())
    health = await plugin.get("/health")
    assert health["reasons"] == ["Host library: The player has no library yet."]
    with closing(player_library(places[1].parent, places[1].name)) as database:
        add_track(database, 7, song)
        await plugin.until(lambda status: status["counts"]["done"] == 1)
        await until_ids(plugin, {"a.wav": [7]})
    await plugin.until_healthy()


async def test_a_locked_library_is_503(
    host: Host, library: Path, player: sqlite3.Connection, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a time to retry, not 404."""
    monkeypatch.setattr("auralis_fp.store.host_library.PATIENCE_SEC", 0.01)
    add_track(player, 7, tone_file(library / "a.wav"))
    player.execute("PRAGMA journal_mode = DELETE")
    plugin = await host(host_database=place)
    await until_idle(plugin)
    player.execute("BEGIN EXCLUSIVE")
    assert (await plugin.get("/tracks/7", status=503))["code"] == "host_library_busy"
    player.execute("ROLLBACK")
    await plugin.get("/tracks/7")


async def test_a_path_through_a_link(
    host: Host, library: Path, tmp_path: Path, player: sqlite3.Connection, place: Path
) -> None:
    """The host may spell the path of a library in another way."""
    tone_file(library / "a.wav")
    (tmp_path / "link").symlink_to(library)
    add_track(player, 7, tmp_path / "link" / "a.wav")
    plugin = await host(host_database=place)
    await until_idle(plugin)
    await until_ids(plugin, {"a.wav": [7]})
    assert await path_of(plugin, 7) == "a.wav"
