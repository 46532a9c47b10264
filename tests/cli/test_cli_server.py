"""The server of `serve` and the launcher: connections that are of no use are closed."""

import asyncio

import pytest
from aiohttp import web

from auralis_fp.cli import server


async def test_who_never_finishes_asking_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is silent, or stops in the midst of a head, also of its second, does not stay for ever."""
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
            async with asyncio.timeout(20):
                assert (await reader.read()).count(b"hello") == answers
            writer.close()
            await writer.wait_closed()
    finally:
        await runner.cleanup()
