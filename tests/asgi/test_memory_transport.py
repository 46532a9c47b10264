"""The in-memory transport."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from auralis_fp.asgi.memory_transport import HIGH_WATER, MemoryConnector
from patience import LIMIT_SEC

URL = "http://server"


class Writer:
    """Bytes written by the server, and whether it noticed the disconnect."""

    def __init__(self) -> None:
        self.written = 0
        self.ended = asyncio.Event()


@pytest.fixture
def writer() -> Writer:
    """Return the writer of the application."""
    return Writer()


@pytest.fixture
async def app(tmp_path: Path, writer: Writer) -> web.Application:
    """Return an application with large responses, large requests and a file."""
    (tmp_path / "file.bin").write_bytes(bytes(range(256)) * 4096)
    application = web.Application(client_max_size=64 << 20)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(65536))
                writer.written += 65536
        finally:
            writer.ended.set()

    async def length(request: web.Request) -> web.Response:
        return web.json_response(len(await request.read()))

    application.router.add_get("/endless", endless)
    application.router.add_post("/length", length)

    async def file(_: web.Request) -> web.FileResponse:
        return web.FileResponse(tmp_path / "file.bin")

    application.router.add_get("/file", file)
    return application


@pytest.fixture
async def session(app: web.Application) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a client that is connected to it in memory."""
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    async with aiohttp.ClientSession(connector=MemoryConnector(runner.server)) as client:
        yield client
    await runner.cleanup()


async def test_backpressure(writer: Writer, session: aiohttp.ClientSession) -> None:
    """Backpressure: buffering is bounded, and a disconnect ends the writer."""
    async with session.get(f"{URL}/endless") as response:
        assert len(await response.content.readexactly(65536)) == 65536
        before = -1
        while writer.written != before:  # until the writer is paused
            before = writer.written
            for _ in range(100):
                await asyncio.sleep(0)
        assert before < 4 * HIGH_WATER
        await response.content.readexactly(4 * HIGH_WATER)
        assert writer.written > before
    async with asyncio.timeout(LIMIT_SEC):
        await writer.ended.wait()


async def test_large_bodies(session: aiohttp.ClientSession) -> None:
    """Bodies much larger than the buffer are transferred completely."""
    async with session.post(f"{URL}/length", data=io.BytesIO(bytes(20 << 20))) as response:
        assert await response.json() == 20 << 20
    async with session.get(f"{URL}/file") as response:  # uses sendfile where possible
        assert await response.read() == bytes(range(256)) * 4096


async def test_no_file_descriptors(session: aiohttp.ClientSession) -> None:
    """500 connections with a response in progress use no file descriptors."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("descriptors are counted in /proc")
    before = len(list(descriptors.iterdir()))
    responses = [await session.get(f"{URL}/endless") for _ in range(500)]
    assert len(list(descriptors.iterdir())) <= before + 2
    for response in responses:
        response.close()
