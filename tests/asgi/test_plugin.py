"""The plugin in ASGI applications under uvicorn."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient
from fastapi import FastAPI
from pytest_aiohttp.plugin import AiohttpClient
from quart import Quart
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount
from yarl import URL

import auralis_fp.asgi.plugin
from auralis_fp import schema
from auralis_fp.errors import RequestError
from auralis_fp.settings import Settings
from commands import environment
from hosting import PREFIX, UvicornServer, fastapi_host, tone_file
from patience import LIMIT_SEC

Client = TestClient[Any, Any]


async def status_of(client: Client, path: str, method: str = "GET", **options: Any) -> int:
    """Return the HTTP status of a path."""
    async with client.request(method, path, **options) as response:
        return response.status


async def answered(client: Client, library: Path, prefix: str = PREFIX) -> None:
    """Assert that the plugin returns a fingerprint at the bare prefix."""
    song = tone_file(library / "asked.wav")
    async with client.post(prefix, json={"track_id": 7, "filepath": str(song)}) as response:
        assert response.status == 200, await response.text()
        body = await response.json()
    assert (body["track_id"], len(body["fingerprint"])) == (7, len(schema.NAMES))


async def test_fastapi_with_lifespan_and_catch_all_routes(
    settings: Settings, library: Path, aiohttp_client: AiohttpClient
) -> None:
    """The plugin precedes the catch-all routes of the host, and both lifespans run."""
    host = fastapi_host()
    plugin = auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    assert host.state.auralis_fp is plugin
    server = UvicornServer(host)
    client: Client = await aiohttp_client(server)
    await answered(client, library)
    async with client.get("/fingerprints") as response:  # the same prefix, but another path
        assert await response.json() == {"host": "fingerprints"}
    async with client.get(f"{PREFIX}/nowhere") as response:
        assert (response.status, (await response.json())["code"]) == (404, "not_found")
    assert host.state.life == ["begun"]
    assert (await plugin.service.status())["counts"]["done"] == 1
    await server.close()
    assert host.state.life == ["begun", "ended"]
    with pytest.raises(RequestError, match="not running"):
        plugin.service.state()


@pytest.mark.parametrize("kind", [Starlette, Quart, FastAPI])
async def test_other_frameworks(kind: Any, settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """FastAPI, Starlette and Quart use the same call."""
    host = kind(__name__) if kind is Quart else kind()
    plugin = auralis_fp.asgi.setup(host, settings, prefix="/deep/down/")
    if kind is Quart:
        assert host.extensions["auralis_fp"] is plugin
    client: Client = await aiohttp_client(UvicornServer(host))
    await answered(client, library, "/deep/down")
    assert await status_of(client, "/elsewhere") == 404


async def test_application_without_lifespan(settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """A plain ASGI function without lifespan support can be wrapped."""

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    client: Client = await aiohttp_client(UvicornServer(auralis_fp.asgi.Middleware(plain, settings=settings)))
    await answered(client, library)
    assert await status_of(client, "/") == 204
    with pytest.raises(TypeError, match="wrap it"):
        auralis_fp.asgi.setup(plain, settings)


async def test_manual_mount(settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """A mounted plugin is started by the host's lifespan; until then it answers 503."""
    plugin = auralis_fp.asgi.Plugin(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with plugin:
            yield

    routes = [Mount("/api/fp", app=plugin)]
    client: Client = await aiohttp_client(UvicornServer(Starlette(routes=routes, lifespan=lifespan)))
    await answered(client, library, "/api/fp/")
    async with client.get("/api/fp/") as response:
        assert response.content_type == "text/html"
    lifeless = Starlette(routes=[Mount("/fp", app=auralis_fp.asgi.Plugin(settings))])
    forgotten: Client = await aiohttp_client(UvicornServer(lifeless))
    async with forgotten.get("/fp/health") as response:
        assert (response.status, (await response.json())["code"]) == (503, "not_started")


async def test_a_failed_start_leaves_the_host_running(
    settings: Settings, tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    """After a failed start the prefix answers 503 with the reason; the host runs."""
    (tmp_path / "file").write_text("in the way", encoding="ascii")
    host = fastapi_host()
    auralis_fp.asgi.setup(host, replace(settings, data_dir=tmp_path / "file" / "data"), prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host))
    async with client.get(f"{PREFIX}/health") as response:
        body = await response.json()
        assert (response.status, body["code"]) == (503, "not_started")
        assert "could not be started" in body["error"]
    assert await status_of(client, "/anything") == 200


async def test_below_a_root_path(settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """The plugin works with a root path, behind a proxy that strips it."""
    host = fastapi_host()
    auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host, root_path="/player"))
    await answered(client, library)
    async with client.get(PREFIX, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "./fingerprint/")


async def test_escaped_paths(settings: Settings, aiohttp_client: AiohttpClient) -> None:
    """Equivalent spellings of a path reach the same route."""
    host = fastapi_host()
    auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host))
    for path in ("/%66ingerprint/health", "/fingerprint/%68ealth"):
        async with client.session.get(URL(f"http://127.0.0.1:{client.port}{path}", encoded=True)) as response:
            assert (await response.json())["status"] == "healthy"


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        (f"{PREFIX}/status", {"X-Long": "x" * 9000}, 431, "header_too_large"),
        (f"{PREFIX}/{'x' * 9000}", {}, 414, "address_too_long"),
        (f"{PREFIX}/files?q={'x' * 9000}", {}, 414, "address_too_long"),
    ],
)
async def test_heads_that_are_too_long(
    settings: Settings, aiohttp_client: AiohttpClient, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    """Heads that are too long for aiohttp are rejected with the error body."""
    host = fastapi_host()
    auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host))
    async with client.get(path, headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (status, code)


async def test_event_streams(settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """Events are streamed through the host's middleware; a disconnect ends the stream."""

    class Passing(BaseHTTPMiddleware):
        async def dispatch(self, request: Any, call_next: Any) -> Any:
            return await call_next(request)

    host = fastapi_host()
    plugin = auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    host.add_middleware(Passing)  # outermost middleware
    client: Client = await aiohttp_client(UvicornServer(host))
    bus = plugin.service._live.context.bus
    async with client.get(f"{PREFIX}/events") as response:
        assert response.content_type == "text/event-stream"
        assert (await response.content.readuntil(b"\n\n")).startswith(b"id: ")
        assert bus.listeners == 1
        bus.publish("test", {"n": 1})
        while b'{"n": 1}' not in await response.content.readuntil(b"\n\n"):
            pass
    for number in range(100):  # the second write to a closed connection fails at the latest
        bus.publish("test", {"n": number})
        if not bus.listeners:
            break
        await asyncio.sleep(0.05)
    assert not bus.listeners


async def test_chunked_bodies(settings: Settings, library: Path, aiohttp_client: AiohttpClient) -> None:
    """Chunked bodies of unknown length are accepted."""
    host = fastapi_host()
    auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host))
    song = tone_file(library / "a.wav")
    text = f'{{"track_id": 1, "filepath": "{song}"}}'.encode()

    async def parts(ending: int) -> AsyncIterator[bytes]:
        for letter in text:
            yield bytes([letter])
        for _ in range(ending):
            yield b" " * 65536

    headers = {"Content-Type": "application/json"}
    async with client.post(PREFIX, data=parts(0), headers=headers) as response:
        assert response.status == 200, await response.text()
    async with client.post(PREFIX, data=parts(100), headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (413, "too_large")
    await answered(client, library)


async def test_client_address_and_headers(settings: Settings, aiohttp_client: AiohttpClient) -> None:
    """Client address, headers and content encoding pass through unchanged."""
    host = fastapi_host()
    plugin = auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    seen: list[Any] = []

    async def look(request: Any, _: Any) -> None:
        seen.append((request.remote, request.scheme, request.headers.getall("X-Two", []), request.headers["Host"]))

    plugin.app.on_response_prepare.append(look)
    client: Client = await aiohttp_client(UvicornServer(host))
    headers = [("X-Two", "1"), ("X-Two", "é"), ("Accept-Encoding", "gzip"), ("Host", "localhost")]
    async with client.get(f"{PREFIX}/dimensions", headers=headers) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert len((await response.json())["dimensions"]) == len(schema.NAMES)
        assert len(response.headers.getall("Date")) == len(response.headers.getall("Server")) == 1
    assert seen[:1] == [("127.0.0.1", "http", ["1", "é"], "localhost")]
    async with client.get(f"{PREFIX}/health", headers={"Host": "evil.example"}) as response:
        assert (response.status, (await response.json())["code"]) == (403, "host_not_allowed")


async def test_websockets_are_rejected(settings: Settings, aiohttp_client: AiohttpClient) -> None:
    """WebSockets are rejected below the prefix."""
    host = fastapi_host()
    auralis_fp.asgi.setup(host, settings, prefix=PREFIX)
    client: Client = await aiohttp_client(UvicornServer(host, ws="wsproto"))
    async with client.get(
        f"{PREFIX}/events",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    ) as response:
        assert response.status == 403


STOPPED = """
import sys, uvicorn
from fastapi import FastAPI
import auralis_fp.asgi.plugin

with open(sys.argv[3], "a") as count:
    count.write("x")
app = FastAPI()
auralis_fp.asgi.setup(app, libraries=[sys.argv[1]], data_dir=sys.argv[2], workers=1, watching="off")
uvicorn.run(app, port=0, log_level="info")
"""


async def test_ctrl_c_stops_uvicorn_with_open_streams(library: Path, tmp_path: Path) -> None:
    """A signal closes open event streams, so that uvicorn can stop; workers do not import the host's module."""
    script = tmp_path / "host.py"
    script.write_text(STOPPED, encoding="ascii")
    command: list[str | Path] = [sys.executable, script, library, tmp_path / "data", tmp_path / "count"]
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE, env=environment())
    assert process.stderr is not None
    lines: list[str] = []
    try:
        async with asyncio.timeout(LIMIT_SEC), ClientSession() as client:
            while "running on" not in (line := (await process.stderr.readline()).decode()):
                assert line, lines
                lines.append(line)
            base = line.split("running on ")[1].split()[0] + PREFIX
            song = tone_file(library / "a.wav")
            async with client.post(base, json={"track_id": 1, "filepath": str(song)}) as response:
                assert response.status == 200, await response.text()
            async with client.get(f"{base}/events") as response:
                await response.content.readuntil(b"\n\n")
                process.send_signal(signal.SIGINT)
                await response.content.read()  # until the stream closes
            lines.append((await process.stderr.read()).decode())
            await process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert "Application shutdown complete" in lines[-1], lines
    assert (tmp_path / "count").read_text(encoding="ascii") == "x"


async def test_failed_start_of_the_host_stops_the_plugin(settings: Settings) -> None:
    """A failed start of the host is reported to the server and stops the plugin."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        assert plugin.service.state()  # already running
        raise OSError("no audio device")
        yield

    host = Starlette(lifespan=lifespan)
    plugin = auralis_fp.asgi.setup(host, settings)
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    with pytest.raises(OSError, match="audio"):
        await host({"type": "lifespan", "app": host}, receive, send)
    assert sent == ["lifespan.startup.failed"]
    with pytest.raises(RequestError, match="not running"):
        plugin.service.state()
