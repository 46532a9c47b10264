"""Small audio files, and host applications for the plugin."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import uvicorn
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestClient, TestServer
from fastapi import FastAPI
from yarl import URL

import auralis_fp.asgi.plugin
from auralis_fp.app import setup
from auralis_fp.cli.serve import create_server
from auralis_fp.settings import Settings
from patience import LIMIT_SEC

Client = TestClient[Any, Any]
Host = Callable[..., Awaitable["Plugin"]]
PREFIX = "/fingerprint"

WAYS = ("aiohttp", "asgi", "serve")  # in an aiohttp host, in FastAPI under uvicorn, as `serve` has it
SHARED = pytest.mark.asyncio(loop_scope="module")  # of tests that use the plugin of the whole module


def tone_file(path: Path, seconds: float = 1.0, *, rate: int = 22050, hz: float = 440.0) -> Path:
    """Write a sine as a WAV file, renamed into place when complete."""
    time_axis = np.arange(int(seconds * rate)) / rate
    partial = path.with_name(path.name + ".part")
    soundfile.write(partial, 0.5 * np.sin(2 * np.pi * hz * time_axis), rate, format="WAV", subtype="PCM_16")
    return partial.rename(path)


def long_file(path: Path, seconds: int, *, rate: int = 8000) -> Path:
    """Write a sparse WAV file of silence: long to analyse, quick to write, small on disk."""
    tone_file(path, 1.0, rate=rate)
    size = 2 * rate * seconds
    with path.open("r+b") as file:
        header = bytearray(file.read(44))
        header[4:8] = (36 + size).to_bytes(4, "little")
        header[40:44] = size.to_bytes(4, "little")
        file.seek(0)
        file.write(header)
        file.truncate(44 + size)
    return path


@contextlib.contextmanager
def swapping(place: Path, *targets: Path) -> Iterator[None]:
    """Retarget a link between two places as fast as possible until the block ends."""
    over = threading.Event()

    def swap() -> None:
        turn = 0
        while not over.is_set():
            spare = place.with_name(f".{place.name}")
            spare.unlink(missing_ok=True)
            spare.symlink_to(targets[turn % len(targets)])
            spare.replace(place)
            turn += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def eventually(true: Callable[[], object], limit_sec: float = LIMIT_SEC) -> None:
    """Wait until *true* returns a true value; fail after the time limit."""
    give_up = time.monotonic() + limit_sec
    while not true():
        assert time.monotonic() < give_up, f"not true after {limit_sec:.0f} s"
        await asyncio.sleep(0.01)


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave Ctrl-C to the tests."""
        yield


class UvicornServer(BaseTestServer):
    """An ASGI application under uvicorn in the event loop of the test, with the interface of aiohttp's test server."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__()
        chosen = {"lifespan": "on", "log_config": None, "ws": "none", "timeout_graceful_shutdown": 10} | options
        chosen.setdefault("timeout_keep_alive", 120)  # a POST on a connection that is being closed fails
        self.uvicorn = _Uvicorn(uvicorn.Config(app, **chosen))
        self._task: asyncio.Task[None] | None = None

    async def start_server(self, loop: asyncio.AbstractEventLoop | None = None, **_: Any) -> None:  # noqa: ARG002
        """Start the server on a free port, unless it is running."""
        if self._task is not None:
            return
        listening = socket.socket(proto=socket.IPPROTO_TCP)  # named: asyncio sends at once on such sockets only
        listening.bind(("127.0.0.1", 0))
        self.host, self.port = listening.getsockname()
        self._root = URL.build(scheme="http", host=self.host, port=self.port)
        self._task = asyncio.create_task(self.uvicorn.serve(sockets=[listening]))
        await eventually(lambda: self.uvicorn.started)

    async def close(self) -> None:
        """Stop the server."""
        if self._task is not None:
            self.uvicorn.should_exit = True
            await self._task

    async def _make_runner(self, **_: Any) -> web.BaseRunner:
        raise NotImplementedError


def fastapi_host() -> FastAPI:
    """Return a host with a lifespan of its own and a catch-all route."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.life = ["begun"]
        yield
        app.state.life.append("ended")

    app = FastAPI(lifespan=lifespan)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    async def catch_all(path: str) -> dict[str, str]:
        return {"host": path}

    return app


def served(way: str, settings: Settings) -> tuple[BaseTestServer, web.Application]:
    """Return a server with the plugin mounted in one of the ways, and the argument for ``service()``."""
    if way == "asgi":
        host = fastapi_host()
        return UvicornServer(host), auralis_fp.asgi.setup(host, settings, prefix=PREFIX).app
    if way == "serve":
        app = create_server(settings)
    else:
        app = web.Application()
        setup(app, settings, prefix=PREFIX)
    return TestServer(app), app


@dataclass(frozen=True, slots=True)
class Plugin:
    """A host application with the plugin, and what tests need of both."""

    client: Client
    app: web.Application

    @property
    def origin(self) -> str:
        """Return the Origin that a browser sends from the page of the service."""
        return f"http://{self.client.host}:{self.client.port}"

    async def get(self, path: str, *, status: int = 200, **options: Any) -> Any:
        """Return the JSON at *path* below the prefix."""
        async with self.client.get(f"{PREFIX}{path}", **options) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str = "", body: Any = None, *, status: int = 200, **options: Any) -> Any:
        """Send *body* as JSON to *path* below the prefix and return the JSON of the response."""
        if body is not None:
            options["json"] = body
        async with self.client.post(f"{PREFIX}{path}", **options) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def ask(self, path: Path, track_id: int = 1, *, status: int = 200) -> Any:
        """Request the fingerprint of a file."""
        return await self.post("", {"track_id": track_id, "filepath": str(path)}, status=status)

    async def until(
        self, fits: Callable[[dict[str, Any]], bool], limit_sec: float = LIMIT_SEC, path: str = "/status"
    ) -> dict[str, Any]:
        """Return the first status, or JSON at another *path*, that *fits*; fail if none does in time."""
        give_up = time.monotonic() + limit_sec
        while True:
            found: dict[str, Any] = await self.get(path)
            if fits(found):
                return found
            assert time.monotonic() < give_up, found
            await asyncio.sleep(0.02)

    async def until_idle(self) -> dict[str, Any]:
        """Return the status once everything is done."""
        return await self.until(lambda status: status["state"] == "idle")

    async def until_healthy(self) -> None:
        """Wait until the service calls itself healthy; it may be degraded for moments on a busy machine."""
        await self.until(lambda health: health["status"] == "healthy", path="/health")

    async def metric(self, line: str) -> float:
        """Return one metric by its Prometheus name."""
        async with self.client.get(f"{PREFIX}/metrics") as response:
            assert response.status == 200
            lines = (await response.text()).splitlines()
        (value,) = (text.rpartition(" ")[2] for text in lines if text.startswith(line + " "))
        return float(value)
