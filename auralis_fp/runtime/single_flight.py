"""Single flight: concurrent callers share one run of an asynchronous function."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Single flight with a trailing run: each caller gets a result whose computation started after its call.

    Parameters
    ----------
    make : callable
        Computes the result.
    """

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._current: asyncio.Task[T] | None = None
        self._following: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return a result computed after this call. Callers during a run share the next one."""
        if self._following is None:
            self._following = asyncio.create_task(self._run_after(self._current))
            self._following.add_done_callback(_retrieve)
        return await asyncio.shield(self._following)

    async def _run_after(self, before: "asyncio.Task[T] | None") -> T:
        if before is not None:
            await asyncio.wait({before})
        self._current, self._following = self._following, None
        return await self._make()


def _retrieve(done: "asyncio.Task[T]") -> None:
    """Mark an error as retrieved: the callers may have been cancelled."""
    if not done.cancelled():
        done.exception()
