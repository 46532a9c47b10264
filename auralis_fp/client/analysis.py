"""Analysis in worker processes of the client, started on demand and stopped when idle."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from ..models import Analysed, Rejected
from ..runtime.serialization import public_reason
from ..settings import Settings
from ..workers.local import local_pool
from ..workers.protocol import Pool
from .types import NoFingerprintError

IDLE_SEC: Final = 60.0  # after which the worker processes are stopped


class LocalAnalysis:
    """Worker processes that exist while there is work.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[bytes, asyncio.Task[Analysed | Rejected]] = {}
        self._stack = AsyncExitStack()
        self._pool: Pool | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def analyse(self, path: bytes) -> Analysed:
        """Analyse a file; concurrent calls for the same file share one analysis (single flight)."""
        task = self._running.get(path)
        if task is None:
            task = self._running[path] = asyncio.create_task(self._work(path))
            task.add_done_callback(lambda _: self._done(path))
        outcome = await asyncio.shield(task)
        if isinstance(outcome, Rejected):
            reason = public_reason(outcome.stage, outcome.code, outcome.reason)
            raise NoFingerprintError(outcome.stage, outcome.code, reason)
        return outcome

    async def _work(self, path: bytes) -> Analysed | Rejected:
        if self._stopping is not None:
            await self._stopping
        if self._idle is not None:
            self._idle.cancel()
        if self._pool is None:
            self._pool = await self._stack.enter_async_context(local_pool(self._settings))
        async with self._pool.lease(interactive=True) as slot:
            return await slot.run(path)

    def _done(self, path: bytes) -> None:
        self._running.pop(path, None)
        if not self._running:
            self._idle = asyncio.get_running_loop().call_later(IDLE_SEC, self._stop_if_idle)

    def _stop_if_idle(self) -> None:
        if not self._running:
            self._stopping = asyncio.create_task(self._stop())

    async def _stop(self) -> None:
        self._pool = None
        await self._stack.aclose()
        self._stopping = None

    async def close(self) -> None:
        """Cancel all work and stop the worker processes."""
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        if self._idle is not None:
            self._idle.cancel()
        await self._stop()
