"""Connection timeouts of the server."""

import asyncio

import pytest
from aiohttp import web

from auralis_fp.cli import server
from patience import LIMIT_SEC


async def test_idle_connections_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle connections and incomplete request heads time out."""
    monkeypatch.setattr(server, "IDLE_LIMIT_SEC", 0.3)

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = server.make_runner(app)
    await runner.setup()
    try:
        (bound, *others) = server.bind(0)
        for other in others:
            other.close()
        await web.SockSite(runner, bound).start()
        whole = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for sent, answers in ((b"", 0), (whole[:20], 0), (whole + whole[:-2], 1)):
            reader, writer = await asyncio.open_connection(*bound.getsockname())
            writer.write(sent)
            async with asyncio.timeout(LIMIT_SEC):
                assert (await reader.read()).count(b"hello") == answers
            writer.close()
            await writer.wait_closed()
    finally:
        await runner.cleanup()
