"""Supervision, backoff and cancellation of asyncio tasks."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from ..errors import AuralisError
from ..states import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_RETRY_SEC: Final = 1.0
LONGEST_RETRY_SEC: Final = 60.0
RUNS_WELL_SEC: Final = 5.0  # without a failure, after which a fault is cleared


@contextmanager
def first_error() -> Iterator[None]:
    """Raise the first of a group of errors instead of the group."""
    try:
        yield
    except ExceptionGroup as group:
        raise group.exceptions[0] from group


class Backoff:
    """Exponential backoff: pauses that double up to a limit.

    Parameters
    ----------
    first, longest : float
        Seconds.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    @property
    def waited(self) -> bool:
        """Whether a pause was taken since the last reset."""
        return self._next != self._first

    def next(self) -> float:
        """Return the next pause in seconds."""
        pause, self._next = self._next, min(2 * self._next, self._longest)
        return pause

    def reset(self) -> None:
        """Start again with the first pause."""
        self._next = self._first


async def supervise(name: str, work: Callable[[], Awaitable[None]], health: Health) -> None:
    """Run *work*. If it fails, log the error, show it as a fault, and restart it with exponential backoff.

    Parameters
    ----------
    name : str
        Name of the fault.
    work : callable
        Runs until cancelled; when it returns, supervision ends.
    health : Health
    """
    backoff, loop = Backoff(FIRST_RETRY_SEC, LONGEST_RETRY_SEC), asyncio.get_running_loop()
    while True:
        started = time.monotonic()
        over = loop.call_later(RUNS_WELL_SEC, health.mark_up, name)
        try:
            await work()
        except Exception as error:
            over.cancel()
            expected = isinstance(error, AuralisError)
            log.log(logging.ERROR, "%s failed: %s", name, error, exc_info=None if expected else error)
            what = str(error) if expected else f"{type(error).__name__}; see the log"
            if time.monotonic() - started > 2 * LONGEST_RETRY_SEC:
                backoff.reset()
            pause = backoff.next()
            health.mark_down(name, f"{what}. Tried again every {pause:.0f} s.")
            await asyncio.sleep(pause)
        else:
            health.mark_up(name)
            return
        finally:
            over.cancel()


async def cancel_and_wait(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait until it ends; raise the error it ends with, if any."""
    task.cancel()
    await asyncio.wait({task})  # raises only if the caller is cancelled
    if not task.cancelled():
        task.result()


async def see_through(work: Awaitable[T]) -> T:
    """Return the result of *work*; on cancellation, raise only after it has ended.

    A thread cannot be cancelled, and what it has opened must be closed after it.
    """
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # mark it as retrieved
        raise


async def happens_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait for an event for a limited time.

    Unlike ``asyncio.wait_for`` before Python 3.12, this never loses a cancellation that coincides with the event.

    Parameters
    ----------
    event : asyncio.Event
    seconds : float or None
        None for no limit.

    Returns
    -------
    bool
        True if the event was set.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
