"""Small music files, and a host application to try the plugin in."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from aiohttp import web
from aiohttp.test_utils import TestClient

Client = TestClient[web.Request, web.Application]
Host = Callable[..., Awaitable["Plugin"]]
PREFIX = "/fingerprint"


def tone_file(path: Path, seconds: float = 1.0, *, rate: int = 22050, hz: float = 440.0) -> Path:
    """Write a sine as a WAV file, in place at once as a player would move it there."""
    time_axis = np.arange(int(seconds * rate)) / rate
    partial = path.with_name(path.name + ".part")
    soundfile.write(partial, 0.5 * np.sin(2 * np.pi * hz * time_axis), rate, format="WAV", subtype="PCM_16")
    return partial.rename(path)


def long_file(path: Path, seconds: int, *, rate: int = 8000) -> Path:
    """Write a sparse WAV file of silence: long to analyse, quick to make, and small on disk."""
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


async def eventually(true: Callable[[], object], limit_sec: float = 30.0) -> None:
    """Wait until *true* says so; fail if it does not in time."""
    give_up = time.monotonic() + limit_sec
    while not true():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A host application with the plugin in it, and what tests want of both."""

    client: Client
    app: web.Application

    async def get(self, path: str, *, status: int = 200, **options: Any) -> Any:
        """Return the JSON found at *path* below the prefix."""
        async with self.client.get(f"{PREFIX}{path}", **options) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def post(self, path: str = "", body: Any = None, *, status: int = 200, **options: Any) -> Any:
        """Send *body* as JSON to *path* below the prefix and return the JSON that comes back."""
        if body is not None:
            options["json"] = body
        async with self.client.post(f"{PREFIX}{path}", **options) as response:
            assert response.status == status, await response.text()
            return await response.json()

    async def ask(self, path: Path, track_id: int = 1, *, status: int = 200) -> Any:
        """Ask for the fingerprint of a file."""
        return await self.post("", {"track_id": track_id, "filepath": str(path)}, status=status)

    async def until(self, fits: Callable[[dict[str, Any]], bool], limit_sec: float = 30.0) -> dict[str, Any]:
        """Return the first status that *fits*; fail if none does in time."""
        give_up = time.monotonic() + limit_sec
        while True:
            status: dict[str, Any] = await self.get("/status")
            if fits(status):
                return status
            assert time.monotonic() < give_up, status
            await asyncio.sleep(0.02)

    async def until_idle(self) -> dict[str, Any]:
        """Return the status once everything is done."""
        return await self.until(lambda status: status["state"] == "idle")

    async def metric(self, line: str) -> float:
        """Return one figure, named as Prometheus writes it."""
        async with self.client.get(f"{PREFIX}/metrics") as response:
            assert response.status == 200
            lines = (await response.text()).splitlines()
        (value,) = (text.rpartition(" ")[2] for text in lines if text.startswith(line + " "))
        return float(value)
