"""The service with access to the host's library."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from hosting import Host, Plugin, tone_file


def player_library(path: Path, tracks: list[tuple[int, str, Path]]) -> Path:
    """Write a library database with the columns of the player's that matter here."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE tracks (id INTEGER PRIMARY KEY, title TEXT, filepath TEXT)")
        database.executemany("INSERT INTO tracks VALUES (?, ?, ?)", [(n, title, str(at)) for n, title, at in tracks])
        database.commit()
    return path


async def until_idle(plugin: Plugin) -> dict[str, Any]:
    """Wait until all files are done."""
    return await plugin.until(lambda status: status["state"] == "idle" and status["counts"]["done"] > 0)


async def test_tracks_that_were_never_posted(host: Host, library: Path, tmp_path: Path) -> None:
    """They are found by the host's id, with its title; tracks outside the libraries stay unknown."""
    song, outside = tone_file(library / "a.wav"), tone_file(tmp_path / "outside.wav")
    database = player_library(
        tmp_path / "library.db", [(7, "Title", song), (8, "Outside", outside), (9, "Gone", library / "gone.wav")]
    )
    plugin = await host(host_database=database)
    await until_idle(plugin)
    known = await plugin.get("/tracks/7")
    assert (known["track_id"], len(known["fingerprint"])) == (7, len(schema.NAMES))
    (item,) = (await plugin.get("/files"))["items"]
    assert (item["title"], item["track_ids"]) == ("Title", [])
    assert (await plugin.get(f"/files/{item['id']}"))["title"] == "Title"
    for number in (8, 9, 10):
        assert (await plugin.get(f"/tracks/{number}", status=404))["code"] == "track_not_found"


async def test_a_library_that_cannot_be_read_costs_only_its_titles(host: Host, library: Path, tmp_path: Path) -> None:
    """The fault is shown, and cleared once the library can be read."""
    song = tone_file(library / "a.wav")
    plugin = await host(host_database=tmp_path / "library.db")
    await until_idle(plugin)
    await plugin.get("/tracks/7", status=404)
    assert (await plugin.get("/files"))["items"][0]["title"] is None
    health = await plugin.get("/health")
    assert health["status"] == "degraded"
    assert any("Host library" in reason for reason in health["reasons"])
    player_library(tmp_path / "library.db", [(7, "Title", song)])
    await plugin.get("/tracks/7")
    assert (await plugin.get("/health"))["status"] == "healthy"


async def test_a_locked_library_is_503(
    host: Host, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a time to retry, not 404."""
    monkeypatch.setattr("auralis_fp.store.host_library.PATIENCE_SEC", 0.01)
    song = tone_file(library / "a.wav")
    plugin = await host(host_database=player_library(tmp_path / "library.db", [(7, "Title", song)]))
    await until_idle(plugin)
    with closing(sqlite3.connect(tmp_path / "library.db")) as player:
        player.execute("BEGIN EXCLUSIVE")
        assert (await plugin.get("/tracks/7", status=503))["code"] == "host_library_busy"
        assert (await plugin.get("/files"))["items"][0]["title"] is None
    await plugin.get("/tracks/7")
