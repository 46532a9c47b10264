"""Reads of disks with music, which may not answer."""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from ..errors import RequestError
from ..runtime.threads import in_daemon_thread

P = ParamSpec("P")
T = TypeVar("T")

DISK_LIMIT_SEC: Final = 30.0


async def from_disk(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that reads a disk with music; raise 503 if it does not answer."""
    try:
        async with asyncio.timeout(DISK_LIMIT_SEC):
            return await in_daemon_thread(function, *args, **kwargs)
    except TimeoutError:
        raise RequestError(503, "io_error", "The disk with the file does not answer; try again later.") from None
