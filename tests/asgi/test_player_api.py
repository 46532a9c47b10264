"""The calls of the player's web interface, in front of a model of its backend."""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

import auralis_fp.asgi
from auralis_fp import schema
from auralis_fp.engine import host as engine_host
from auralis_fp.settings import Settings
from auralis_fp.units import to_host, to_wire
from host_model import UI, add_track, player_backend, player_library, reset
from hosting import Client, UvicornServer, tone_file
from patience import LIMIT_SEC

SONGS = {"a": 200, "b": 350, "c": 500, "d": 700, "e": 1000, "f": 1400}
MOST_TO_STOP_SEC = 60.0


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for changes of the host's library often."""
    monkeypatch.setattr(engine_host, "CHECK_SEC", 0.05)


@pytest.fixture
def player(tmp_path: Path, library: Path) -> Iterator[sqlite3.Connection]:
    """Return the player's connection to a library of six songs on two albums."""
    with closing(player_library(tmp_path / "player")) as database:
        for number, (name, hz) in enumerate(SONGS.items()):
            song = tone_file(library / f"{name}.wav", 1.0 + number / 4, hz=hz)
            add_track(database, None, song, title=name, artists=("Ann", "Bob"), album="One" if number < 4 else "Two")
        yield database


@dataclass(frozen=True, slots=True)
class Running:
    """A running backend with the plugin."""

    client: Client
    plugin: auralis_fp.asgi.Plugin

    async def get(self, path: str, *, status: int = 200, **headers: str) -> Any:
        """Return the JSON of a response of the player's API."""
        async with self.client.get(f"/api/{path}", headers=headers) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def until_idle(self, done: int) -> None:
        """Wait until files are done."""
        give_up = time.monotonic() + LIMIT_SEC
        while (status := await self.plugin.service.status())["counts"]["done"] != done:
            assert time.monotonic() < give_up, status
            await asyncio.sleep(0.02)

    async def until_ids(self, number: int) -> None:
        """Wait until this number of the host's tracks has a fingerprint."""
        give_up = time.monotonic() + LIMIT_SEC
        while (await self.get("library/fingerprints/status"))["fingerprinted_tracks"] != number:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Run the backend with the plugin and its API."""
    app = player_backend()
    plugin = auralis_fp.asgi.setup(app, settings, player_api=True)
    client: Client = TestClient(UvicornServer(app))
    async with client:
        yield Running(client, plugin)


@pytest.fixture
def settings(library: Path, tmp_path: Path) -> Settings:
    """Return settings that follow the player's library."""
    return Settings(
        libraries=(library,),
        data_dir=tmp_path / "data",
        workers=1,
        watching="off",
        host_database=(tmp_path / "player" / "library.db",),
    )


@pytest.mark.usefixtures("player")
async def test_fingerprints_of_tracks_and_albums(settings: Settings) -> None:
    """They have the names and units of the interface: bands as fractions, frequencies in Hz, medians of albums."""
    async with running(settings) as host:
        await host.until_idle(6)
        answers = [await host.get(f"tracks/{number}/fingerprint") for number in range(1, 7)]
        first = answers[0]
        assert (first["track_id"], first["track_title"], first["artist"]) == (1, "a", "Ann, Bob")
        assert first["album"] == "One"
        record, known = await host.plugin.service.track(1)
        assert known is not None
        assert first["fingerprint"] == to_wire(known.analysed.fingerprint)
        assert len(first["fingerprint"]) == len(schema.NAMES)
        assert 0 <= first["fingerprint"]["bass"] <= 1
        assert first["fingerprint"]["spectral_centroid"] == pytest.approx(200, rel=0.1)
        album = await host.get("albums/1/fingerprint")
        assert (album["album_title"], album["track_count"], album["fingerprinted_track_count"]) == ("One", 4, 4)
        centroids = [one["fingerprint"]["spectral_centroid"] for one in answers[:4]]
        assert album["fingerprint"]["spectral_centroid"] == statistics.median(centroids)
        assert record.path.endswith(b"a.wav")


@pytest.mark.usefixtures("player")
async def test_similar_tracks(settings: Settings) -> None:
    """They are an array with the host's ids and names, in the order of the service."""
    async with running(settings) as host:
        await host.until_idle(6)
        await host.until_ids(6)
        found = await host.get("similarity/tracks/1/similar?limit=3&use_graph=true&include_details=true")
        assert [one["rank"] for one in found] == [1, 2, 3]
        assert all(0 <= one["similarity_score"] <= 1 and one["distance"] >= 0 for one in found)
        assert all(one["title"] == list(SONGS)[one["track_id"] - 1] for one in found)
        assert {(one["artist"], one["album"]) for one in found} <= {("Ann", "One"), ("Ann", "Two")}
        bare = await host.get("similarity/tracks/1/similar?include_details=false")
        assert [one["track_id"] for one in bare][:3] == [one["track_id"] for one in found]
        assert {one["title"] for one in bare} == {None}
        assert len(bare) == 5


@pytest.mark.usefixtures("player")
async def test_how_alike_two_tracks_are(settings: Settings) -> None:
    """The distance is that of the similar tracks; an explanation lists every dimension, greatest difference first."""
    async with running(settings) as host:
        await host.until_idle(6)
        await host.until_ids(6)
        nearest = (await host.get("similarity/tracks/1/similar?limit=1"))[0]
        pair = {name: nearest[name] for name in ("distance", "similarity_score")}
        second = nearest["track_id"]
        ids = {"track_id1": 1, "track_id2": second}
        assert await host.get(f"similarity/tracks/1/compare/{second}") == ids | pair
        found = await host.get(f"similarity/tracks/1/explain/{second}?top_n=3")
        assert ids | pair == {name: found[name] for name in ids | pair}
        entries = found["all_contributions"]
        assert found["top_differences"] == entries[:3]
        assert sorted(one["dimension"] for one in entries) == sorted(schema.NAMES)
        contributions = [one["contribution"] for one in entries]
        assert contributions == sorted(contributions, reverse=True)
        _, known = await host.plugin.service.track(1)
        assert known is not None
        first = to_host(known.analysed.fingerprint)
        for one in entries:
            if one["value1"] is None or one["value2"] is None:
                assert one["difference"] is None
                assert not one["contribution"]
            else:
                assert one["value1"] == first[one["dimension"]]
                assert one["difference"] == one["value1"] - one["value2"]
        assert next(one for one in entries if one["dimension"] == "tempo_bpm")["value1"] is None  # a tone has none
        same = await host.get("similarity/tracks/2/compare/2")
        assert (same["distance"], same["similarity_score"]) == (0, 1)
        assert await host.get("similarity/tracks/1/compare/99") == {"host": 1, "second": 99}
        assert await host.get("similarity/tracks/1/explain/2?top_n=26") == {"host": 1, "second": 2}


async def test_coverage_and_the_rest(settings: Settings, player: sqlite3.Connection, tmp_path: Path) -> None:
    """Coverage counts the host's tracks; a request for the rest retries and scans."""
    async with running(settings) as host:
        await host.until_idle(6)
        await host.until_ids(6)
        assert await host.get("library/fingerprints/status") == {
            "total_tracks": 6,
            "fingerprinted_tracks": 6,
            "pending_tracks": 0,
            "progress_percent": 100.0,
            "status": "All tracks have a fingerprint",
            "estimated_remaining_seconds": 0,
        }
        song = tone_file(settings.libraries[0] / "new.wav", 2.0, hz=2000)
        add_track(player, None, song)
        add_track(player, None, tmp_path / "gone.wav")
        give_up = time.monotonic() + LIMIT_SEC
        while (status := await host.get("library/fingerprints/status"))["total_tracks"] != 8:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)
        assert (status["pending_tracks"], status["progress_percent"]) == (2, 75.0)
        assert status["estimated_remaining_seconds"] > 0
        async with host.client.post("/api/similarity/fingerprint-queue/enqueue-all?limit=5") as response:
            body = await response.json()
        assert (response.status, body["enqueued"], body["already_fingerprinted"]) == (200, 2, 6)
        await host.until_ids(7)
        assert (await host.get("tracks/7/fingerprint"))["track_title"] == "new"


async def test_the_host_answers_the_rest(settings: Settings, player: sqlite3.Connection, tmp_path: Path) -> None:
    """Unknown tracks, failed files, invalid queries and other paths get to the host, with their bodies."""
    broken = settings.libraries[0] / "broken.wav"
    broken.write_bytes(b"RIFF no sound")
    add_track(player, 9, broken, album="Broken")
    add_track(player, 10, tmp_path / "elsewhere.wav", album="Elsewhere")
    async with running(settings) as host:
        await host.until_idle(6)
        for path in ("tracks/9/fingerprint", "tracks/10/fingerprint", "tracks/11/fingerprint", "albums/99/fingerprint"):
            assert await host.get(path) == {"host": int(path.split("/")[1])}
        assert await host.get("albums/3/fingerprint") == {"host": 3}
        assert (await host.get("similarity/tracks/1/similar?limit=0", status=422))["detail"]
        assert await host.get("similarity/tracks/11/similar?limit=7") == {"host": 11, "limit": 7}
        assert (await host.get("tracks/1", status=404))["path"] == "tracks/1"
        path = "/api/similarity/fingerprint-queue/enqueue-all?limit=many"
        async with host.client.post(path, data="body") as response:
            assert await response.json() == {"host": "body"}


@pytest.mark.usefixtures("player")
async def test_a_queued_track_is_reported_in_the_shape_of_the_host(settings: Settings) -> None:
    """While a track waits here, the host is not asked to analyse it a second time; the interface asks again."""
    async with running(settings) as host:
        await host.until_idle(6)
        await host.until_ids(6)
        await host.plugin.service.pause()
        song = settings.libraries[0] / "a.wav"
        tone_file(song, 3.0, hz=3000)
        host.plugin.service.scan()
        give_up = time.monotonic() + LIMIT_SEC
        while (await host.plugin.service.track(1))[1] is not None:
            assert time.monotonic() < give_up
            await asyncio.sleep(0.02)
        for path in ("tracks/1/fingerprint", "similarity/tracks/1/similar", "similarity/tracks/2/compare/1"):
            assert "Queued for background processing." in (await host.get(path, status=404))["detail"]
        assert (await host.get("albums/1/fingerprint"))["fingerprinted_track_count"] == 3


@pytest.mark.usefixtures("player")
async def test_the_rules_of_the_host_apply(settings: Settings) -> None:
    """Its headers, its check of origins and hosts, and its rate limit."""
    async with running(settings) as host:
        await host.until_idle(6)
        async with host.client.get("/api/tracks/1/fingerprint", headers={"Origin": UI}) as response:
            assert (await response.json())["track_id"] == 1
            assert response.headers["X-Frame-Options"] == "DENY"
            assert response.headers["Access-Control-Allow-Origin"] == UI
        path = "/api/similarity/fingerprint-queue/enqueue-all"
        async with host.client.post(path, headers={"Origin": "http://evil.example"}) as response:
            assert (response.status, await response.json()) == (403, {"detail": "Untrusted origin"})
        async with host.client.get("/api/tracks/1/fingerprint", headers={"Host": "evil.example"}) as response:
            assert response.status == 400
        statuses = []
        for _ in range(25):
            async with host.client.get("/api/similarity/tracks/1/similar") as response:
                statuses.append(response.status)
        assert (statuses[0], statuses[-1]) == (200, 429)


async def test_after_a_restart_and_a_reset(settings: Settings, player: sqlite3.Connection) -> None:
    """The values of an id are those of the host's file, before and after, without another analysis."""
    folder = settings.libraries[0]
    async with running(settings) as host:
        await host.until_idle(6)
        before = {name: await host.get(f"tracks/{number}/fingerprint") for number, name in enumerate(SONGS, 1)}
    async with running(settings) as host:
        for number, name in enumerate(SONGS, 1):
            assert await host.get(f"tracks/{number}/fingerprint") == before[name]
        reset(player)
        for name in reversed(SONGS):
            add_track(player, None, folder / f"{name}.wav", title=name)
        for number, name in enumerate(reversed(SONGS), 1):
            answer = await host.get(f"tracks/{number}/fingerprint")
            assert (answer["track_id"], answer["track_title"]) == (number, name)
            assert answer["fingerprint"] == before[name]["fingerprint"]
        assert host.plugin.service.analyses == (0, 0)


@pytest.mark.usefixtures("player")
async def test_it_is_off_unless_asked_for(settings: Settings) -> None:
    """Without it, and without a library of the host, the host answers everything."""
    app = player_backend()
    auralis_fp.asgi.setup(app, settings)
    client: Client = TestClient(UvicornServer(app))
    async with client, client.get("/api/library/fingerprints/status") as response:
        assert await response.json() == {"host": "status"}


async def test_without_a_library_the_host_answers(settings: Settings) -> None:
    """The host's database may be missing, or not be configured."""
    async with running(settings) as host:
        assert await host.get("library/fingerprints/status") == {"host": "status"}
        assert await host.get("tracks/1/fingerprint") == {"host": 1}


@pytest.mark.usefixtures("player")
async def test_a_host_that_shuts_down_the_executor(settings: Settings) -> None:
    """The plugin stops in good order after a host that shut down the event loop's executor."""
    async with running(settings) as host:
        await host.until_idle(6)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < MOST_TO_STOP_SEC
    async with running(settings) as host:  # the data folder is free
        await host.until_idle(6)
        assert host.plugin.service.analyses == (0, 0)
