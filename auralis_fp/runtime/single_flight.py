"""One piece of work for all who want its result at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Makes something for callers, as few times as it can: nobody gets what was begun before they asked.

    Parameters
    ----------
    make : callable
        Makes it.
    """

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._current: asyncio.Task[T] | None = None
        self._following: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return what was made after this call; who asks while it is being made shares the next one."""
        if self._following is None:
            self._following = asyncio.create_task(self._begin(self._current))
            self._following.add_done_callback(_retrieve)
        return await asyncio.shield(self._following)

    async def _begin(self, before: "asyncio.Task[T] | None") -> T:
        if before is not None:
            await asyncio.wait({before})
        self._current, self._following = self._following, None
        return await self._make()


def _retrieve(done: "asyncio.Task[T]") -> None:
    """Take note of an error: whoever asked may be gone."""
    if not done.cancelled():
        done.exception()
