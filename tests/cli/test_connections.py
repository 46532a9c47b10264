"""Limits on connections, and Unix sockets."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from auralis_fp.cli.connections import ConnectionLimits, most_connections
from auralis_fp.cli.server import ServeError, bind_unix
from commands import environment
from listening import until
from strangers import as_stranger, request_of

Serve = Callable[[ConnectionLimits], Awaitable[int]]


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer with a stream that never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"more")
        await asyncio.sleep(0.01)


@pytest.fixture
def held() -> list[web.Request]:
    """Return the requests that have come in and are not answered."""
    return []


@pytest.fixture
async def serve(held: list[web.Request]) -> AsyncIterator[Serve]:
    """Return a function that serves a page that answers at once, and one that does not, and returns the port."""
    over = asyncio.Event()
    closing_later: list[Callable[[], Awaitable[None]]] = []

    async def at_once(_: web.Request) -> web.Response:
        return web.Response(text="here")

    async def never(request: web.Request) -> web.Response:
        held.append(request)
        await over.wait()
        return web.Response()

    async def start(limits: ConnectionLimits) -> int:
        app = web.Application(middlewares=[limits.count])
        app.router.add_get("/", at_once)
        app.router.add_get("/never", never)
        app.router.add_get("/events", endless)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        assert runner.server is not None
        server = await asyncio.get_running_loop().create_server(limits.factory(runner.server), "127.0.0.1", 0)

        async def close() -> None:
            server.close()
            await runner.cleanup()

        closing_later.append(close)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    over.set()
    for close in closing_later:
        await close()


async def test_half_open_connections_keep_nobody_out(serve: Serve) -> None:
    """A thousand that send nothing, or half a head: a request is answered at once, and few stay open."""
    port = await serve(ConnectionLimits(20))
    held = []
    for number in range(1000):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if number % 2:
            writer.write(b"GET / HTTP/1.1\r\nHost: lo")
        held.append((reader, writer))
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
        assert await response.text() == "here"
    closed = 0
    for reader, writer in held:
        try:
            async with asyncio.timeout(0.001):
                closed += await reader.read(1) == b""
        except TimeoutError:
            pass
        except ConnectionError:
            closed += 1
        writer.close()
    assert closed >= 950


async def test_requests_in_progress_are_not_replaced(serve: Serve, held: list[web.Request]) -> None:
    """With all connections busy, a new one is closed."""
    port = await serve(ConnectionLimits(3))
    async with aiohttp.ClientSession() as session:
        busy = [asyncio.create_task(session.get(f"http://127.0.0.1:{port}/never")) for _ in range(3)]
        await until(lambda: len(held) == 3)
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{port}/")
        assert not any(task.done() for task in busy)
        for task in busy:
            task.cancel()


async def test_event_streams_keep_nobody_out(serve: Serve) -> None:
    """With nothing but event streams open, a request replaces the oldest one."""
    port = await serve(ConnectionLimits(3, endless=(endless,)))
    async with aiohttp.ClientSession() as session:
        streams = [await session.get(f"http://127.0.0.1:{port}/events") for _ in range(3)]
        async with session.get(f"http://127.0.0.1:{port}/") as response:
            assert await response.text() == "here"
        with pytest.raises(aiohttp.ClientError):
            await streams[0].read()
        for stream in streams[1:]:
            assert not stream.content.at_eof()
            stream.close()


async def test_one_client_has_its_own_limit(serve: Serve) -> None:
    """Below that of all; idle connections of its own make room."""
    port = await serve(ConnectionLimits(100, most_by_client=2))
    for _ in range(5):
        connector = aiohttp.TCPConnector(force_close=False)
        session = aiohttp.ClientSession(connector=connector)
        async with session.get(f"http://127.0.0.1:{port}/") as response:
            assert response.status == 200
        await session.close()


def test_few_descriptors_mean_few_connections() -> None:
    """As under ``ulimit -n 64``."""
    script = "from auralis_fp.cli.connections import most_connections; print(most_connections())"
    command = f"ulimit -n 64; exec {sys.executable} -c '{script}'"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env=environment())
    assert int(done.stdout) == 16
    assert most_connections() >= 16


async def test_a_unix_socket_tells_who_connects(tmp_path: Path) -> None:
    """`serve --socket` answers the own user, and no other without the token."""
    place = tmp_path / "afp.sock"
    tmp_path.chmod(0o755)
    (tmp_path / "music").mkdir()
    program = [sys.executable, "-m", "auralis_fp", "serve", "--socket", str(place)]
    program += ["--library", str(tmp_path / "music"), "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment(), cwd=tmp_path) as process:
        try:
            assert process.stdout is not None
            assert f"unix:{place}" in await asyncio.to_thread(process.stdout.readline)
            connector = aiohttp.UnixConnector(str(place))
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get("http://localhost/health") as response,
            ):
                assert response.status == 200
            if os.geteuid() == 0:
                for folder in tmp_path.parents:
                    if not folder.stat().st_mode & stat.S_IXOTH:
                        break
                else:
                    request = request_of("GET", "/fingerprint/files")
                    assert await asyncio.to_thread(as_stranger, str(place), [request]) == [401]
        finally:
            process.terminate()
            process.wait(30)
    assert not place.exists()


def test_a_socket_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    """But not one on which a program listens, and no other file."""
    place = tmp_path / "afp.sock"
    bind_unix(place).close()
    with closing(bind_unix(place)), pytest.raises(ServeError, match="another program"):
        bind_unix(place)
    (tmp_path / "file").touch()
    with pytest.raises(ServeError):
        bind_unix(tmp_path / "file")
    assert (tmp_path / "file").exists()
