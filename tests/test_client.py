"""The client for host code."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer, unused_port

from auralis_fp import schema, service
from auralis_fp.cli.serve import create_server
from auralis_fp.client import FingerprintClient, Found, NoFingerprintError, NoSimilarTracksError
from auralis_fp.runtime.token_file import kept_token
from auralis_fp.settings import Settings
from commands import environment
from hosting import PREFIX, eventually, tone_file
from patience import LIMIT_SEC


@pytest.fixture
async def server(settings: Settings, tmp_path: Path) -> AsyncIterator[TestServer]:
    """Return a running standalone server that writes no sidecars."""
    running = TestServer(create_server(replace(settings, data_dir=tmp_path / "server", sidecars="off")))
    async with running:
        yield running


def address(server: BaseTestServer) -> str:
    """Return the address of a server."""
    return f"http://127.0.0.1:{server.port}{PREFIX}"


@pytest.mark.slow
async def test_sidecar_then_service_then_analysis(server: TestServer, settings: Settings, library: Path) -> None:
    """Sources are used in order; results reach sidecar and callback, and all sources return equal numbers."""
    song, told = tone_file(library / "a.wav"), list[Found]()
    async with FingerprintClient(address(server), settings=settings, on_result=told.append) as client:
        first = await client.fingerprint_async(song, 7)
        assert service(server.app).counters.analysis == 1
        assert (await service(server.app).track(7))[0].id == 1  # the service stored the id
        second = await client.fingerprint_async(song, 7)
    alone = FingerprintClient(None, settings=settings, on_result=told.append)
    song.with_name("a.wav.25d").unlink()
    async with alone:
        third = await alone.fingerprint_async(song, 7)
    assert [found.source for found in told] == ["service", "sidecar", "analysis"]
    assert told == [first, second, third]
    assert tuple(first.fingerprint) == schema.NAMES
    assert first.fingerprint == second.fingerprint == third.fingerprint
    assert first.path == str(song)
    assert song.with_name("a.wav.25d").is_file()


@pytest.mark.slow
async def test_service_starts_and_stops(
    settings: Settings, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An absent service is not used; one that starts is used; one that stops is abandoned at once."""
    monkeypatch.setattr("auralis_fp.client.service.ABSENT_FOR_SEC", 0.0)
    port = unused_port()
    quiet = replace(settings, sidecars="off")
    song = tone_file(library / "a.wav")
    async with FingerprintClient(f"http://127.0.0.1:{port}{PREFIX}", settings=quiet) as client:
        assert (await client.fingerprint_async(song, 1)).source == "analysis"
        async with TestServer(create_server(replace(quiet, data_dir=tmp_path / "server")), port=port):
            assert (await client.fingerprint_async(song, 1)).source == "service"
        assert (await client.fingerprint_async(song, 1)).source == "analysis"


async def test_other_versions_are_not_used(settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers with another algorithm or version are not used, and invalid answers are rejected."""
    monkeypatch.setattr("auralis_fp.client.service.ABSENT_FOR_SEC", 0.0)
    known = {"algorithm": schema.ALGORITHM, "algorithm_version": schema.ALGORITHM_VERSION}
    asked: list[str] = []
    says: list[Any] = [None]

    async def dimensions(_: web.Request) -> web.Response:
        if says[0] is None:
            raise web.HTTPNotFound
        return web.json_response(says[0])

    async def fingerprint(_: web.Request) -> web.Response:
        asked.append(str(says[0]))
        return web.json_response({"fingerprint": dict.fromkeys(schema.NAMES, 0.5), "processing_time_ms": "x"})

    app = web.Application()
    app.router.add_get(f"{PREFIX}/dimensions", dimensions)
    app.router.add_post(PREFIX, fingerprint)
    song, quiet = tone_file(library / "a.wav"), replace(settings, sidecars="off")
    async with TestServer(app) as other, FingerprintClient(address(other), settings=quiet) as client:
        for says[0] in (None, known | {"algorithm_version": schema.ALGORITHM_VERSION + 1}, [1], known):
            assert (await client.fingerprint_async(song, 1)).source == "analysis"
    assert asked == [str(known)]


async def test_file_outside_the_service(server: TestServer, settings: Settings, tmp_path: Path) -> None:
    """A file that the service must not read is analysed locally."""
    song = tone_file(tmp_path / "elsewhere.wav")
    async with FingerprintClient(address(server), settings=settings) as client:
        assert (await client.fingerprint_async(song, 1)).source == "analysis"


@pytest.mark.parametrize("with_service", [True, False], ids=["service", "alone"])
async def test_failed_file(with_service: bool, server: TestServer, settings: Settings, library: Path) -> None:
    """A failure has the same stage, code and message from both sources, and is not analysed twice."""
    (library / "text.wav").write_text("no music", encoding="ascii")
    (library / "folder.wav").mkdir()
    async with FingerprintClient(address(server) if with_service else None, settings=settings) as client:
        for name, stage, code in (
            ("text.wav", "decode", "unsupported"),
            ("folder.wav", "scan", "not_regular"),
            ("none.wav", "scan", "missing"),
            ("nul\0.wav", "scan", "unreadable"),
        ):
            with pytest.raises(NoFingerprintError) as caught:
                await client.fingerprint_async(library / name, 1)
            assert (caught.value.stage, caught.value.code) == (stage, code), name
            assert str(library) not in str(caught.value)


def test_threads(settings: Settings, library: Path) -> None:
    """Threads without an event loop share one analysis of the same file."""
    songs = [tone_file(library / f"{number}.wav", hz=200.0 * (number + 1)) for number in range(3)]
    with FingerprintClient(None, settings=replace(settings, sidecars="off")) as client, ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda song: client.fingerprint(song, 1), songs * 4))
        for number in range(3):
            assert len({json.dumps(each.fingerprint) for each in found[number::3]}) == 1
        assert len([t for t in threading.enumerate() if t.name == "auralis-fp-client"]) == 1
    assert not [t for t in threading.enumerate() if t.name == "auralis-fp-client"]
    with pytest.raises(RuntimeError, match="closed"):
        client.fingerprint(songs[0], 1)
    client.close()


def test_exceptions_of_the_callback(settings: Settings, library: Path) -> None:
    """An exception of the callback reaches the caller, and the sidecar is written."""

    def fail(_: Found) -> None:
        raise LookupError("the host's database is full")

    song = tone_file(library / "a.wav")
    with FingerprintClient(None, settings=settings, on_result=fail) as client, pytest.raises(LookupError, match="full"):
        client.fingerprint(song, 1)
    assert song.with_name("a.wav.25d").is_file()


async def test_a_read_only_folder_and_an_odd_name(settings: Settings, library: Path) -> None:
    """A sidecar that cannot be written does not fail the call."""
    song = tone_file(library / "a.wav").rename(os.fsdecode(os.fsencode(library) + b"/caf\xe9.wav"))
    async with FingerprintClient(None, settings=replace(settings, data_dir=library / "caf" / "none")) as client:
        (library / "caf").write_text("no folder", encoding="ascii")
        Path(f"{song}.25d").mkdir()
        assert (await client.fingerprint_async(os.fsencode(song), 1)).source == "analysis"


async def test_idle_workers_are_stopped(settings: Settings, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle workers are stopped, and started again for new work."""
    monkeypatch.setattr("auralis_fp.client.analysis.IDLE_SEC", 0.0)
    async with FingerprintClient(None, settings=replace(settings, sidecars="off")) as client:
        for name in ("a", "b"):
            assert (await client.fingerprint_async(tone_file(library / f"{name}.wav"), 1)).source == "analysis"
            await eventually(lambda: client._analysis._pool is None)


FORGETFUL = """
import sys
with open(sys.argv[1], "a") as count:
    count.write("x")
from auralis_fp.client import FingerprintClient
client = FingerprintClient(None, workers=1, sidecars="off")
print(client.fingerprint(sys.argv[2], 1).source)
print(sorted({"numpy", "scipy", "av", "soundfile"} & set(sys.modules)))
"""


def test_host_that_does_not_close(library: Path, tmp_path: Path) -> None:
    """A script that forgets to close the client ends at once, without numeric imports."""
    script = tmp_path / "host.py"
    script.write_text(FORGETFUL, encoding="ascii")
    command: list[str | Path] = [sys.executable, script, tmp_path / "count", tone_file(library / "a.wav")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SEC, env=environment(), check=False)
    assert (done.returncode, done.stdout.split("\n")[:2]) == (0, ["analysis", "[]"]), done.stderr
    assert (tmp_path / "count").read_text(encoding="ascii") == "x"


async def test_similar_tracks(server: TestServer, settings: Settings, library: Path) -> None:
    """The service is asked for them; without one, and for an unknown file, there is a sentence."""
    songs = [tone_file(library / f"{i}.wav", hz=220.0 * (i + 1)) for i in range(4)]
    async with FingerprintClient(address(server), settings=settings) as client:
        for i, song in enumerate(songs):
            await client.fingerprint_async(song, i)
        found = await client.similar_async(songs[0], 2)
        assert [set(one.track_ids) < {1, 2, 3} for one in found] == [True, True]
        assert all(one.path in map(str, songs[1:]) and 0 <= one.similarity <= 1 for one in found)
        with pytest.raises(NoSimilarTracksError, match="not known") as caught:
            await client.similar_async(tone_file(library / "new.wav"))
        assert caught.value.code == "not_analysed"
    async with FingerprintClient(None, settings=settings) as alone:
        with pytest.raises(NoSimilarTracksError, match="running service"):
            await asyncio.to_thread(alone.similar, songs[0])


def test_the_automatic_token_is_found(tmp_path: Path) -> None:
    """A client of the same user reads it from the data folder, but sends it to this machine only."""
    data = tmp_path / "data"
    token = kept_token(data)
    for address, found in (
        ("http://localhost:1/x", token),
        ("http://[::1]:1/x", token),
        ("http://music.example/x", None),
    ):
        with FingerprintClient(address, data_dir=data) as client:
            assert client._find_token() == found
    with FingerprintClient(token="one of my own", data_dir=data) as client:  # noqa: S106 - not a real one
        assert client._find_token() == "one of my own"
